"""How a platform lets us in, and what it lets us do there.

Described here, provided by a connector's `oauth.py`, `sessions.py` and `api.py`, used by `integration.stores`. All of it
is told which app asks and by which client; nothing here is kept between calls.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from connectors.event import Event


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable of a platform's own. `address`: it holds an http(s) address; plain http only of loopback.

    `at_stand_in`: it points us at a local stand-in for the platform, and holds its address with this path behind it;
    production refuses it.
    """

    name: str
    default: str = ""
    choices: tuple[str, ...] = ()
    address: bool = False
    at_stand_in: str | None = None

    @property
    def for_tests(self) -> bool:
        """Whether it has no place in production."""
        return self.at_stand_in is not None


@dataclass(frozen=True, slots=True)
class App:
    """Our app, as the platform knows it. `secrets`: newest first. `options`: the connector's variables, by name.

    `keyless`: the platform knows no apps, so there is nothing to be set up there first. `loopback`: stores on this
    machine may be connected too; never in production.
    """

    key: str
    secrets: tuple[str, ...] = field(repr=False)
    public_url: str
    options: Mapping[str, str] = field(default_factory=dict)
    keyless: bool = False
    loopback: bool = False

    @property
    def configured(self) -> bool:
        """Whether stores can be connected through the platform's own flow."""
        return self.keyless or bool(self.key and self.secrets)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a host answered. Header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Http(Protocol):
    """The one client for merchants' and platforms' hosts; see `connectors.outbound`."""

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> HttpAnswer:
        """The answer, whatever its status; redirects are answers too. Raises Unreachable or AddressRefused."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a platform gave us for one store. Both tokens are secrets. `expires_at` is None for a token that stays."""

    token: str = field(repr=False)
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None
    refresh_token: str | None = field(default=None, repr=False)
    refresh_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """A merchant who came back from the platform's consent page; the query was signed by the platform."""

    domain: str
    state: str
    code: str = field(repr=False)


class OAuth(Protocol):
    """Connecting by redirects: install -> the platform's consent page -> callback."""

    def asked(self, app: App, raw_query: str, now: datetime) -> str:
        """The domain of the store that wants to be connected. Raises RequestRefused."""

    def consent_address(self, app: App, domain: str, state: str) -> str:
        """Where the merchant consents; the platform sends them back with `state`."""

    def returned(self, app: App, raw_query: str, now: datetime) -> Returned:
        """Who came back. Raises RequestRefused unless the platform signed it, and just now."""

    def redeem(self, app: App, http: Http, returned: Returned, now: datetime) -> Grant:
        """The code's grant. Raises CredentialsRejected, Unreachable, Throttled."""

    def renew(self, app: App, http: Http, domain: str, grant: Grant, now: datetime) -> Grant:
        """A fresh grant for one that expires. Raises CredentialsRejected, Declined, Unreachable, Throttled."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at our page inside the platform's admin, by the platform's signed word. `user`: the platform's id."""

    domain: str
    user: str


@dataclass(frozen=True, slots=True)
class Words:
    """What a platform's admin calls the things that it and our page inside it tell one another."""

    store: str  # the parameter that names a store
    token: str  # the parameter that holds a session token
    framed: str  # the parameter that says the page is shown inside the admin
    reload: str  # the parameter that names the address to come back to with a fresh token
    retry: str  # the header that asks for a second try with a fresh token
    key: str  # the name of the <meta> that holds our app's key
    script_object: str  # the global object of the admin's script; its `idToken()` gives a session token


class Embedding(Protocol):
    """Our page as a part of the platform's admin."""

    @property
    def words(self) -> Words:
        """What the admin calls things."""

    def visitor(self, app: App, session_token: str, now: datetime) -> Visitor:
        """Raises SessionRefused."""

    def exchange(self, app: App, http: Http, visitor: Visitor, session_token: str, now: datetime) -> Grant:
        """A grant for the visitor's store. Raises SessionRefused, CredentialsRejected, Unreachable, Throttled."""

    def named(self, raw_query: str) -> str | None:
        """The store's domain that an address names, unproven; None for none or nonsense. Only for where to send them."""

    def home(self, app: App, domain: str) -> str:
        """The address of our page in that store's admin."""

    def ancestors(self, app: App, domain: str) -> Sequence[str]:
        """The origins that may frame our page for that store."""

    def script(self, app: App) -> str:
        """The address of the script that speaks with the admin around our page."""


