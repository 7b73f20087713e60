"""webhookSubscription*: a shop's own subscriptions, and what Shopify refuses of them."""

from typing import Any
from urllib.parse import urlsplit

from connectors.shopify.standin.shops import Shop, Subscription
from connectors.shopify.standin.world import World

# By topic: the scope it needs. That checkouts need read_orders is a Shopify employee's word. The three compliance
# topics are not among them: they can be declared only.
TOPICS: dict[str, str | None] = {
    **dict.fromkeys(("APP_UNINSTALLED", "APP_SCOPES_UPDATE", "SHOP_UPDATE")),
    **dict.fromkeys(("ORDERS_CREATE", "ORDERS_PAID", "ORDERS_UPDATED", "ORDERS_CANCELLED"), "read_orders"),
    **dict.fromkeys(("ORDERS_FULFILLED", "ORDERS_EDITED", "ORDERS_DELETE", "REFUNDS_CREATE"), "read_orders"),
    **dict.fromkeys(("CHECKOUTS_CREATE", "CHECKOUTS_UPDATE", "CHECKOUTS_DELETE"), "read_orders"),
    **dict.fromkeys(("PRODUCTS_CREATE", "PRODUCTS_UPDATE", "PRODUCTS_DELETE"), "read_products"),
}
# Topics whose bodies hold what Shopify calls protected customer data.
_PROTECTED = ("ORDERS_", "CHECKOUTS_", "REFUNDS_")
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")


def found(shop: Shop, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """The shop's subscriptions, of some topics or one address where that was asked."""
    topics, uri = arguments.get("topics"), arguments.get("uri") or arguments.get("callbackUrl")
    return [
        told(one) for one in shop.subscriptions if (not topics or one.topic in topics) and (not uri or one.uri == uri)
    ]


def told(one: Subscription) -> dict[str, Any]:
    """One WebhookSubscription."""
    return {
        "id": one.id,
        "legacyResourceId": one.id.rpartition("/")[2],
        "topic": one.topic,
        "uri": one.uri,
        "callbackUrl": one.uri,
        "format": one.choices.get("format", "JSON"),
        "filter": one.choices.get("filter"),
        "includeFields": one.choices.get("includeFields") or [],
        "metafieldNamespaces": one.choices.get("metafieldNamespaces") or [],
        "createdAt": one.created_at,
        "updatedAt": one.created_at,
        "apiVersion": {"handle": "2026-10", "displayName": "2026-10", "supported": True},
    }


def create(world: World, shop: Shop, arguments: dict[str, Any]) -> dict[str, Any]:
    """A new one, unless its topic or address may not be, or both are taken together."""
    topic, uri = arguments["topic"], _uri(arguments)
    problem = _problem(world, shop, topic, uri)
    if problem:
        return _refused("webhookSubscription", problem)
    subscription_id = f"gid://shopify/WebhookSubscription/{1_500_000_000_000 + world.number()}"
    one = Subscription(subscription_id, topic, uri, world.moment(), _choices(arguments))
    shop.subscriptions.append(one)
    return {"webhookSubscription": told(one), "userErrors": []}


def update(world: World, shop: Shop, arguments: dict[str, Any]) -> dict[str, Any]:
    """Another address or choice for one of them; what is not named stays (unverified)."""
    one = _named(shop, arguments)
    if one is None:
        return _refused("webhookSubscription", "Webhook subscription does not exist", "id")
    uri = _uri(arguments) or one.uri
    problem = None if one.uri == uri else _problem(world, shop, one.topic, uri)
    if problem:
        return _refused("webhookSubscription", problem)
    one.uri, one.choices = uri, {**one.choices, **_choices(arguments)}
    return {"webhookSubscription": told(one), "userErrors": []}


def delete(_world: World, shop: Shop, arguments: dict[str, Any]) -> dict[str, Any]:
    """It is gone."""
    one = _named(shop, arguments)
    if one is None:
        return _refused("deletedWebhookSubscriptionId", "Webhook subscription does not exist", "id")
    shop.subscriptions.remove(one)
    return {"deletedWebhookSubscriptionId": one.id, "userErrors": []}


def _problem(world: World, shop: Shop, topic: str, uri: str) -> str | None:
    scope = TOPICS.get(topic)
    if scope and not shop.may(scope):
        return "You cannot create a webhook subscription with the specified topic"
    if not world.app.protected_data and topic.startswith(_PROTECTED):
        return "This app is not approved to subscribe to webhook topics containing protected customer data."
    parts = urlsplit(uri)
    # Shopify takes https only. The stand-in's world is loopback, where nobody has a certificate.
    if not (parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK))):
        return "Address is invalid"
    taken = any(one.topic == topic and one.uri == uri for one in shop.subscriptions)
    return "Address for this topic has already been taken" if taken else None


def _uri(arguments: dict[str, Any]) -> str:
    """`uri`, or the deprecated `callbackUrl`."""
    given = arguments["webhookSubscription"]
    return str(given.get("uri") or given.get("callbackUrl") or "")


def _choices(arguments: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in arguments["webhookSubscription"].items() if key not in ("uri", "callbackUrl")}


def _named(shop: Shop, arguments: dict[str, Any]) -> Subscription | None:
    return next((one for one in shop.subscriptions if one.id == arguments["id"]), None)


def _refused(payload: str, sentence: str, field: str = "webhookSubscription") -> dict[str, Any]:
    """Which field a refusal names is unverified."""
    return {payload: None, "userErrors": [{"field": [field], "message": sentence}]}
