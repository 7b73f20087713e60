"""The sample day of the demo: its stores, what happened in them, and what became of the Pixel in each shopper's browser."""

from collections.abc import Mapping
from dataclasses import dataclass

from integration.cli.browsers import Fate

NONSENSE = "nonsense"  # the case of an act whose body nobody can read


@dataclass(frozen=True, slots=True)
class DemoStore:
    """A store of the demo, and the settings its merchant chose."""

    platform: str
    domain: str
    dataset_id: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Act:
    """One webhook of the day. Acts with the same `order` are about one order, placed `minutes` ago."""

    platform: str
    topic: str
    case: str
    order: int
    minutes: int
    browser: Fate = Fate.NO_SCRIPT  # what came of the Pixel in it; played before the webhook is posted
    copies: int = 1
    forged: bool = False
    what: str = ""


STORES = (
    # This merchant vouches for consent; the other leaves the default, so that the demo shows both.
    DemoStore("shopify", "tandem-demo.myshopify.com", "100200300400501", {"consent_mode": "assumed"}),
    DemoStore("woocommerce", "shop.tandem-demo.example", "100200300400502", {}),
)

# Stores that are not connected yet, for whoever wants to see that done.
NEWCOMERS = {"shopify": "tandem-newcomer.myshopify.com"}
ANOTHER = {"shopify": "tandem-another.myshopify.com"}

_SHOP, _WOO = "shopify", "woocommerce"
_TOLD, _BLOCKED, _LEFT, _UNPAID = Fate.TOLD, Fate.BLOCKED, Fate.LEFT, Fate.UNPAID
DAY = (
    Act(_SHOP, "orders/create", "pending_bank_transfer", 1, 840, _UNPAID, what="bank transfer, not paid yet"),
    Act(_WOO, "order.created", "card", 1, 790, _TOLD, copies=2, what="card, told twice"),
    Act(_SHOP, "orders/paid", "card", 2, 700, _TOLD, what="card"),
    Act(_WOO, "order.updated", "completed", 1, 790, what="the same order, sent out"),
    # Between two others whose Pixels left: that is what makes it stand out.
    Act(_SHOP, "orders/paid", "shop_pay", 3, 670, what="Shop Pay: our script never ran"),
    Act(_SHOP, "orders/create", "cash_on_delivery", 4, 655, _TOLD, what="cash on delivery"),
    Act(_WOO, "order.created", "bank_transfer_on_hold", 2, 640, _UNPAID, what="bank transfer, not paid yet"),
    Act(_WOO, "order.created", "german_with_consent", 3, 560, _TOLD, what="Germany, consent granted"),
    Act(_WOO, "order.created", "cash_on_delivery", 4, 480, _BLOCKED, what="cash on delivery, ad blocker"),
    Act(
        _SHOP, "orders/paid", "presentment_currency", 5, 450, _BLOCKED, what="paid in the buyer's currency, ad blocker"
    ),
    Act(_SHOP, "orders/paid", "after_bank_transfer", 1, 840, what="the bank transfer arrived"),
    Act(_WOO, "order.updated", "checkout_draft", 5, 400, what="somebody opened the checkout"),
    # The Pixel cannot know of a test order; the server leaves it out, for the dataset has no test event code.
    Act(_SHOP, "orders/create", "test_order", 6, 380, _TOLD, what="the merchant's test order"),
    Act(_WOO, "order.created", "german_without_consent", 6, 350, what="Germany, nothing stated"),
    Act(_SHOP, "orders/create", "pos", 7, 300, what="sold over the counter"),
    Act(_WOO, "order.created", "pending_wallet", 7, 260, what="gone to the wallet's page"),
    Act(_SHOP, "orders/paid", "card", 8, 240, forged=True, what="a bad signature"),
    Act(_WOO, "order.updated", "wallet_paid", 7, 260, _TOLD, what="back from the wallet, paid"),
    Act(_WOO, "order.created", "frozen_by_our_plugin", 9, 220, _LEFT, what="card, the tab was closed early"),
    Act(
        _SHOP,
        "orders/paid",
        "gift_card_zero_decimal_jpy",
        10,
        200,
        Fate.OTHER_ID,
        what="a page that held an older template of ids",
    ),
    Act(_WOO, "order.updated", NONSENSE, 8, 120, what="a plugin broke the shop's JSON"),
    Act(_SHOP, "checkouts/create", "with_email", 9, 30, _TOLD, what="a checkout begun"),
    Act(_WOO, "order.updated", "bank_transfer_paid", 2, 640, what="the bank transfer arrived"),
    Act(_SHOP, "refunds/create", "partial", 2, 700, what="a part refunded"),
    Act(_WOO, "order.updated", "partial_refund", 1, 790, what="a part refunded"),
    Act(_SHOP, "orders/paid", "card", 2, 700, copies=2, what="the card order again, twice"),
)
