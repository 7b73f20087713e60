"""The stand-in's own doors under /_standin: what tests and the demo tell it to do."""

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Any

from connectors.shopify.standin import mailing, tokens
from connectors.shopify.standin.faults import Unusable
from connectors.shopify.standin.faults import read as read_fault
from connectors.shopify.standin.order_bodies import Wanted
from connectors.shopify.standin.other_bodies import body
from connectors.shopify.standin.shops import App, Shop, enumerated
from connectors.shopify.standin.wire import Reply, Request, answered
from connectors.shopify.standin.world import World

Door = Callable[[World, dict[str, Any]], Any]
ShopDoor = Callable[[World, Shop, dict[str, Any]], Any]
SETTLE_SECONDS = 30.0
MOST_ORDERS = 10_000
_APP_KEYS = frozenset(field.name for field in fields(App))
_LISTS = frozenset({"scopes", "declared"})


def answer(world: World, request: Request, door: str) -> Reply:
    """400 with a sentence for a request that makes no sense, 404 for no such door."""
    return _through(DOORS.get(f"{request.method} {door}".strip()), world, request)


def of_shop(world: World, request: Request, domain: str, door: str | None) -> Reply:
    """The same for the doors of one shop."""
    opened = SHOP_DOORS.get(f"{request.method} {door or ''}".strip())
    return _through(opened and (lambda world, told: opened(world, world.shop(domain), told)), world, request)


def _through(door: Door | None, world: World, request: Request) -> Reply:
    if door is None:
        return answered({"problem": f"There are {', '.join((*DOORS, *SHOP_DOORS))}."}, 404)
    try:
        return answered(door(world, request.fields()))
    except (Unusable, TypeError, ValueError) as problem:
        return answered({"problem": str(problem)}, 400)


def _app(world: World, told: dict[str, Any]) -> Any:
    """`key`, `secrets` (newest first), `url`, and the other fields of App; what is not named stays."""
    if told.keys() - _APP_KEYS:
        raise Unusable(f"An app has {', '.join(sorted(_APP_KEYS))}.")
    with world.lock:
        for name, value in told.items():
            setattr(world.app, name, tuple(value) if name in _LISTS else value)
        world.app.url = world.app.url.rstrip("/")
    return {"key": world.app.key, "url": world.app.url, "scopes": world.app.scopes}


def _shop(world: World, told: dict[str, Any]) -> Any:
    shop = world.shop(_text(told, "domain"))
    with world.lock:
        shop.id = int(told.get("id", shop.id))
        shop.country, shop.currency = told.get("country", shop.country), told.get("currency", shop.currency)
    return _shown(world, shop, {})


def _shown(world: World, shop: Shop, _told: dict[str, Any]) -> Any:
    with world.lock:
        return {
            "id": str(shop.id),
            "domain": shop.domain,
            "installed": shop.installed,
            "subscriptions": [{"id": one.id, "topic": one.topic, "uri": one.uri} for one in shop.subscriptions],
            "pixel": shop.pixel,
            "tokens": tokens.living(shop, world.now()),
            "scopes": list(shop.scopes),
            "orders": len(shop.orders),
        }


def _orders(world: World, shop: Shop, told: dict[str, Any]) -> Any:
    """`count` orders that are alike; `silent` ones are told by the API only."""
    named = {key: told[key] for key in ("source_name", "gateway", "financial_status", "test") if key in told}
    made_at = told.get("created_at", world.moment())
    datetime.fromisoformat(made_at)
    wanted = Wanted(created_at=made_at, country=told.get("country", shop.country), **named)
    silent = told.get("silent") is True
    count = min(int(told.get("count", 1)), MOST_ORDERS)
    return {"order_ids": [mailing.place(world, shop, wanted, silent=silent) for _ in range(count)]}


