"""How orders come about, and what each step of it fires, in the order that was recorded. Pure tables.

What is fired is a topic, or `action.<hook>`. order.created and order.updated of one step are told with one and the same
body, since it is made when the queue is run.
"""

from dataclasses import dataclass

CREATED, UPDATED, DELETED, RESTORED = "order.created", "order.updated", "order.deleted", "order.restored"
_AT_CHECKOUT = "action.woocommerce_checkout_order_processed"
_PAID = "action.woocommerce_payment_complete"
_THANKED = "action.woocommerce_thankyou"
_BLOCK = "action.woocommerce_store_api_checkout_order_processed"
_COMPLETED = "action.woocommerce_order_status_completed"
_REFUND_MADE, _REFUNDED = "action.woocommerce_refund_created", "action.woocommerce_order_refunded"

DRAFT = "checkout-draft"


@dataclass(frozen=True, slots=True)
class Scenario:
    """`visits`: one tuple for each request of the buyer's or merchant's; the last one leaves the order in `status`.

    Where there is an earlier one, the order is a draft of the block checkout in it.
    """

    status: str
    visits: tuple[tuple[str, ...], ...]
    method: str = "cards"
    title: str = "Card"
    via: str = "checkout"
    paid: bool = False
    virtual: bool = False
    free: bool = False


_CLASSIC_PAID = (CREATED, _AT_CHECKOUT, UPDATED, _PAID)
_CLASSIC = (CREATED, _AT_CHECKOUT, UPDATED)

SCENARIOS: dict[str, Scenario] = {
    "card": Scenario("processing", (_CLASSIC_PAID,), paid=True),
    "bacs": Scenario("on-hold", (_CLASSIC,), "bacs", "Direct bank transfer"),
    "cheque": Scenario("on-hold", (_CLASSIC,), "cheque", "Check payments"),
    "cod": Scenario("processing", (_CLASSIC,), "cod", "Cash on delivery"),
    # The shop sends the buyer away at once: nothing is updated before they come back.
    "wallet": Scenario("pending", ((CREATED, _AT_CHECKOUT),), "wallet", "Wallet"),
    "authorised": Scenario("on-hold", (_CLASSIC,)),
    "failed": Scenario("failed", (_CLASSIC,)),
    "free": Scenario("processing", (_CLASSIC_PAID,), paid=True, free=True),
    "download": Scenario("completed", ((*_CLASSIC_PAID, _COMPLETED),), paid=True, virtual=True),
    "draft": Scenario(DRAFT, ((UPDATED,),), "bacs", "", "store-api"),
    "block": Scenario("processing", ((UPDATED,), (UPDATED, CREATED, _BLOCK, _PAID)), via="store-api", paid=True),
    "block_wallet": Scenario("pending", ((UPDATED,), (UPDATED, CREATED, _BLOCK)), "wallet", "Wallet", "store-api"),
    "admin": Scenario("processing", ((UPDATED, CREATED),), "bacs", "Direct bank transfer", "admin", paid=True),
    "rest": Scenario("pending", ((CREATED, UPDATED),), "", "", "rest-api"),
    "rest_paid": Scenario("processing", ((CREATED, UPDATED),), "", "", "rest-api", paid=True),
    # A program that has the shop's gateway take the money: paid within the request that made it.
    "card_by_rest": Scenario("processing", ((CREATED, UPDATED, _PAID),), via="rest-api", paid=True),
    "renewal": Scenario("processing", ((CREATED, UPDATED, _PAID),), via="subscription", paid=True),
}

# What the later steps of an order's life fire. Deleting a refund, or an order for good, fires nothing.
ACTS: dict[str, tuple[str, ...]] = {
    "pay": (UPDATED, _PAID),
    "retry": (UPDATED, _AT_CHECKOUT, _PAID),
    "thank": (_THANKED,),
    "place": (UPDATED, CREATED, _BLOCK, _PAID),
    "complete": (UPDATED, _COMPLETED),
    "process": (UPDATED,),
    "hold": (UPDATED,),
    "fail": (UPDATED,),
    "cancel": (UPDATED,),
    "edit": (UPDATED,),
    "redraft": (UPDATED,),
    "refund": (UPDATED, _REFUND_MADE, _REFUNDED),
    "trash": (DELETED,),
    "restore": (RESTORED,),
    "unrefund": (),
    "delete": (),
}
