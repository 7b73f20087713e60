"""More of the stand-in's own doors: webhooks, keys, users and our plugin, as somebody in the shop's admin changes them."""

import json
from collections.abc import Callable
from typing import Any

from connectors.woocommerce.standin import plugin_calls
from connectors.woocommerce.standin.faults import Unusable
from connectors.woocommerce.standin.plugin import Plugin
from connectors.woocommerce.standin.site import Key
from connectors.woocommerce.standin.webhooks import STATUSES, Webhook
from connectors.woocommerce.standin.world import World

Door = Callable[[World, dict[str, Any]], Any]
_PERMISSIONS = ("read", "write", "read_write")
_DAY = 86_400


def plugin_shown(world: World) -> dict[str, Any]:
    """What the plugin remembers, but for the secret."""
    connection = world.plugin.connection
    told = None
    if connection:
        told = {name: getattr(connection, name) for name in ("public_url", "public_key", "webhook_url", "home")}
    speaks = world.plugin.speaks(world.site.home) is not None
    return {"plugin": {"installed": world.plugin.installed, "connection": told, "speaks": speaks}}


def _webhooks(world: World, _told: dict[str, Any]) -> Any:
    with world.lock:
        return {"webhooks": [_told_webhook(one) for one in world.webhooks]}


def _told_webhook(one: Webhook) -> dict[str, Any]:
    names = ("id", "name", "topic", "delivery_url", "status", "failures", "pending", "user_id")
    return {name: getattr(one, name) for name in names}


def _drop(world: World, told: dict[str, Any]) -> Any:
    """Webhooks of one `topic`, or all, are gone: somebody deleted them in the admin."""
    with world.lock:
        kept = [one for one in world.webhooks if told.get("topic") not in (None, one.topic)]
        dropped = len(world.webhooks) - len(kept)
        world.webhooks[:] = kept
    return {"dropped": dropped}


def _set_status(world: World, told: dict[str, Any]) -> Any:
    """`status` (disabled) for those of one `topic`, or all."""
    status = told.get("status", "disabled")
    if status not in STATUSES:
        raise Unusable(f"status is one of {', '.join(STATUSES)}.")
    with world.lock:
        for one in world.webhooks:
            if told.get("topic") in (None, one.topic):
                one.status = status
    return _webhooks(world, told)


def _keys(world: World, _told: dict[str, Any]) -> Any:
    with world.lock:
        shown = [(one.id, one.user_id, one.permissions, one.description) for one in world.keys]
    return {"keys": [dict(zip(("id", "user_id", "permissions", "description"), one, strict=True)) for one in shown]}


def _add_key(world: World, told: dict[str, Any]) -> Any:
    """A key made by hand in the admin: `user` (admin), `permissions` (read_write). The one door that tells a secret."""
    with world.lock:
        owner = _user_id(world, told.get("user", "admin"))
        key = Key(world.number("key"), owner, _permissions(told), "made by hand")
        world.keys.append(key)
    return {"id": key.id, "consumer_key": key.consumer_key, "consumer_secret": key.consumer_secret}


def _revoke(world: World, told: dict[str, Any]) -> Any:
    """The key of this `id`, or all, are gone; webhooks stay."""
    with world.lock:
        kept = [one for one in world.keys if told.get("id") not in (None, one.id)]
        revoked = len(world.keys) - len(kept)
        world.keys[:] = kept
    return {"revoked": revoked}


def _permit(world: World, told: dict[str, Any]) -> Any:
    """Other `permissions` for the key of this `id`, or all."""
    with world.lock:
        for one in world.keys:
            if told.get("id") in (None, one.id):
                one.permissions = _permissions(told)
    return _keys(world, told)


def _permissions(told: dict[str, Any]) -> str:
    wanted = told.get("permissions", "read_write")
    if wanted not in _PERMISSIONS:
        raise Unusable(f"permissions is one of {', '.join(_PERMISSIONS)}.")
    return str(wanted)


def _users(world: World, told: dict[str, Any]) -> Any:
    """Another `role` for `login`, or `gone`: whose webhooks deliver errors from then on."""
    with world.lock:
        user = world.users[_user_id(world, told.get("login", "admin"))]
        user.role, user.gone = told.get("role", user.role), told.get("gone", user.gone)
    return {"login": user.login, "role": user.role, "gone": user.gone}


def _user_id(world: World, login: Any) -> int:
    found = next((one.id for one in world.users.values() if one.login == login), None)
    if found is None:
        raise Unusable(f"There are {', '.join(one.login for one in world.users.values())}.")
    return found


def _plugin(world: World, told: dict[str, Any]) -> Any:
    """`installed`: our plugin is there, or is deleted and forgets. `version` is the one it calls itself."""
    with world.lock:
        if told.get("installed") is False:
            world.plugin = Plugin()
        world.plugin.installed = bool(told.get("installed", world.plugin.installed))
        world.plugin.version = str(told.get("version", world.plugin.version))
        return plugin_shown(world)


def _plugin_now(world: World, _told: dict[str, Any]) -> Any:
    with world.lock:
        return plugin_shown(world)


def _checkout(world: World, told: dict[str, Any]) -> Any:
    """checkout.created of the order `order_id`, or with `body` as it is; queued like the real one."""
    plugin_calls.speaking(world)
    with world.lock:
        if "body" in told:
            content = dict(told["body"])
        else:
            order = world.orders[int(told["order_id"])]
            content = {**plugin_calls.checkout(world, order), **dict(told.get("fields", {}))}
    plugin_calls.send_later(world, content)
    return {"checkout_token": content.get("checkout_token")}


def _page(world: World, told: dict[str, Any]) -> Any:
    """The token in the thank-you page of the order `order_id`, good for a day."""
    token = plugin_calls.speaking(world).page_token(int(told["order_id"]), int(world.now()) + _DAY)
    return {"token": token}


def _call(world: World, told: dict[str, Any]) -> Any:
    """The signed call `call`, with `body` or what is usual; `ahead`: how many seconds its timestamp is off."""
    name = str(told.get("call", "state"))
    content = told["body"] if "body" in told else plugin_calls.usual(world, name)
    try:
        answer = plugin_calls.call(world, name, content, float(told.get("ahead", 0)))
    except plugin_calls.Silent as silent:
        raise Unusable(str(silent)) from None
    try:
        read = json.loads(answer.text)
    except ValueError:
        read = None
    return {"status": answer.status, "json": read, "text": answer.text}


DOORS: dict[str, Door] = {
    "GET webhooks": _webhooks,
    "POST webhooks/drop": _drop,
    "POST webhooks/status": _set_status,
    "GET keys": _keys,
    "POST keys": _add_key,
    "POST keys/revoke": _revoke,
    "POST keys/permissions": _permit,
    "POST users": _users,
    "GET plugin": _plugin_now,
    "POST plugin": _plugin,
    "POST plugin/checkout": _checkout,
    "POST plugin/page": _page,
    "POST plugin/call": _call,
}
