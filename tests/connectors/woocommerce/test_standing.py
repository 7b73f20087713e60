import pytest

from connectors.event import Source, Standing
from connectors.woocommerce.standing import source, standing

CARD, CASH = False, True
UNPAID, PAID = False, True


@pytest.mark.parametrize(
    ("status", "paid", "cash", "expected"),
    [
        ("processing", PAID, CARD, Standing.PAID),
        ("completed", PAID, CARD, Standing.PAID),
        ("completed", UNPAID, CARD, Standing.PAID),
        ("on-hold", PAID, CARD, Standing.PAID),
        ("packed-by-a-plugin", PAID, CARD, Standing.PAID),
        ("pending", PAID, CARD, Standing.PAID),
        ("on-hold", UNPAID, CARD, Standing.PLACED),
        ("packed-by-a-plugin", UNPAID, CARD, Standing.UNPLACED),
        ("packed-by-a-plugin", UNPAID, CASH, Standing.UNPLACED),
        ("processing", PAID, CASH, Standing.PAID),
        ("completed", UNPAID, CASH, Standing.PAID),
        ("on-hold", UNPAID, CASH, Standing.PLACED),
        ("pending", UNPAID, CASH, Standing.PLACED),
        ("failed", UNPAID, CARD, Standing.UNPLACED),
        ("failed", PAID, CARD, Standing.UNPLACED),
        ("auto-draft", UNPAID, CARD, Standing.UNPLACED),
        ("draft", UNPAID, CARD, Standing.UNPLACED),
        ("cancelled", PAID, CARD, Standing.CANCELLED),
        ("refunded", PAID, CARD, Standing.CANCELLED),
        ("refunded", PAID, CASH, Standing.CANCELLED),
        ("trash", PAID, CARD, Standing.CANCELLED),
    ],
)
def test_status_payment_date_and_cash_on_delivery_say_how_far_an_order_has_come(status, paid, cash, expected):
    assert standing(status, paid=paid, cash_on_delivery=cash) is expected


def test_cash_on_delivery_is_processing_long_before_it_is_paid():
    """Quirk: date_paid is null until `completed`."""
    assert standing("processing", paid=UNPAID, cash_on_delivery=CASH) is Standing.PLACED


def test_processing_without_a_payment_date_is_paid_for_all_other_methods():
    """Quirk: an order whose lines have no product gets no date_paid."""
    assert standing("processing", paid=UNPAID, cash_on_delivery=CARD) is Standing.PAID


def test_a_draft_of_the_block_checkout_is_never_placed_whatever_payment_method_it_guesses():
    """Quirk: opening the checkout page sends order.updated(checkout-draft) with a payment method nobody chose."""
    assert standing("checkout-draft", paid=UNPAID, cash_on_delivery=CASH) is Standing.UNPLACED
    assert standing("checkout-draft", paid=PAID, cash_on_delivery=CARD) is Standing.UNPLACED


def test_an_order_pending_at_an_off_site_wallet_is_not_placed():
    """Quirk: order.created comes as `pending` before the buyer has paid, and often instead of it."""
    assert standing("pending", paid=UNPAID, cash_on_delivery=CARD) is Standing.UNPLACED


@pytest.mark.parametrize(
    ("created_via", "expected"),
    [
        ("checkout", Source.WEBSITE),
        ("store-api", Source.WEBSITE),
        ("admin", Source.DRAFT),
        ("subscription", Source.SUBSCRIPTION),
        ("pos-rest-api", Source.POS),
        ("rest-api", Source.OTHER),
        ("", Source.OTHER),
        (None, Source.OTHER),
        (["checkout"], Source.OTHER),
        ("a plugin", Source.OTHER),
    ],
)
def test_created_via_says_through_which_door_an_order_came(created_via, expected):
    assert source(created_via) is expected
