"""The custom pixel in a real browser: what leaves it, when, and how often Meta counts it."""

import dataclasses

import pytest

from tests.rig.plans import PLAN
from tests.storefront.shopify.sales import CARD, TOKEN

STARTED, PAYING, BOUGHT = (
    CARD.event(name) for name in ("checkout_started", "payment_info_submitted", "checkout_completed")
)
AMERICAN = dataclasses.replace(CARD, country="US")
OPTED_OUT = {"saleOfDataAllowed": False}


def counted(meta):
    """Of each copy Meta heard, whether it was counted."""
    return [entry["counted"] for entry in meta.events(source="browser") if entry["event_name"] == "Purchase"]


def test_a_purchase_is_told_once_and_signalled(shopper):
    asked = shopper.comes(cookies={"_fbp": "fb.1.1.2", "_fbc": "fb.1.1.AbC"}).does(BOUGHT).asked(Purchase=1, signal=1)
    [told] = asked.told()
    assert (told["eid"], told["fbp"], told["fbc"]) == (CARD.id, "fb.1.1.2", "fb.1.1.AbC")
    [signal] = asked.signals()
    assert (signal["checkout_token"], signal["fbp"], signal["fbc"]) == (TOKEN, "fb.1.1.2", "fb.1.1.AbC")
    assert "dpo" not in told
    assert "elsewhere" not in asked.kinds()


def test_its_sighting_is_proven_by_the_checkout_and_gets_as_far_as_sent(shopper):
    asked = shopper.comes().does(BOUGHT).asked(Purchase=1, sighting=3)
    seen = asked.sightings()
    states = [one["state"] for one in seen]
    assert (states[0], sorted(states[1:])) == ("called", ["loaded", "sent"])  # of the last two either may come first
    assert {(one["dataset_id"], one["event_id"], one["proof"]) for one in seen} == {(PLAN.datasets[0], CARD.id, TOKEN)}


def test_where_consent_is_denied_nothing_at_all_is_asked_for(shopper):
    shopper.comes(privacy={"marketingAllowed": False}).does(STARTED, BOUGHT)
    assert shopper.asked().calls == []


def test_consent_given_late_on_the_page_tells_once_what_was_held(shopper, meta):
    shopper.comes(privacy={"marketingAllowed": False}).does(BOUGHT)
    assert shopper.asked().calls == []
    asked = shopper.chooses(marketingAllowed=True).asked(Purchase=1, signal=1)
    assert [one["eid"] for one in asked.told()] == [CARD.id]
    assert asked.signals()[0]["consent"] == {"marketing": True, "sale_of_data": True}
    shopper.chooses(marketingAllowed=True)
    assert len(shopper.asked().told()) == 1
    assert counted(meta) == [True]


def test_consent_taken_back_ends_the_telling_and_is_signalled(shopper):
    shopper.comes().does(STARTED).asked(InitiateCheckout=1, signal=1)
    shopper.chooses(marketingAllowed=False)
    asked = shopper.does(BOUGHT).asked(signal=2)
    assert asked.signals()[-1]["consent"]["marketing"] is False
    assert "fbp" not in asked.signals()[-1]
    assert asked.told("Purchase") == []


def test_where_meta_s_script_is_blocked_a_sighting_says_called_and_no_more(shopper):
    asked = shopper.comes(blocked=["connect.facebook.net"]).does(BOUGHT).asked(signal=1, sighting=1)
    assert [one["state"] for one in asked.sightings()] == ["called"]
    assert asked.told() == []


def test_where_meta_s_address_is_blocked_no_sighting_says_sent(shopper):
    asked = shopper.comes(blocked=["www.facebook.com"]).does(BOUGHT).asked(signal=1, sighting=2)
    assert [one["state"] for one in asked.sightings()] == ["called", "loaded"]


def test_where_we_cannot_be_reached_meta_is_told_all_the_same(shopper):
    host = PLAN.beacon.split("/")[2]
    asked = shopper.comes(blocked=[host]).does(BOUGHT).asked(Purchase=1)
    assert {"plan", "signal", "sighting"}.isdisjoint(asked.kinds())


