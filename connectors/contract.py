"""What a platform must provide. A connector is one object bound in its `connector.py`; nothing is inherited."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from connectors.access import App, Embedding, Http, OAuth, OrderFeed, PixelPlan, StoreApi, Variable
from connectors.event import Message
from connectors.handover import Handover


@dataclass(frozen=True, slots=True)
class Switch:
    """Something the merchant switches on in the platform's admin. `address`: where, with {domain} for the store's; `why`:
    what it is good for, and which switch it is, plain text.
    """

    words: str
    address: str
    why: str


@dataclass(frozen=True, slots=True)
class Half:
    """Our half in the storefront, as merchants read of it. `name`: of the thing; `at_work`: the word for its being
    there; `advice`: what only the merchant can do about it, plain text, "" where there is nothing. `asks`: which of the
    shop's tools our script asks what the shopper chose; `hearing`: what the merchant does to let it hear, in the
    imperative.

    Where the merchant may bring it there or do without: `adds`, what it is good for, and `steps`, how, once downloaded.
    Where the Pixel is a text to be pasted: `pasting`, how, and `unproven`, what is not known of it yet, "" for nothing.
    `switches`: parts of it that only the merchant can switch on.
    """

    name: str
    at_work: str
    asks: str
    hearing: str
    advice: str = ""
    adds: str = ""
    steps: tuple[str, ...] = ()
    pasting: tuple[str, ...] = ()
    unproven: str = ""
    switches: tuple[Switch, ...] = ()


@dataclass(frozen=True, slots=True)
class Right:
    """Something a merchant allows us: `what`, as the platform's own page puts it, and `why` we ask for it, a sentence."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Joining:
    """How a merchant lets us in, as merchants read of it. `address`: what is typed to begin, with an `example`; `then`:
    what comes after that, a sentence each.
    """

    address: str
    example: str
    rights: tuple[Right, ...]
    then: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rival:
    """The platform's own channel that tells of the same orders under ids of its own. `pattern`: how the shop's pages show
    it; its one group is the id it tells. `mend`: how the merchant silences it, a sentence.
    """

    name: str
    pattern: re.Pattern[str]
    mend: str


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """One HTTP notification as it came: raw bytes, header names in lower case, the key from the address if any."""

    body: bytes
    headers: Mapping[str, str]
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """What an unverified request claims to be. Used to find the secret, and for nothing else before `verify`.

    Exactly one of `domain` and `key` names the store. `site` is the host the headers say it was sent by.
    `delivery_id` is recorded, never trusted, and never used to drop a duplicate. `triggered_at`: when it happened, by the
    platform's unsigned word.
    """

    topic: str
    domain: str | None = None
    key: str | None = None
    site: str | None = None
    delivery_id: str | None = None
    triggered_at: datetime | None = None


class Connector(Protocol):
    """A platform: how it addresses us, signs, and words what happened."""

    @property
    def name(self) -> str:
        """The word in addresses, folders and columns: "shopify"."""

    @property
    def label(self) -> str:
        """The name people read: "Shopify"."""

    @property
    def secret_variable(self) -> str | None:
        """The environment variable with the app's own signing secrets, or None where each store has its own."""

    @property
    def key_variable(self) -> str | None:
        """The environment variable with the app's public key, or None where the platform knows no apps."""

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Further environment variables of this platform alone."""

    @property
    def oauth(self) -> OAuth | None:
        """Connecting by redirects, and renewing what came of it; None where the platform has its own way."""

    @property
    def handover(self) -> Handover | None:
        """Connecting by keys that the store's own server posts; None where the platform knows apps."""

    @property
    def embedding(self) -> Embedding | None:
        """Our page inside the platform's admin; None where there is none."""

    @property
    def stand_in(self) -> str | None:
        """The module to run for a local stand-in of the platform, for the demo and tests."""

    def store_api(self, app: App, http: Http, domain: str, token: str) -> StoreApi | None:
        """One store's API; None where there is none yet."""

    def order_feed(self, app: App, http: Http, domain: str, token: str) -> OrderFeed | None:
        """One store's changed orders, for platforms that never tell again what was lost; None for all others."""

    @property
    def half(self) -> Half:
        """Our half in the storefront."""

    @property
    def joining(self) -> Joining:
        """How a merchant lets us in."""

    @property
    def rival(self) -> Rival | None:
        """The platform's own channel, where its pages show it; None where there is none."""

    @property
    def plugin(self) -> Path | None:
        """The folder of our plugin that a merchant uploads to the shop, and whose name it has; None where there is none.

        A plugin signs what it asks of us with the store's own webhook secret.
        """

    @property
    def order_ids_are_global(self) -> bool:
        """Whether two stores of this platform can never have the same order id."""

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics we follow, in the platform's spelling."""

    def pixel_snippet(self, plan: PixelPlan) -> str | None:
        """The text a merchant pastes as the storefront's Pixel; None where our half there tells by itself.

        Raises Declined, with what to change, where the Pixel could not tell what the server tells.
        """

    def public_plan(self, plan: PixelPlan) -> PixelPlan:
        """The plan as anybody may read it: of what is never named only what the Pixel in a browser needs to know."""

    def webhook_path(self, key: str) -> str:
        """The path the platform posts to, for the store with this webhook key."""

    def is_domain(self, domain: str) -> bool:
        """Whether `domain` can be a store of this platform (outside development)."""

    def is_ping(self, request: WebhookRequest) -> bool:
        """Whether this is the platform's unsigned trial of a new webhook: to be answered, never to be believed."""

    def identify(self, request: WebhookRequest) -> Identity:
        """Who it claims to be from. Raises Unidentified."""

    def verify(self, request: WebhookRequest, secrets: Sequence[str]) -> None:
        """Raises InvalidSignature unless the raw body was signed with one of `secrets`."""

    def parse(self, topic: str, body: bytes) -> list[Message]:
        """Pure. What the body tells. Raises MalformedPayload, NotUsed or AccessLost."""

    def sign(self, topic: str, body: bytes, secret: str, domain: str) -> dict[str, str]:
        """The headers this platform would send with `body`: for our own simulated deliveries."""

    def restage(self, body: bytes, *, order_id: str | None, placed_at: datetime, domain: str) -> bytes:
        """`body` told again, for simulated deliveries: the same deed at `placed_at` and at `domain`, every other
        time moved by as much; of another order where `order_id` (digits) is given.
        """
