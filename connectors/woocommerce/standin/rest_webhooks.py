"""wc/v3/webhooks: listed, created, changed and deleted, with WooCommerce's traps."""

import secrets
from typing import Any

from connectors.woocommerce.standin import php, pings
from connectors.woocommerce.standin.keys import authorize
from connectors.woocommerce.standin.rest_call import Answered, Call
from connectors.woocommerce.standin.rest_errors import RestError, invalid, missing
from connectors.woocommerce.standin.webhooks import STATUSES, Webhook, is_valid_topic, stored_topic
from connectors.woocommerce.standin.world import World

_ROUTE = "/wc/v3/webhooks"
_CODE = "woocommerce_rest_shop_webhook_{}"
_PRINTABLE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!@#$%^&*()-_ []{}<>~`+=,.;:/?|"
_ALLOWED = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def listed(call: Call) -> Answered:
    """Newest first, of one `status` where that is asked; a read-only key may."""
    wanted = call.request.asked().get("status", "all")
    if wanted not in ("all", *STATUSES):
        sentence = "status is not one of all, active, paused, and disabled."
        raise invalid("status", sentence, "rest_not_in_enum")
    authorize(call.user, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    with call.world.lock:
        found = [one for one in call.world.webhooks if wanted in ("all", one.status)]
        newest = sorted(
            found, key=lambda one: (one.created, one.id), reverse=call.request.asked().get("order") != "asc"
        )
        return call.paged(_ROUTE, newest, lambda one: told(call, one))


def show(call: Call, webhook_id: str) -> Answered:
    """One. One that is not there is 400 here and for a change, and 404 where it is to be deleted."""
    authorize(call.user, "woocommerce_rest_cannot_view", "Sorry, you cannot view this resource.")
    return Answered(told(call, _named(call.world, webhook_id)))


def create(call: Call) -> Answered:
    """A new one, active whatever `status` is asked for. Nothing keeps the same from being made twice.

    The ping is sent before the answer, and whatever becomes of it the answer is 201.
    """
    given, world = call.given(), call.world
    lost = [name for name in ("topic", "delivery_url") if name not in given]
    if lost:
        raise missing(lost)
    _check_status(given)
    sentence = "Sorry, you are not allowed to create resources."
    user = authorize(call.user, "woocommerce_rest_cannot_create", sentence)
    if php.empty(given["topic"]) or not is_valid_topic(str(given["topic"]).lower()):
        raise _refused("invalid_topic", "Webhook topic is required and must be valid.")
    _check_address(given["delivery_url"])
    with world.lock:
        made = _made(world, given, user.id)
        world.webhooks.append(made)
        content = told(call, made)
    pings.ping(world, made)
    headers = {"Location": world.site.rest_url(f"{_ROUTE}/{made.id}", call.home())}
    return Answered(content, 201, headers)


def update(call: Call, webhook_id: str) -> Answered:
    """What is named is changed. `active` does not forget the failures; another address is pinged."""
    given, world = call.given(), call.world
    _check_status(given)
    authorize(call.user, "woocommerce_rest_cannot_edit", "Sorry, you are not allowed to edit this resource.")
    webhook = _named(world, webhook_id)
    topic, address = given.get("topic"), given.get("delivery_url")
    if not php.empty(topic) and not is_valid_topic(str(topic).lower()):
        raise _refused("invalid_topic", "Webhook topic must be valid.")
    if not php.empty(address):
        _check_address(address)
    with world.lock:
        moved = not php.empty(address) and address != webhook.delivery_url
        _change(webhook, given)
    pings.save(world, webhook, moved=moved)
    return Answered(told(call, webhook))


def delete(call: Call, webhook_id: str) -> Answered:
    """Gone for good, with `force=true`; there is no trash for webhooks."""
    sentence = "Sorry, you are not allowed to delete this resource."
    authorize(call.user, "woocommerce_rest_cannot_delete", sentence)
    if php.empty(call.given().get("force")) or str(call.given()["force"]).lower() == "false":
        raise RestError("woocommerce_rest_trash_not_supported", "Webhooks do not support trashing.", 501)
    with call.world.lock:
        webhook = call.world.webhook(int(webhook_id))
        if webhook is None:
            raise RestError(_CODE.format("invalid_id"), "Invalid ID.", 404)
        call.world.webhooks.remove(webhook)
    return Answered(told(call, webhook))


def told(call: Call, webhook: Webhook) -> dict[str, Any]:
    """All but the secret, which nobody can read, and the failures."""
    site = call.world.site
    own = site.rest_url(f"{_ROUTE}/{webhook.id}", call.home())
    return {
        "id": webhook.id,
        "name": webhook.name,
        "status": webhook.status,
        "topic": webhook.topic,
        "resource": webhook.resource,
        "event": webhook.event,
        "hooks": webhook.hooks(),
        "delivery_url": webhook.delivery_url,
        "date_created": site.local(webhook.created),
        "date_created_gmt": site.gmt(webhook.created),
        "date_modified": site.local(webhook.modified),
        "date_modified_gmt": site.gmt(webhook.modified),
        "_links": {
            "self": [{"href": own, "targetHints": {"allow": _ALLOWED}}],
            "collection": [{"href": site.rest_url(_ROUTE, call.home())}],
        },
    }


def _made(world: World, given: dict[str, Any], user_id: int) -> Webhook:
    now = world.now()
    return Webhook(
        id=world.number("webhook"),
        # How WordPress spells the date in a name nobody gave is unverified.
        name=str(given.get("name") or f"Webhook created on {world.site.local(now)}"),
        topic=stored_topic(str(given["topic"])),
        delivery_url=str(given["delivery_url"]),
        # Without a secret of ours it makes one up that nobody can read.
        secret=str(given.get("secret") or "".join(secrets.choice(_PRINTABLE) for _ in range(50))),
        user_id=user_id,
        created=now,
        modified=now,
    )


def _change(webhook: Webhook, given: dict[str, Any]) -> None:
    changed = {name: str(given[name]) for name in ("name", "secret", "delivery_url", "status") if given.get(name)}
    if given.get("topic"):
        changed["topic"] = stored_topic(str(given["topic"]))
    for name, value in changed.items():
        setattr(webhook, name, value)


def _check_status(given: dict[str, Any]) -> None:
    if given.get("status", "active") not in STATUSES:
        raise invalid("status", "status is not one of active, paused, and disabled.", "rest_not_in_enum")


def _check_address(address: Any) -> None:
    if not isinstance(address, str) or not address.startswith(("http://", "https://")) or not php.is_url(address):
        sentence = "Webhook delivery URL must be a valid URL starting with http:// or https://."
        raise _refused("invalid_delivery_url", sentence)


def _refused(what: str, sentence: str) -> RestError:
    return RestError(_CODE.format(what), sentence, 400)


def _named(world: World, webhook_id: str) -> Webhook:
    found = world.webhook(int(webhook_id))
    if found is None:
        raise _refused("invalid_id", "ID is invalid.")
    return found
