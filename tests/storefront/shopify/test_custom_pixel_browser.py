"""The custom pixel in a real browser: what leaves it, when, and how often Meta counts it."""

from tests.storefront.shopify.sales import CARD, TOKEN


def test_a_purchase_is_told_once_and_signalled(shopper):
    asked = shopper.comes(cookies={"_fbp": "fb.1.1.2"}).does(CARD.event()).asked(tr=1, signal=1, sighting=1)
    [told] = asked.told()
    assert (told["ev"], told["eid"], told["fbp"]) == ("Purchase", CARD.id, "fb.1.1.2")
    [signal] = asked.signals()
    assert (signal["checkout_token"], signal["fbp"]) == (TOKEN, "fb.1.1.2")


def test_where_consent_is_denied_nothing_at_all_is_asked_for(shopper):
    shopper.comes(privacy={"marketingAllowed": False}).does(CARD.event("checkout_started"), CARD.event())
    assert shopper.asked().calls == []
