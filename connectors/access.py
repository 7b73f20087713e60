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
    """Our app, as the platform knows it. `secrets`: newest first. `options`: the connector's variables, by name."""

    key: str
    secrets: tuple[str, ...] = field(repr=False)
    public_url: str
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def configured(self) -> bool:
        """Whether stores can be connected through the platform's own flow."""
        return bool(self.key and self.secrets)


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
    """What a platform's admin calls the things that it and our page inside it tell one another.

    `pixel_advice`: what the merchant has to see to for our web pixel, and why; plain text.
    """

    store: str  # the parameter that names a store
    token: str  # the parameter that holds a session token
    framed: str  # the parameter that says the page is shown inside the admin
    reload: str  # the parameter that names the address to come back to with a fresh token
    retry: str  # the header that asks for a second try with a fresh token
    key: str  # the name of the <meta> that holds our app's key
    script_object: str  # the global object of the admin's script; its `idToken()` gives a session token
    pixel_advice: str


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
    """What a store says of itself. `id`: the platform's own, in bodies too. `country`: ISO code."""

    id: str
    country: str | None
    currency: str | None


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


class StoreApi(Protocol):
    """One store's API, with its token. Every call raises Unreachable, Throttled, CredentialsRejected or Declined."""

    def shop(self) -> Shop:
        """What the store says of itself; also the way to see whether the token works."""

    def mend_subscriptions(self, address: str) -> Sequence[str]:
        """See that every topic we follow is told to `address`, once; the topics that were missing and are now there."""

    def mend_pixel(self, settings: Mapping[str, str]) -> bool:
        """See that our web pixel is on in this store with these settings; whether something had to be changed."""

    def orders(self, since: datetime, cursor: str | None) -> Page:
        """Orders placed from `since` on."""