def test_a_reload_of_the_thank_you_page_tells_the_same_id_which_counts_once(shopper, meta):
    shopper.comes().does(BOUGHT).asked(Purchase=1)
    asked = shopper.opens().does(BOUGHT).asked(Purchase=2)
    assert [one["eid"] for one in asked.told()] == [CARD.id, CARD.id]
    assert counted(meta) == [True, False]


def test_two_tabs_tell_the_same_id_which_counts_once(shopper, meta):
    shopper.comes().opens("second").does(BOUGHT).does(BOUGHT, tab="second")
    asked = shopper.asked(Purchase=2)
    assert [one["eid"] for one in asked.told()] == [CARD.id, CARD.id]
    assert sorted(counted(meta)) == [False, True]


def test_shop_pay_shows_no_thank_you_page_but_the_checkout_s_start_was_signalled(shopper):
    """Shop Pay's own checkout fires no checkout_completed here; the order joins by the token signalled before."""
    asked = shopper.comes(cookies={"_fbp": "fb.1.1.2"}).does(STARTED).asked(InitiateCheckout=1, signal=1)
    assert [signal["checkout_token"] for signal in asked.signals()] == [TOKEN]
    assert [one["eid"] for one in asked.told()] == [TOKEN]
    assert asked.told("Purchase") == []


@pytest.mark.parametrize(("trouble", "once"), [("load", "script"), ("call", "InitiateCheckout")])
def test_an_error_in_meta_s_script_does_not_keep_the_signal_back(shopper, trouble, once):
    """Broken while it loads, or later, when it is called for the second event."""
    shopper.comes(trouble=trouble).does(STARTED).asked(signal=1, **{once: 1})
    later = {**PAYING, "data": {"checkout": PAYING["data"]["checkout"] | {"token": "another"}}}
    asked = shopper.does(later).asked(signal=2)
    assert [one["checkout_token"] for one in asked.signals()] == [TOKEN, "another"]
    assert asked.told("AddPaymentInfo") == []


def test_a_sale_of_data_refused_in_america_is_told_under_limited_data_use(shopper):
    asked = shopper.comes(privacy=OPTED_OUT).does(AMERICAN.event()).asked(Purchase=1, signal=1)
    [told] = asked.told()
    assert (told["dpo"], told["dpoco"], told["dpost"]) == ("LDU", "0", "0")
    assert asked.signals()[0]["consent"]["sale_of_data"] is False


def test_a_sale_of_data_refused_where_consent_is_asked_for_is_not_told(shopper):
    asked = shopper.comes(privacy=OPTED_OUT).does(BOUGHT).asked(signal=1)
    assert asked.told() == []
    assert asked.signals()[0]["consent"]["sale_of_data"] is False


def test_a_pixel_that_is_to_tell_nothing_signals_and_does_nothing_else(shopper):
    asked = shopper.comes(dataclasses.replace(PLAN, tells=False)).does(STARTED, BOUGHT).asked(signal=1)
    assert asked.kinds() == {"plan", "signal"}


def test_by_the_image_request_meta_s_script_is_never_fetched(shopper):
    asked = shopper.comes(dataclasses.replace(PLAN, carrier="image")).does(BOUGHT).asked(Purchase=1, sighting=2)
    assert "script" not in asked.kinds()
    assert [one["state"] for one in asked.sightings()] == ["called", "sent"]


def test_what_meta_s_script_keeps_in_its_cookie_is_kept_in_the_shop_s(shopper):
    shopper.comes().does(STARTED).asked(InitiateCheckout=1)
    [told] = shopper.opens().does(BOUGHT).asked(Purchase=1).told("Purchase")
    assert told["fbp"] == shopper.chromium.ask("cookies")["_fbp"]


def test_a_buyer_known_only_at_the_end_is_told_with_the_purchase(shopper):
    unknown = CARD.event("checkout_started", email=None)
    asked = shopper.comes().does(unknown, BOUGHT).asked(InitiateCheckout=1, Purchase=1)
    assert "ud[external_id]" not in asked.told("InitiateCheckout")[0]
    assert "ud[external_id]" in asked.told("Purchase")[0]


