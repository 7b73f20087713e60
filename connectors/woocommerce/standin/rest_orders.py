"""wc/v3/orders and their refunds, for whoever looks for what no webhook told."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from connectors.woocommerce.standin.keys import authorize
from connectors.woocommerce.standin.orders import STATUSES, Order
from connectors.woocommerce.standin.payloads import newest_refunds, order_body, refund_body
from connectors.woocommerce.standin.rest_call import Answered, Call
from connectors.woocommerce.standin.rest_errors import RestError, invalid

_ROUTE = "/wc/v3/orders"
_ALL = ("any", "trash", "auto-draft", *STATUSES)
_COMPARE: dict[str, tuple[str, Callable[[float, float], bool]]] = {
    "after": ("created", lambda moment, bound: moment > bound),
    "before": ("created", lambda moment, bound: moment < bound),
    "modified_after": ("modified", lambda moment, bound: moment > bound),
    "modified_before": ("modified", lambda moment, bound: moment < bound),
}
_SORTED: dict[str, Callable[[Order], Any]] = {
    "date": lambda order: (int(order.created), order.id),
    "modified": lambda order: (int(order.modified), order.id),
    "id": lambda order: order.id,
    # The posts' titles and slugs are dates; the stand-in does not keep the order of `include`.
    **dict.fromkeys(("include", "title", "slug"), lambda order: (int(order.created), order.id)),
}


def listed(call: Call) -> Answered:
    """Newest first where nothing else is asked; all but the trash, drafts of the block checkout among them."""
    asked = call.request.asked()
    statuses, sort_by, ascending = _statuses(asked), _sort_by(asked), asked.get("order", "desc") == "asc"
    bounds = {name: _moment(call, name, asked[name]) for name in _COMPARE if asked.get(name)}
    authorize(call.user, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    with call.world.lock:
        found = [one for one in call.world.orders.values() if _has(one, statuses) and _within(one, bounds)]
        found = _chosen(found, asked)
        found.sort(key=_SORTED[sort_by], reverse=not ascending)
        return call.paged(_ROUTE, found, lambda one: _told(call, one))


def show(call: Call, order_id: str) -> Answered:
    """One, also from the trash."""
    with call.world.lock:
        order = call.world.orders.get(int(order_id))
        if order is not None:
            authorize(call.user, "woocommerce_rest_cannot_view", "Sorry, you cannot view this resource.")
            return Answered(_told(call, order))
    raise RestError("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", 404)


def refunds(call: Call, order_id: str) -> Answered:
    """Newest first. That an order which is not there has none, instead of an error, is unverified."""
    authorize(call.user, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    with call.world.lock:
        order = call.world.orders.get(int(order_id))
        found = [(order, one) for one in newest_refunds(order)] if order else []
        route = f"{_ROUTE}/{order_id}/refunds"
        return call.paged(route, found, lambda pair: refund_body(call.world.site, pair[0], pair[1], call.home()))


def all_refunds(call: Call) -> Answered:
    """Those of all orders, newest first, each with its order's id."""
    authorize(call.user, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    with call.world.lock:
        found = [(order, one) for order in call.world.orders.values() for one in order.refunds]
        found.sort(key=lambda pair: (pair[1].created, pair[1].id), reverse=True)
        return call.paged("/wc/v3/refunds", found, lambda pair: _with_parent(call, *pair))


def _told(call: Call, order: Order) -> dict[str, Any]:
    """The whole order, with `include_meta`'s keys alone where there are some, else without those of `exclude_meta`."""
    body, asked = order_body(call.world.site, order, call.home()), call.request.asked()
    wanted, unwanted = (_listed(asked.get(name, "")) for name in ("include_meta", "exclude_meta"))
    if wanted:
        body["meta_data"] = [one for one in body["meta_data"] if one["key"] in wanted]
    elif unwanted:
        body["meta_data"] = [one for one in body["meta_data"] if one["key"] not in unwanted]
    return body


def _listed(text: str) -> list[str]:
    """wp_parse_list."""
    return [one for one in re.split(r"[\s,]+", text) if one]


def _with_parent(call: Call, order: Order, refund: Any) -> dict[str, Any]:
    body = refund_body(call.world.site, order, refund, call.home())
    return {"id": body.pop("id"), "parent_id": order.id, **body}


def _statuses(asked: dict[str, str]) -> list[str]:
    """`status`, several joined by commas; of `status=a&status=b` PHP keeps the last alone."""
    named = [value for name, value in asked.items() if name.startswith("status[")]
    wanted = named or _listed(asked.get("status", "any"))
    for number, one in enumerate(wanted):
        if one not in _ALL:
            sentence = f"status[{number}] is not one of {', '.join(_ALL[:-1])}, and {_ALL[-1]}."
            raise invalid("status", sentence, "rest_not_in_enum")
    return wanted


def _sort_by(asked: dict[str, str]) -> str:
    wanted = asked.get("orderby", "date")
    if wanted not in _SORTED:
        sentence = "orderby is not one of date, id, include, title, slug, and modified."
        raise invalid("orderby", sentence, "rest_not_in_enum")
    if asked.get("order", "desc") not in ("asc", "desc"):
        raise invalid("order", "order is not one of asc and desc.", "rest_not_in_enum")
    return wanted


def _moment(call: Call, name: str, text: str) -> float:
    """A time without offset is the shop's own, unless `dates_are_gmt`."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(name, "Invalid date.", "rest_invalid_date") from None
    if read.tzinfo is None:
        read = read.replace(tzinfo=UTC if call.flag("dates_are_gmt") else call.world.site.zone())
    return read.timestamp()


def _has(order: Order, statuses: list[str]) -> bool:
    if order.trashed:
        return "trash" in statuses
    return "any" in statuses or order.status in statuses


def _within(order: Order, bounds: dict[str, float]) -> bool:
    """By whole seconds, as the database has them."""
    for name, bound in bounds.items():
        column, compares = _COMPARE[name]
        if not compares(int(getattr(order, column)), int(bound)):
            return False
    return True


def _chosen(found: list[Order], asked: dict[str, str]) -> list[Order]:
    """`include` and `exclude`: ids joined by commas."""
    wanted, unwanted = (_listed(asked.get(name, "")) for name in ("include", "exclude"))
    return [one for one in found if (not wanted or str(one.id) in wanted) and str(one.id) not in unwanted]
