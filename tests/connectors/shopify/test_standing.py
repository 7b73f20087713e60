import pytest

from connectors.event import Source, Standing


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("authorized", Standing.PAID),
        ("partially_paid", Standing.PAID),
        ("paid", Standing.PAID),
        ("partially_refunded", Standing.PAID),
        ("PAID", Standing.PAID),
        ("pending", Standing.PLACED),
        ("refunded", Standing.CANCELLED),
        ("voided", Standing.CANCELLED),
        ("expired", Standing.UNPLACED),
        ("unheard_of", Standing.UNPLACED),
        (None, Standing.UNPLACED),
        (..., Standing.UNPLACED),
        (7, Standing.UNPLACED),
    ],
)
def test_each_financial_status_has_its_standing(order, status, standing):
    assert order(financial_status=status).order.standing is standing


def test_the_status_is_shopifys_word_or_unknown(order):
    assert order(financial_status="partially_paid").order.status == "partially_paid"
    assert order(financial_status=None).order.status == "unknown"


@pytest.mark.parametrize("status", ["paid", "pending", "authorized", None])
def test_a_cancelled_order_is_cancelled_whatever_its_money_says(order, status):
    assert order(financial_status=status, cancelled_at="2026-10-05T10:12:31+02:00").order.standing is Standing.CANCELLED


def test_an_unconfirmed_order_is_not_placed_unless_it_is_cancelled(order):
    assert order(confirmed=False).order.standing is Standing.UNPLACED
    assert order(confirmed=False, financial_status="voided").order.standing is Standing.CANCELLED
    assert order(confirmed=False, cancelled_at="2026-10-05T10:12:31+02:00").order.standing is Standing.CANCELLED


@pytest.mark.parametrize("confirmed", [..., None, True])
def test_only_a_stated_false_makes_an_order_unconfirmed(order, confirmed):
    assert order(confirmed=confirmed).order.standing is Standing.PAID


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("web", Source.WEBSITE),
        ("pos", Source.POS),
        ("POS", Source.POS),
        ("shopify_draft_order", Source.DRAFT),
        ("subscription_contract", Source.SUBSCRIPTION),
        ("subscription_contract_checkout_one", Source.SUBSCRIPTION),
        ("755357713", Source.OTHER),
        ("iphone", Source.OTHER),
        (None, Source.OTHER),
        (..., Source.OTHER),
        (755357713, Source.OTHER),
    ],
)
def test_each_source_name_has_its_door(order, name, source):
    assert order(source_name=name, cart_token=None).order.source is source


@pytest.mark.parametrize("name", [None, "755357713", "subscription_contract_checkout_one"])
def test_a_cart_token_proves_the_website(order, name):
    """Every web checkout seen has one; all drafts and API orders seen have none. `checkout_token` proves nothing."""
    assert order(source_name=name, cart_token="c1-56f2f58cedc8783d18eb7bceec2100e7").order.source is Source.WEBSITE
    assert order(source_name=name, cart_token="").order.source is not Source.WEBSITE


@pytest.mark.parametrize("gateway", ["Cash on Delivery (COD)", "cash on delivery", "COD", "Pay by cod"])
def test_a_pending_order_by_a_gateway_of_that_name_is_cash_on_delivery(order, gateway):
    assert order(financial_status="pending", payment_gateway_names=["x", gateway]).order.cash_on_delivery
    assert not order(financial_status="paid", payment_gateway_names=[gateway]).order.cash_on_delivery


@pytest.mark.parametrize(
    "gateways", [None, [], "Cash on Delivery (COD)", {}, [None, 7], ["Bank Deposit"], ["Codex"], [""]]
)
def test_other_gateways_and_junk_are_not_cash_on_delivery(order, gateways):
    assert not order(financial_status="pending", payment_gateway_names=gateways).order.cash_on_delivery


@pytest.mark.parametrize(("told", "test"), [(True, True), (False, False), (None, False), ("true", False), (..., False)])
def test_only_a_stated_true_makes_a_test_order(order, told, test):
    assert order(test=told).order.test is test