def test_two_events_under_one_id_are_each_seen_to_leave_once(shopper):
    """A checkout's start and its payment both carry the checkout's token."""
    asked = shopper.comes().does(STARTED, PAYING).asked(InitiateCheckout=1, AddPaymentInfo=1, sighting=5)
    sent = [
        one["event_name"]
        for one in (*asked.sightings("InitiateCheckout"), *asked.sightings("AddPaymentInfo"))
        if one["state"] == "sent"
    ]
    assert sorted(sent) == ["AddPaymentInfo", "InitiateCheckout"]


def looking_at(sku, name="product_viewed"):
    """A page of one thing, whose address names it, too."""
    event = CARD.event(name)
    variant = event["data"]["checkout"]["lineItems"][0]["variant"] | {"sku": sku}
    event["data"] = (
        {"productVariant": variant}
        if name == "product_viewed"
        else {"cartLine": {"merchandise": variant, "quantity": 1}}
    )
    event["context"]["document"] = {
        "location": {"href": "https://shop.example/products/the-thing", "origin": "https://shop.example", "search": ""},
        "referrer": "https://shop.example/products/the-thing",
    }
    return event


@pytest.mark.parametrize("carrier", ["fbq", "image"])
def test_of_a_thing_never_named_neither_the_look_at_it_nor_the_cart_is_told(shopper, carrier):
    plan = dataclasses.replace(PLAN, never_named=("med-7", "ADULT*"), carrier=carrier)
    hidden = [looking_at("Med-7"), looking_at("adult-1", "product_added_to_cart")]
    viewed = {**looking_at("MED-71"), "id": "seen"}
    asked = shopper.comes(plan).does(*hidden, viewed, PAYING).asked(AddPaymentInfo=1, ViewContent=1)
    assert [(one["ev"], one["eid"]) for one in asked.told()] == [("ViewContent", "seen"), ("AddPaymentInfo", TOKEN)]
    assert "the-thing" not in str(asked.told())


def test_where_nothing_is_kept_quiet_the_same_looks_are_told(shopper):
    asked = shopper.comes(dataclasses.replace(PLAN, carrier="image")).does(looking_at("Med-7"), PAYING)
    [told] = asked.asked(AddPaymentInfo=1, ViewContent=1).told("ViewContent")
    assert told["dl"] == told["rl"] == "https://shop.example/products/the-thing"


@pytest.mark.parametrize("carrier", ["fbq", "image"])
def test_what_the_merchant_leaves_out_of_the_buyer_is_not_told(shopper, carrier):
    every = ("email", "phone", "name", "city", "state", "postcode", "country")
    plan = dataclasses.replace(PLAN, leave_out=every, carrier=carrier)
    [told] = shopper.comes(plan).does(BOUGHT).asked(Purchase=1).told("Purchase")
    assert [name for name in told if name.startswith("ud[")] == ["ud[external_id]"]
    [whole] = shopper.comes(dataclasses.replace(plan, leave_out=())).does(BOUGHT).asked(Purchase=1).told("Purchase")
    assert "ud[em]" in whole


@pytest.mark.parametrize(("word", "gone", "stays"), [("browser_id", "fbp", "fbc"), ("click", "fbc", "fbp")])
def test_our_image_request_carries_no_cookie_that_is_left_out(shopper, word, gone, stays):
    plan = dataclasses.replace(PLAN, leave_out=(word,), carrier="image")
    looked = looking_at("a")
    looked["context"]["document"]["location"]["href"] += "?fbclid=AbC"
    asked = shopper.comes(plan, cookies={"_fbp": "fb.1.1.2", "_fbc": "fb.1.1.AbC"}).does(looked)
    [told] = asked.asked(ViewContent=1).told()
    assert (gone in told, stays in told, "fbclid" in told["dl"]) == (False, True, word == "browser_id")
