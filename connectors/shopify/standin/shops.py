"""What the stand-in knows of our app and of each shop."""

import zlib
from dataclasses import dataclass, field
from typing import Any

SCOPES = ("read_orders", "write_pixels", "read_customer_events")
WEBHOOKS_PATH = "/webhooks/shopify"


@dataclass(slots=True)
class App:
    """Our app as its maker set it up. `secrets`: newest first. `scopes`, `declared`: what its shopify.app.toml names.

    `declared` are the topics that a deploy subscribes for all shops at once; `extension`: whether a web
    pixel was deployed; `protected_data`: whether Shopify approved it for protected customer data.
    """

    key: str
    secrets: list[str]
    url: str
    embedded: bool = True
    scopes: tuple[str, ...] = SCOPES
    declared: tuple[str, ...] = ()
    extension: bool = True
    protected_data: bool = True
    query_form: str = "raw"

    @property
    def webhooks(self) -> str:
        """Where declared topics go, the three compliance topics among them."""
        return f"{self.url}{WEBHOOKS_PATH}"


@dataclass(slots=True)
class Token:
    """An offline access token and the refresh token beside it; times are Unix seconds of the stand-in's clock."""

    access: str
    refresh: str
    scopes: tuple[str, ...]
    expires_at: float
    refresh_expires_at: float
    before: "Token | None" = None
    after: "Token | None" = None
    refreshed_at: float | None = None
    retired: bool = False


@dataclass(slots=True)
class Subscription:
    """Made by the API for one shop. `topic` as GraphQL words it: ORDERS_CREATE. `choices`: the input's other fields.

    A filter and a choice of fields are kept and told, but bodies are sent whole all the same.
    """

    id: str
    topic: str
    uri: str
    created_at: str
    choices: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Shop:
    """One shop. `codes` maps an authorization code to its scopes and its end; `orders` are REST bodies."""

    domain: str
    id: int
    country: str = "DE"
    currency: str = "EUR"
    installed: bool = False
    scopes: tuple[str, ...] = ()
    codes: dict[str, tuple[tuple[str, ...], float]] = field(default_factory=dict)
    tokens: list[Token] = field(default_factory=list)
    subscriptions: list[Subscription] = field(default_factory=list)
    pixel: dict[str, Any] | None = None
    orders: list[dict[str, Any]] = field(default_factory=list)

    @property
    def handle(self) -> str:
        """Its name in the admin's addresses."""
        return self.domain.removesuffix(".myshopify.com")

    def may(self, scope: str) -> bool:
        """Whether the app has this scope here; to write implies to read."""
        return bool({scope, scope.replace("read_", "write_", 1)} & set(self.scopes))

    def listening(self, topic: str) -> list[str]:
        """The addresses subscribed to a topic as webhooks word it: orders/create."""
        return [one.uri for one in self.subscriptions if one.topic == enumerated(topic)]

    def forget_app(self) -> None:
        """The app was uninstalled: its tokens, subscriptions and pixel are gone."""
        self.installed, self.scopes, self.pixel = False, (), None
        self.codes.clear()
        self.tokens.clear()
        self.subscriptions.clear()


def new_shop(domain: str) -> Shop:
    """A shop that comes into being, with an id that is the same each time."""
    return Shop(domain, 60_000_000_000 + zlib.crc32(domain.encode()))


def enumerated(topic: str) -> str:
    """orders/create -> ORDERS_CREATE."""
    return topic.upper().replace("/", "_")
