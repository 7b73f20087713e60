"""From what happened in the shop to what its webhooks are sent: queued for each, built only when it is delivered."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from connectors.woocommerce.standin import php
from connectors.woocommerce.standin.cron import Job
from connectors.woocommerce.standin.payloads import order_body
from connectors.woocommerce.standin.pings import count, note
from connectors.woocommerce.standin.posting import once
from connectors.woocommerce.standin.webhooks import Webhook
from connectors.woocommerce.standin.world import World

# The hooks whose first argument is an object, which comes out as next to nothing.
_OBJECTS = {"woocommerce_store_api_checkout_order_processed"}
_REFUND_HOOK = "woocommerce_refund_created"


def fire(world: World, topics: Sequence[str], order_id: int, refund_id: int = 0) -> None:
    """One request of somebody's fired these: each webhook is queued for it once, unless the same waits already."""
    with world.lock:
        told = [(_about(topic, order_id, refund_id), one) for topic in topics for one in _listening(world, topic)]
    for about, webhook in told:
        world.cron.take(Job((webhook.id, about), partial(deliver, world, webhook.id, about)))


def _about(topic: str, order_id: int, refund_id: int) -> int:
    return refund_id if topic.endswith(_REFUND_HOOK) else order_id


def _listening(world: World, topic: str) -> list[Webhook]:
    return [one for one in world.webhooks if one.topic == topic and one.status == "active"]


def deliver(world: World, webhook_id: int, about: int) -> None:
    """What the queue runs. It does not look whether the webhook is still active; nobody tries again."""
    with world.lock:
        webhook = world.webhook(webhook_id)
        if webhook is None:
            return
        payload = _payload(world, webhook, about)
    body = php.to_json(payload)
    delivery_id = webhook.delivery_id(world.now())
    headers = {**_headers(world, webhook, body, delivery_id), "Connection": "close", "Content-Length": str(len(body))}
    answer = once("POST", webhook.delivery_url, body, headers, world.patience, world.trust)
    told: dict[str, Any] = {key: payload[key] for key in ("id", "status", "code", "arg") if key in payload}
    note(world, webhook, answer, "delivery", delivery_id=delivery_id, about=told)
    count(world, webhook, answer.status)


def _headers(world: World, webhook: Webhook, body: bytes, delivery_id: str) -> dict[str, str]:
    return {
        "User-Agent": world.site.agent,
        "Accept": "*/*",
        "Accept-Encoding": "deflate, gzip, br, zstd",
        "Content-Type": "application/json",
        "X-WC-Webhook-Source": f"{world.site.home}/",
        "X-WC-Webhook-Topic": webhook.topic,
        "X-WC-Webhook-Resource": webhook.resource,
        "X-WC-Webhook-Event": webhook.event,
        "X-WC-Webhook-Signature": webhook.signature(body),
        "X-WC-Webhook-ID": str(webhook.id),
        "X-WC-Webhook-Delivery-ID": delivery_id,
    }


def _payload(world: World, webhook: Webhook, about: int) -> dict[str, Any]:
    build: Callable[[World, Webhook, int], dict[str, Any]] = _order if webhook.resource == "order" else _action
    return build(world, webhook, about)


def _action(_world: World, webhook: Webhook, about: int) -> dict[str, Any]:
    arg: Any = {"refunds": [], "customer_id": None} if webhook.event in _OBJECTS else about
    return {"action": webhook.event, "arg": arg}


def _order(world: World, webhook: Webhook, order_id: int) -> dict[str, Any]:
    """The order as it is now, as the webhook's user may see it; else an error, signed and sent like any order."""
    if webhook.event == "deleted":
        return {"id": order_id}
    order = world.orders.get(order_id)
    if order is None:
        return _error("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", 404)
    owner = world.user(webhook.user_id)
    if owner is None or not owner.manages():
        status = 401 if owner is None else 403
        return _error("woocommerce_rest_cannot_view", "Sorry, you cannot view this resource.", status)
    return order_body(world.site, order)


def _error(code: str, message: str, status: int) -> dict[str, Any]:
    return {"code": code, "message": message, "data": {"status": status}}
