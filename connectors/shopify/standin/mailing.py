"""What happens in a shop, and who is told of it."""

import uuid
from collections.abc import Sequence
from typing import Any

from connectors.shopify.standin.order_bodies import Wanted, order
from connectors.shopify.standin.other_bodies import COMPLIANCE, body
from connectors.shopify.standin.postman import letter
from connectors.shopify.standin.shops import Shop
from connectors.shopify.standin.world import World


def place(world: World, shop: Shop, wanted: Wanted, *, silent: bool = False) -> str:
    """A new order; its id. Told as orders/create, and as orders/paid once it is paid, unless `silent`."""
    with world.lock:
        placed = order(shop, world.number(), wanted)
        shop.orders.append(placed)
    if not silent:
        topics = ("orders/create", "orders/paid") if wanted.financial_status == "paid" else ("orders/create",)
        event_id = str(uuid.uuid4())
        for topic in topics:
            tell(world, shop, topic, placed, addresses(world, shop, topic), event_id)
    return str(placed["id"])


def uninstall(world: World, shop: Shop, *, silent: bool = False) -> None:
    """The merchant removes the app: its tokens die first, then it is told (unless `silent`)."""
    with world.lock:
        told_to = addresses(world, shop, "app/uninstalled")
        shop.forget_app()
    if not silent:
        tell(world, shop, "app/uninstalled", body("app/uninstalled", shop), told_to)


def addresses(world: World, shop: Shop, topic: str) -> list[str]:
    """Whom this topic is told to: the shop's own subscriptions, and what the app declared for all shops."""
    with world.lock:
        declared = topic in COMPLIANCE or (topic in world.app.declared and shop.installed)
        return [*shop.listening(topic), *([world.app.webhooks] if declared else [])]


def tell(
    world: World, shop: Shop, topic: str, content: Any, told_to: Sequence[str], event_id: str | None = None
) -> None:
    """Send it to each address, signed with the newest secret."""
    for address in told_to:
        one = letter(topic, shop.domain, address, content, world.app.secrets[0], event_id or str(uuid.uuid4()))
        world.postman.take(one)
