"""Shopify, as the rest of the house sees it: one object, binding the functions of this folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from connectors.access import App, Embedding, Http, OAuth, OrderFeed, PixelPlan, StoreApi, Variable
from connectors.contract import Connector, Half, Identity, Joining, Rival, WebhookRequest
from connectors.event import Message
from connectors.handover import Handover
from connectors.shopify import addresses, api, channel, custom_pixel, mapping, page, restaging, webhooks
from connectors.shopify.oauth import OAUTH
from connectors.shopify.sessions import EMBEDDING


@dataclass(frozen=True, slots=True)
class Shopify:
    """See `connectors.contract.Connector`. One app secret signs for all shops, and order ids are unique among them."""

    name: str = "shopify"
    label: str = "Shopify"
    secret_variable: str | None = "SHOPIFY_API_SECRET"  # noqa: S105 (the name of a variable)
    key_variable: str | None = "SHOPIFY_API_KEY"
    variables: tuple[Variable, ...] = addresses.VARIABLES
    oauth: OAuth | None = OAUTH
    handover: Handover | None = None
    embedding: Embedding | None = EMBEDDING
    half: Half = page.HALF
    joining: Joining = page.JOINING
    rival: Rival | None = channel.RIVAL
    plugin: Path | None = None
    stand_in: str | None = "connectors.shopify.standin"
    order_ids_are_global: bool = True
    topics: tuple[str, ...] = mapping.TOPICS

    def webhook_path(self, key: str) -> str:  # noqa: ARG002 (all shops post to one address)
        """One path for every shop: the headers say which."""
        return webhooks.PATH

    def is_domain(self, domain: str) -> bool:
        """See `webhooks.is_domain`."""
        return webhooks.is_domain(domain)

    def is_ping(self, request: WebhookRequest) -> bool:  # noqa: ARG002
        """Shopify sends no unsigned trial."""
        return False

    def identify(self, request: WebhookRequest) -> Identity:
        """See `webhooks.identify`."""
        return webhooks.identify(request)

    def verify(self, request: WebhookRequest, secrets: Sequence[str]) -> None:
        """See `webhooks.verify`."""
        webhooks.verify(request, secrets)

    def parse(self, topic: str, body: bytes) -> list[Message]:
        """See `mapping.parse`."""
        return mapping.parse(topic, body)

    def sign(self, topic: str, body: bytes, secret: str, domain: str) -> dict[str, str]:
        """See `webhooks.sign`."""
        return webhooks.sign(topic, body, secret, domain)

    def restage(self, body: bytes, *, order_id: str | None, placed_at: datetime, domain: str) -> bytes:
        """See `restaging.restage`."""
        return restaging.restage(body, order_id=order_id, placed_at=placed_at, domain=domain)

    def store_api(self, app: App, http: Http, domain: str, token: str) -> StoreApi | None:
        """See `api.of_shop`."""
        return api.of_shop(app, http, domain, token)

    def order_feed(self, app: App, http: Http, domain: str, token: str) -> OrderFeed | None:  # noqa: ARG002
        """Shopify tells again for hours what it could not deliver."""
        return None

    def pixel_snippet(self, plan: PixelPlan) -> str | None:
        """See `custom_pixel.text`."""
        return custom_pixel.text(plan)

    def public_plan(self, plan: PixelPlan) -> PixelPlan:
        """See `custom_pixel.public`."""
        return custom_pixel.public(plan)


CONNECTOR: Connector = Shopify()