def _listed(world: World, shop: Shop, _told: dict[str, Any]) -> Any:
    """Its orders as webhooks tell them, oldest first."""
    with world.lock:
        return {"orders": list(shop.orders)}


def _install(world: World, shop: Shop, _told: dict[str, Any]) -> Any:
    """As the merchant's click does where Shopify manages the installation: with the scopes the app's file names."""
    with world.lock:
        shop.installed, shop.scopes = True, world.app.scopes
    return _shown(world, shop, {})


def _session(world: World, shop: Shop, told: dict[str, Any]) -> Any:
    """A fresh session token; it installs the app, as only then anyone sees it, unless `install` is false."""
    if not shop.installed and told.get("install") is not False:
        _install(world, shop, {})
    return {"id_token": world.session(shop)}


def _uninstall(world: World, shop: Shop, told: dict[str, Any]) -> Any:
    mailing.uninstall(world, shop, silent=told.get("silent") is True)
    return _shown(world, shop, {})


def _webhook(world: World, shop: Shop, told: dict[str, Any]) -> Any:
    """Any topic, subscribed or not: to those who are, else to where declared topics go."""
    topic = _text(told, "topic")
    addresses = mailing.addresses(world, shop, topic) or [world.app.webhooks]
    mailing.tell(world, shop, topic, told.get("body") or body(topic, shop), addresses)
    return {"addresses": addresses}


def _drop(_world: World, shop: Shop, told: dict[str, Any]) -> Any:
    """Subscriptions of one `topic`, or all, are gone, as after eight deliveries that failed."""
    topic = told.get("topic")
    kept = [one for one in shop.subscriptions if topic is not None and one.topic != enumerated(topic)]
    dropped = len(shop.subscriptions) - len(kept)
    shop.subscriptions[:] = kept
    return {"dropped": dropped}


def _revoke(_world: World, shop: Shop, _told: dict[str, Any]) -> Any:
    """All tokens are dead, the refresh tokens too; the app stays installed."""
    dead = len(shop.tokens)
    shop.tokens.clear()
    return {"revoked": dead}


def _clock(world: World, told: dict[str, Any]) -> Any:
    """`ahead`: how many seconds before the machine's clock."""
    world.ahead = float(told.get("ahead", 0))
    return {"now": world.now(), "ahead": world.ahead}


def _faults(world: World, _told: dict[str, Any]) -> Any:
    return {"faults": world.faults.shown()}


def _add_fault(world: World, told: dict[str, Any]) -> Any:
    world.faults.add(read_fault(told))
    return _faults(world, told)


def _mend(world: World, told: dict[str, Any]) -> Any:
    world.faults.clear()
    return _faults(world, told)


def _journal(world: World, _told: dict[str, Any]) -> Any:
    return {**world.journal.shown(), "waiting": world.postman.waiting()}


def _settle(world: World, _told: dict[str, Any]) -> Any:
    """Answers once every webhook was answered."""
    return {"settled": world.postman.settle(SETTLE_SECONDS)}


def _forget(world: World, _told: dict[str, Any]) -> Any:
    world.forget()
    return {"status": "ok"}


DOORS: dict[str, Door] = {
    "POST app": _app,
    "POST shops": _shop,
    "POST clock": _clock,
    "GET faults": _faults,
    "POST faults": _add_fault,
    "DELETE faults": _mend,
    "GET journal": _journal,
    "POST settle": _settle,
    "DELETE": _forget,
}
SHOP_DOORS: dict[str, ShopDoor] = {
    "GET": _shown,
    "POST install": _install,
    "GET orders": _listed,
    "POST orders": _orders,
    "POST uninstall": _uninstall,
    "POST webhook": _webhook,
    "POST drop": _drop,
    "POST revoke": _revoke,
    "POST session": _session,
}


def _text(told: dict[str, Any], key: str) -> str:
    value = told.get(key)
    if not isinstance(value, str) or not value:
        raise Unusable(f"Give `{key}` as text.")
    return value
