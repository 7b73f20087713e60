"""webPixel*: the one web pixel an app may have in a shop. Codes are Shopify's, sentences ours where no code tells them."""

import json
from typing import Any

from connectors.shopify.standin.shops import Shop
from connectors.shopify.standin.world import World


def create(world: World, shop: Shop, arguments: dict[str, Any]) -> dict[str, Any]:
    """The pixel is on; unless it is already, or no extension was deployed, or its settings are no JSON object."""
    if not world.app.extension:
        return _refused("webPixel", "NO_EXTENSION", "No extension found.")
    if shop.pixel is not None:
        return _refused("webPixel", "TAKEN", "Web pixel is already taken.")
    return _set(shop, arguments, f"gid://shopify/WebPixel/{2_900_000_000 + world.number()}")


def update(_world: World, shop: Shop, arguments: dict[str, Any]) -> dict[str, Any]:
    """Other settings."""
    if shop.pixel is None or shop.pixel["id"] != arguments["id"]:
        return _refused("webPixel", "NOT_FOUND", "The web pixel could not be found.")
    return _set(shop, arguments, shop.pixel["id"])


def delete(_world: World, shop: Shop, arguments: dict[str, Any]) -> dict[str, Any]:
    """It is off."""
    if shop.pixel is None or shop.pixel["id"] != arguments["id"]:
        return _refused("deletedWebPixelId", "NOT_FOUND", "The web pixel could not be found.")
    gone, shop.pixel = shop.pixel["id"], None
    return {"deletedWebPixelId": gone, "userErrors": []}


def _set(shop: Shop, arguments: dict[str, Any], pixel_id: str) -> dict[str, Any]:
    settings = _settings(arguments["webPixel"])
    if settings is None:
        return _refused("webPixel", "INVALID_CONFIGURATION_JSON", "The settings are not a valid JSON object.")
    # Read back as the JSON text they were written as; whether Shopify gives an object is unverified (its type is JSON).
    shop.pixel = {"id": pixel_id, "settings": json.dumps(settings)}
    return {"webPixel": shop.pixel, "userErrors": []}


def _settings(given: Any) -> dict[str, Any] | None:
    """JSON text, as Shopify's own example passes it; or an object, which its scalar JSON also takes."""
    told = given.get("settings") if isinstance(given, dict) else None
    try:
        read = json.loads(told) if isinstance(told, str) else told
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def _refused(payload: str, code: str, sentence: str) -> dict[str, Any]:
    return {payload: None, "userErrors": [{"code": code, "field": ["webPixel"], "message": sentence}]}
