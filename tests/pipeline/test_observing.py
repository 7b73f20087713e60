"""An observing store is shown what would become of each order, in the words its last 30 days were counted in."""

import sqlalchemy as sa

from integration.db import reading
from integration.db.events import events
from tests.rig.shop import Bench


def observed(bench: Bench, case: str, topic: str = "orders/paid", **settings: str) -> list[tuple[str, str | None]]:
    shop = bench.shop("shopify", state="observing", **settings)
    shop.tell(topic, shop.sample(topic, case))
    bench.deliver()
    assert bench.sandbox.events() == []
    return bench.states()


def test_an_order_that_would_be_sent_says_so(bench: Bench) -> None:
    assert observed(bench, "card", consent_mode="assumed") == [("observed", "would be sent")]


def test_an_order_that_would_wait_for_consent_is_not_said_to_be_sent(bench: Bench) -> None:
    assert observed(bench, "card", consent_mode="strict") == [
        ("observed", "would wait 10 minutes for consent, and be withheld without it")
    ]


def test_a_test_order_is_not_said_to_be_sent(bench: Bench) -> None:
    found = observed(bench, "test_order", "orders/create", consent_mode="assumed")
    assert found == [("observed", "a test order: would be sent with a test event code only")]


def test_nobody_is_kept_of_what_is_only_observed_but_which_keys_there_would_be(bench: Bench) -> None:
    shop = bench.shop("shopify", state="observing", consent_mode="assumed")
    shop.tell("orders/paid", shop.sample("orders/paid", "card"))

    with reading(bench.engine) as connection:
        (row,) = connection.execute(sa.select(events)).all()
    assert (row.user_data, row.email_hmac, row.phone_hmac, row.customer_hmac) == (None, None, None, None)
    assert row.key_mask > 0
