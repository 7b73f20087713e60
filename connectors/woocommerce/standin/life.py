"""The later steps of an order's life: paid, sent, given back, thrown away; and what each of them fires."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.woocommerce.standin.deliveries import fire
from connectors.woocommerce.standin.faults import Unusable
from connectors.woocommerce.standin.orders import ZERO, Line, Order, Refund
from connectors.woocommerce.standin.scenarios import ACTS
from connectors.woocommerce.standin.world import World

Told = Mapping[str, Any]
_UNPAID_WHILE_PROCESSING = "cod"


def act(world: World, order_id: int, name: str, told: Told) -> dict[str, Any]:
    """One step; what is to be known of it. `silent` tells no webhook. Raises Unusable."""
    with world.lock:
        order = world.orders.get(order_id)
        if order is None or name not in DOINGS:
            raise Unusable(f"There is no order {order_id}, or nothing called {name}: {', '.join(DOINGS)}.")
        moment = float(told.get("at", world.now()))
        refund_id = DOINGS[name](world, order, told, moment) or 0
        order.modified = moment
    if told.get("silent") is not True:
        fire(world, ACTS[name], order_id, refund_id)
    return {"id": order_id, "status": order.status, "refund_id": refund_id or None}


def become(order: Order, status: str, moment: float) -> None:
    """Another status. Cash on delivery counts as paid when it is completed, the others when they are processed."""
    order.status = status
    if status == "completed" or (status == "processing" and order.payment_method != _UNPAID_WHILE_PROCESSING):
        order.paid = order.paid or moment
    if status == "completed":
        order.completed = order.completed or moment


def _pay(_world: World, order: Order, told: Told, moment: float) -> None:
    order.transaction_id = order.transaction_id or f"ch_standin_{order.id}"
    order.payment_method = told.get("method", order.payment_method)
    become(order, "completed" if order.virtual else "processing", moment)


def _becoming(status: str) -> Callable[[World, Order, Told, float], None]:
    def doing(_world: World, order: Order, _told: Told, moment: float) -> None:
        become(order, status, moment)

    return doing


def _place(world: World, order: Order, told: Told, moment: float) -> None:
    """A draft of the block checkout is ordered."""
    order.payment_method, order.payment_title = told.get("method", "cards"), told.get("title", "Card")
    if told.get("paid") is False:
        order.status = "pending"
        return
    _pay(world, order, told, moment)


def _redraft(_world: World, order: Order, told: Told, _moment: float) -> None:
    """The buyer types on: what they gave so far is in the draft."""
    order.billing |= {key: str(value) for key, value in dict(told.get("billing", {})).items()}


def _edit(_world: World, order: Order, told: Told, _moment: float) -> None:
    """Another quantity of the first line; its price stays."""
    line, quantity = order.lines[0], int(told.get("quantity", order.lines[0].quantity + 1))
    line.total = order.rounded(line.total / line.quantity * quantity)
    line.quantity, line.tax = quantity, order.taxed(line.total)


def _refund(world: World, order: Order, told: Told, moment: float) -> int:
    """`amount` (all that is left), `reason`, or `lines`: one of the first line's things goes back."""
    lines = [_returned(order)] if told.get("lines") else []
    given = -sum((line.total + line.tax for line in lines), ZERO) if lines else told.get("amount", order.left)
    try:
        amount = order.rounded(Decimal(str(given)))
    except InvalidOperation:
        raise Unusable("`amount` is a number.") from None
    if not ZERO < amount <= order.left:
        raise Unusable("Invalid refund amount.")
    full = amount == order.left
    reason = told.get("reason", "Order fully refunded." if full and "amount" not in told else "")
    refund = Refund(world.number("order"), moment, amount, reason, bool(told.get("paid_back")), lines)
    order.refunds.append(refund)
    if full:
        order.status = "refunded"
    return refund.id


def _returned(order: Order) -> Line:
    line = order.lines[0]
    total, tax = order.rounded(line.total / line.quantity), order.rounded(line.tax / line.quantity)
    return Line(line.id, line.name, line.product_id, line.variation_id, line.sku, -1, -total, -tax, line.parent_name)


def _unrefund(_world: World, order: Order, told: Told, _moment: float) -> None:
    order.refunds = [one for one in order.refunds if one.id != told.get("refund_id")]


def _trash(_world: World, order: Order, _told: Told, _moment: float) -> None:
    order.trashed = order.trashed or order.status


def _restore(_world: World, order: Order, _told: Told, _moment: float) -> None:
    order.status, order.trashed = order.trashed or order.status, None


def _delete(world: World, order: Order, _told: Told, _moment: float) -> None:
    del world.orders[order.id]


def _nothing(_world: World, _order: Order, _told: Told, _moment: float) -> None:
    """The thank-you page is opened."""


DOINGS: dict[str, Callable[[World, Order, Told, float], int | None]] = {
    "pay": _pay,
    "retry": _pay,
    "thank": _nothing,
    "place": _place,
    "complete": _becoming("completed"),
    "process": _becoming("processing"),
    "hold": _becoming("on-hold"),
    "fail": _becoming("failed"),
    "cancel": _becoming("cancelled"),
    "edit": _edit,
    "redraft": _redraft,
    "refund": _refund,
    "unrefund": _unrefund,
    "trash": _trash,
    "restore": _restore,
    "delete": _delete,
}