@dataclass(frozen=True, slots=True)
class Shop:
    """What a store says of itself. `id`: the platform's own, in bodies too. `country`: ISO code. `timezone`: the IANA name
    of the zone its merchant counts days in, as the platform spells it; not proven to be one.
    """

    id: str
    country: str | None
    currency: str | None
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An order read from the store's API: what decides whether it is told, and nothing of who bought.

    `source` and `payment` are the platform's own words, for counting.
    """

    event: Event
    source: str
    payment: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of past orders, oldest first; `cursor` leads to the next, None where there is none."""

    orders: Sequence[PastOrder]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where webhooks are to be posted. `secret`: what they are to be signed with, where each store has its own.

    `renew`: those that are there may be signed with another one: all of them are to be told `secret` again.
    """

    address: str
    secret: str | None = field(default=None, repr=False)
    renew: bool = False


@dataclass(frozen=True, slots=True)
class PixelPlan:
    """What the storefront's Pixel tells, and how: all but `never_named` is public, for it stands in the shop's pages. Words are the settings' own.

    `beacon` is our address for signals and sightings, without the last word. While `tells` is off the Pixel tells Meta
    nothing at all: the store is only observing, or its Pixel is another's. `store_key` stands for {store_key} in ids.
    `never_named` tells which items the merchant thinks sensitive: nobody but the store's own server reads it as it is.
    """

    beacon: str
    tells: bool
    datasets: tuple[str, ...]
    events: tuple[str, ...]
    purchase_when: str
    cod_when: str
    event_id_template: str
    store_key: str
    content_id_template: str
    value_basis: str
    limited_data_use: str
    carrier: str
    leave_out: tuple[str, ...] = ()
    never_named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Storefront:
    """What our code in the storefront has to know: of which store it tells, to whom, what the Pixel tells, and, where it
    runs on the store's own server, what it signs with and where webhooks go.
    """

    public_key: str
    public_url: str
    webhooks: Endpoint
    pixel: PixelPlan


@dataclass(frozen=True, slots=True)
class Told:
    """One notification as the platform would have posted it: `body` byte for byte of the store's own making.

    `order_id` and the times are what it says of itself.
    """

    topic: str
    body: bytes = field(repr=False)
    order_id: str
    changed_at: datetime
    placed_at: datetime | None = None
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """Orders that changed, in the order of their changing; `cursor` leads on, None where there is no more for now."""

    told: Sequence[Told]
    cursor: str | None


class OrderFeed(Protocol):
    """The orders of a store that changed, for platforms that never tell twice what got lost on the way."""

    def changed(self, since: datetime, cursor: str | None) -> Changes:
        """Orders changed from `since` on, by the store's own clock, those in the bin included; at most a hundred or so.

        Raises Unreachable, Throttled, CredentialsRejected or Declined.
        """


class StoreApi(Protocol):
    """One store's API, with its token. Every call raises Unreachable, Throttled, CredentialsRejected or Declined."""

    def shop(self) -> Shop:
        """What the store says of itself; also the way to see whether the token works."""

    def mend_subscriptions(self, endpoint: Endpoint) -> Sequence[str]:
        """See that every topic we follow is told to `endpoint`, once; the topics that were missing, or switched off, and
        now work.
        """

    def mend_pixel(self, storefront: Storefront) -> bool:
        """See that our code in the storefront is on and knows these things; whether something had to be changed.

        Raises Declined, with what the merchant has to do, where it is not there.
        """

    def leave(self, endpoint: Endpoint) -> None:
        """Take away what we set up there, where the platform does not do that by itself."""

    def orders(self, since: datetime, cursor: str | None) -> Page:
        """Orders placed from `since` on."""

    def order(self, order_id: str) -> Told | None:
        """One order with all that its webhook tells of it, as far as the API knows it; None where the store has no such
        order, or no more.
        """
