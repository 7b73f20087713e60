"""What our plugin sends to our service: checkout.created in the background, and its signed calls."""

import json
import secrets
from functools import partial
from typing import Any

from connectors.woocommerce.standin import php
from connectors.woocommerce.standin.cron import Job
from connectors.woocommerce.standin.journal import Sent
from connectors.woocommerce.standin.orders import Order
from connectors.woocommerce.standin.payloads import order_body
from connectors.woocommerce.standin.plugin import Connection
from connectors.woocommerce.standin.posting import Answer, once
from connectors.woocommerce.standin.site import PHP
from connectors.woocommerce.standin.world import World

TOPIC = "checkout.created"
TOKEN = "_tandem_checkout_token"  # noqa: S105 (the name of a key)
_SHARED = ("_fbp", "_fbc")
_CALL_SECONDS = 10.0
_BUYER = ("first_name", "last_name", "email", "phone", "city", "state", "postcode", "country")
_LINE = ("product_id", "variation_id", "sku", "quantity", "total", "total_tax", "name")


class Silent(ValueError):
    """The plugin sends nothing. The message says why."""


def checkout(world: World, order: Order) -> dict[str, Any]:
    """The body of checkout.created, as the cart was that became this order. Hold the world's lock."""
    told = order_body(world.site, order)
    items = sum((line.total + (line.tax if order.prices_include_tax else 0) for line in order.lines), 0 * order.total)
    signals = {one.key: one.value for one in order.meta if one.key in _SHARED or one.key.startswith("_tandem_")}
    body = {
        "checkout_token": signals.pop(TOKEN, "0" * 32),
        "created_at_gmt": told["date_created_gmt"],
        "currency": order.currency,
        "prices_include_tax": order.prices_include_tax,
        "subtotal": order.money(items),
        "line_items": [{key: line[key] for key in _LINE} for line in told["line_items"]],
        "billing": {key: order.billing[key] for key in _BUYER if order.billing[key]},
        "meta_data": [{"key": key, "value": value} for key, value in signals.items()],
        "_links": {"self": [{"href": world.site.rest_url("/wc/v3/")}]},
    }
    return body | ({"customer_id": order.customer_id} if order.customer_id else {})


def queue_checkout(world: World, order: Order) -> None:
    """Send checkout.created when the queue is run, as it is now. Hold the world's lock."""
    connection = world.plugin.speaks(world.site.home)
    if connection is not None:
        send_later(world, checkout(world, order))


def send_later(world: World, content: dict[str, Any]) -> None:
    """Send this checkout.created when the queue is run; nothing, if the plugin does not speak by then."""
    body = php.to_json(content)
    world.cron.take(Job((TOPIC, secrets.token_hex(8)), partial(_send_checkout, world, body, content)))


def _send_checkout(world: World, body: bytes, content: dict[str, Any]) -> None:
    connection = world.plugin.speaks(world.site.home)
    if connection is None:
        return
    delivery_id = secrets.token_hex(16)
    headers = {
        "User-Agent": _agent(world),
        "Accept": "*/*",
        "Content-Type": "application/json",
        "X-WC-Webhook-Source": f"{world.site.home}/",
        "X-WC-Webhook-Topic": TOPIC,
        "X-WC-Webhook-Resource": "checkout",
        "X-WC-Webhook-Event": "created",
        "X-WC-Webhook-Signature": connection.signature(body),
        "X-WC-Webhook-ID": "0",
        "X-WC-Webhook-Delivery-ID": delivery_id,
        "Content-Length": str(len(body)),
    }
    answer = once("POST", connection.webhook_url, body, headers, _CALL_SECONDS, world.trust)
    told = {"checkout_token": content.get("checkout_token")}
    _note(world, "checkout", connection.webhook_url, answer, TOPIC, delivery_id, told)


def _agent(world: World) -> str:
    return f"WooCommerce/{world.site.woocommerce} Tandem/{world.plugin.version}"


def call(world: World, name: str, content: Any, ahead: float = 0.0) -> Answer:
    """One signed call, answered. `ahead`: how many seconds its timestamp is off. Raises Silent."""
    connection = speaking(world)
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    timestamp = str(int(world.now() + ahead))
    headers = {
        "User-Agent": _agent(world),
        "Content-Type": "application/json",
        "Accept": "application/json",
        "X-Tandem-Timestamp": timestamp,
        "X-Tandem-Signature": connection.signature(f"{timestamp}.{name}.".encode() + body),
        "Content-Length": str(len(body)),
    }
    address = f"{connection.public_url}/woocommerce/plugin/{connection.public_key}/{name}"
    answer = once("POST", address, body, headers, _CALL_SECONDS, world.trust)
    _note(world, "call", address, answer, name, None, None)
    return answer


def speaking(world: World) -> Connection:
    """The connection by which the plugin speaks. Raises Silent."""
    with world.lock:
        connection = world.plugin.speaks(world.site.home)
        if connection is None:
            raise Silent("The plugin is silent: not installed, not connected, or this is a copy of the shop.")
    return connection


def usual(world: World, name: str) -> dict[str, Any]:
    """What a call says when nothing else is wanted."""
    with world.lock:
        if name == "sign-in":
            return {"nonce": secrets.token_hex(16), "user": "1"}
        if name == "orders":
            return {"order_ids": [str(order_id) for order_id in list(world.orders)[-100:]]}
        return {
            "plugin": world.plugin.version,
            "wordpress": world.site.wordpress,
            "woocommerce": world.site.woocommerce,
            "php": PHP,
            "home": world.site.home,
            "environment": "production",
            "hpos": world.site.hpos,
            "block_checkout": True,
            "cron_disabled": world.cron.stuck(),
            "pixels": [],
        }


def _note(
    world: World,
    kind: str,
    address: str,
    answer: Answer,
    topic: str,
    delivery_id: str | None,
    about: dict[str, Any] | None,
) -> None:
    sent = Sent(kind, address, answer.status, answer.text, world.now(), answer.seconds, topic, None, delivery_id, about)
    world.journal.sent(sent)
