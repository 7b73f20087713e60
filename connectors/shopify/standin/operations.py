"""The root fields: what each needs, does and answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connectors.shopify.standin import past_orders, pixels, subscriptions
from connectors.shopify.standin.answering import Listed
from connectors.shopify.standin.shops import Shop
from connectors.shopify.standin.world import World

Run = Callable[[World, Shop, dict[str, Any]], Any]


class Missing(Exception):
    """The field cannot be answered; the text is what Shopify says, the field itself is null."""


@dataclass(frozen=True, slots=True)
class Root:
    """A root field. `scope`: one the token must have. `payload`: the key of a mutation's result, null where it failed."""

    run: Run
    scope: str | None = None
    payload: str | None = None


def _shop(_world: World, shop: Shop, _arguments: dict[str, Any]) -> Any:
    address = {"country": shop.country, "countryCodeV2": shop.country, "provinceCode": None}
    return {
        "id": f"gid://shopify/Shop/{shop.id}",
        "name": shop.handle,
        "email": "owner@example.com",
        "contactEmail": "owner@example.com",
        "myshopifyDomain": shop.domain,
        "url": f"https://{shop.domain}",
        "primaryDomain": {"id": "gid://shopify/Domain/1", "host": shop.domain, "url": f"https://{shop.domain}"},
        "currencyCode": shop.currency,
        "enabledPresentmentCurrencies": [shop.currency],
        "ianaTimezone": "Europe/Berlin",
        "taxesIncluded": True,
        "shopAddress": address,
        "billingAddress": address,
        "plan": {"partnerDevelopment": True, "publicDisplayName": "Development", "shopifyPlus": False},
    }


def _installation(world: World, shop: Shop, _arguments: dict[str, Any]) -> Any:
    scopes = [{"handle": scope, "description": scope} for scope in shop.scopes]
    return {"id": f"gid://shopify/AppInstallation/{world.app.key}", "accessScopes": scopes}


def _orders(world: World, shop: Shop, arguments: dict[str, Any]) -> Any:
    return Listed("Order", past_orders.found(shop, arguments, world.now()))


def _order(world: World, shop: Shop, arguments: dict[str, Any]) -> Any:
    """None where there is none."""
    return past_orders.one(shop, str(arguments["id"]), world.now())


def _subscriptions(_world: World, shop: Shop, arguments: dict[str, Any]) -> Any:
    return Listed("WebhookSubscription", subscriptions.found(shop, arguments))


def _pixel(_world: World, shop: Shop, _arguments: dict[str, Any]) -> Any:
    if shop.pixel is None:
        # Seen by many: an error beside data.webPixel null, not just null.
        raise Missing("No web pixel was found for this app.")
    return shop.pixel


ROOTS: dict[str, Root] = {
    "shop": Root(_shop),
    "currentAppInstallation": Root(_installation),
    "order": Root(_order, "read_orders"),
    "orders": Root(_orders, "read_orders"),
    "webhookSubscriptions": Root(_subscriptions),
    "webhookSubscriptionCreate": Root(subscriptions.create, payload="webhookSubscription"),
    "webhookSubscriptionUpdate": Root(subscriptions.update, payload="webhookSubscription"),
    "webhookSubscriptionDelete": Root(subscriptions.delete, payload="deletedWebhookSubscriptionId"),
    "webPixel": Root(_pixel, "read_pixels"),
    "webPixelCreate": Root(pixels.create, "write_pixels", "webPixel"),
    "webPixelUpdate": Root(pixels.update, "write_pixels", "webPixel"),
    "webPixelDelete": Root(pixels.delete, "write_pixels", "deletedWebPixelId"),
}
