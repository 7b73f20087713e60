"""A checkout in WooCommerce, as our plugin tells of it, and the order that came of it."""

import json

import pytest
import sqlalchemy as sa

from integration.db import clock, transaction
from integration.db.deliveries import deliveries as table
from tests.rig.shop import Bench, Shop


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop("woocommerce", consent_mode="assumed")


def begin(shop: Shop, case: str, **changes: object) -> str:
    """What the receiver said to it."""
    body = json.loads(shop.sample("checkout.created", case))
    return shop.tell("checkout.created", json.dumps(body | changes).encode()).status


def deliver(bench: Bench) -> None:
    """As if the pause for what else is typed were over."""
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(table).where(table.c.next_at.is_not(None)).values(next_at=clock()))
    bench.deliver()


def test_a_checkout_told_as_it_fills_is_one_event_with_all_that_was_typed(shop: Shop, bench: Bench) -> None:
    billing = {"first_name": "Mira", "city": "Bremen", "country": "DE"}
    begin(shop, "guest", billing=billing)
    assert bench.rows("InitiateCheckout") == []  # nobody could be told of

    begin(shop, "guest", billing=billing | {"email": "mira@example.com"})
    begin(shop, "guest", billing=billing | {"email": "mira@example.com", "phone": "0170 5550142"})
    begin(shop, "guest", billing=billing | {"email": "mira@example.com", "phone": "0170 5550142"})
    deliver(bench)

    (told,) = bench.sandbox.told("InitiateCheckout")
    assert {"em", "ph", "fn", "ct", "fbp", "fbc", "client_ip_address", "client_user_agent"} <= told["user_data"].keys()
    assert (told["custom_data"]["value"], told["custom_data"]["currency"]) == (36, "EUR")
    assert "order_id" not in told["custom_data"]


def test_a_checkout_and_its_order_are_two_events_of_one_browser(shop: Shop, bench: Bench) -> None:
    begin(shop, "guest")
    shop.tell("order.created", shop.sample("order.created", "frozen_by_our_plugin"))
    shop.tell("order.updated", shop.sample("order.updated", "changed_from_elsewhere"))
    deliver(bench)

    (begun,), (bought,) = bench.sandbox.told("InitiateCheckout"), bench.sandbox.told("Purchase")
    browser = ("fbp", "client_ip_address", "client_user_agent")
    assert [bought["user_data"][key] for key in browser] == [begun["user_data"][key] for key in browser]
    assert bought["user_data"]["client_ip_address"] == "203.0.113.41"
    assert begun["event_id"] != bought["event_id"] == "5001"


def test_a_checkout_of_a_copy_of_the_shop_is_not_told(shop: Shop, bench: Bench) -> None:
    copied = {"self": [{"href": "https://staging.example.com/wp-json/wc/v3/"}]}
    assert begin(shop, "guest", _links=copied) == "ignored"
    assert bench.rows("InitiateCheckout") == []


def test_an_order_sent_again_as_a_checkout_is_put_aside(shop: Shop, bench: Bench) -> None:
    """The topic is not signed: one who recorded a delivery may send it under another one."""
    order = shop.sample("order.created", "card")
    assert shop.tell("checkout.created", order).status == "quarantined"
    assert bench.rows() == []
