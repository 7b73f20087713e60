"""What our code in a storefront is told of the store, and when its Pixel must tell Meta nothing."""

import dataclasses
from datetime import UTC, datetime

import pytest

from integration.db.stores import Store
from integration.store_settings import StoreSettings
from integration.stores import wiring

NOW = datetime(2026, 11, 30, tzinfo=UTC)
KEY = "0123456789abcdef" * 2
STORE = Store(
    id="s1",
    platform="shopify",
    domain="one.myshopify.com",
    state="live",
    settings=StoreSettings(),
    public_key=KEY,
    webhook_key="w1",
    sealed_secret=None,
    since=NOW,
    created_at=NOW,
    uninstalled_at=None,
)


def planned(store=STORE, **settings):
    changed = dataclasses.replace(store, settings=StoreSettings().changed(settings))
    return wiring.plan(changed, ["123", "456"], public_url="https://tandem.example")


def test_a_plan_says_whom_to_tell_of_what_and_where_we_are():
    plan = planned(event_id_template="{store_key}-{order_id}", value_basis="subtotal", pixel_carrier="image")
    assert (plan.beacon, plan.datasets) == (f"https://tandem.example/s/{KEY}", ("123", "456"))
    assert (plan.event_id_template, plan.store_key) == ("{store_key}-{order_id}", "01234567")
    assert (plan.value_basis, plan.carrier, plan.purchase_when, plan.cod_when) == (
        "subtotal",
        "image",
        "paid",
        "placed",
    )


def test_it_lists_the_events_that_are_the_pixels():
    events = planned(routing="Purchase=server,PageView=off").events
    assert set(events) == {"ViewContent", "Search", "AddToCart", "AddPaymentInfo", "InitiateCheckout", "Lead"}


@pytest.mark.parametrize(
    ("store", "settings", "tells"),
    [
        (STORE, {}, True),
        (dataclasses.replace(STORE, state="observing"), {}, False),
        (dataclasses.replace(STORE, uninstalled_at=NOW), {}, False),
        (STORE, {"pixel": "other"}, False),
        (STORE, {"pixel": "none"}, False),
    ],
)
def test_the_pixel_tells_only_where_the_store_is_live_and_the_pixel_ours(store, settings, tells):
    """While a store is observing, another sender still tells its orders: two would count each twice."""
    assert planned(store, **settings).tells is tells


@pytest.mark.parametrize(("platform", "shown"), [("shopify", 2), ("woocommerce", 0)])
def test_what_is_never_named_is_for_the_stores_own_server_and_not_for_everyone(platform, shown):
    """Shopify's Pixel decides in the browser, and is given what it cannot do without."""
    chosen = StoreSettings().changed({"never_named": "Secret-1,MED-*", "leave_out": "name,email"})
    store = dataclasses.replace(STORE, platform=platform, settings=chosen)
    own = wiring.plan(store, [], public_url="https://tandem.example")
    public = wiring.public_plan(store, [], public_url="https://tandem.example")
    assert (own.never_named, own.leave_out) == (("Secret-1", "MED-*"), ("email", "name"))
    assert len(public.never_named) == shown
    assert "secret-1" not in str(public).lower()
    assert dataclasses.replace(public, never_named=()) == dataclasses.replace(own, never_named=())
