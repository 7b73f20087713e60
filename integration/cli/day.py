"""The sample day of the demo: its stores, what happened in them, what became of the Pixel in each shopper's browser, and the
orders of its walk of consent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from integration.cli.browsers import Answer, Fate

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


class Ending(Enum):
    """What Meta has of an order, for people."""

    COUNTED = "counted"
    LIMITED = "counted under limited use"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Tell:
    """The shop tells of an order."""

    topic: str
    case: str


@dataclass(frozen=True, slots=True)
class Walk:
    """One order of the walk of consent: what its shopper's browser and its shop say, in that order, and how it must end. No
    Pixel is played in it. `order`: as in an act, and no act's.
    """

    what: str
    platform: str
    order: int
    steps: Sequence[Answer | Tell]
    must: Ending


# Neither merchant vouches: where the law wants a yes, one is needed, and the walk of consent shows what that means.
_REGIONAL = {"consent_mode": "regional"}
STORES = (
    DemoStore("shopify", "tandem-demo.myshopify.com", "100200300400501", _REGIONAL),
    DemoStore("woocommerce", "shop.tandem-demo.example", "100200300400502", _REGIONAL),
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

_YES, _NO = Answer(marketing=True, sale_of_data=True), Answer(marketing=False, sale_of_data=False)
_GPC = Answer(marketing=True, sale_of_data=False, by_gpc=True)
_GERMAN, _WOO_GERMAN = Tell("orders/paid", "card"), Tell("order.created", "german_without_consent")
_OWED, _PAID = Tell("orders/create", "pending_bank_transfer"), Tell("orders/paid", "after_bank_transfer")
WALKS = (
    Walk("refused", _SHOP, 21, (_NO, _GERMAN), Ending.NOTHING),
    Walk("refused", _WOO, 21, (_NO, _WOO_GERMAN), Ending.NOTHING),
    Walk("granted late", _SHOP, 22, (_GERMAN, _YES), Ending.COUNTED),
    Walk("granted late", _WOO, 22, (_WOO_GERMAN, _YES), Ending.COUNTED),
    # Shopify's orders say nothing by themselves: the yes is taken back before the money arrives.
    Walk("withdrawn", _SHOP, 23, (_YES, _OWED, _NO, _PAID), Ending.NOTHING),
    # The yes is frozen into the order; the no comes while it waits half a minute for the browser.
    Walk("withdrawn", _WOO, 23, (Tell("order.created", "german_with_consent"), _NO), Ending.NOTHING),
    Walk("sale of data refused", _SHOP, 24, (_GPC, Tell("orders/paid", "shop_pay")), Ending.LIMITED),
    Walk("sale of data refused", _WOO, 24, (Tell("order.created", "california_opt_out"),), Ending.LIMITED),
)
