"""A test event: through the real mapping and consent, alone, with the code, and never as anybody's purchase."""

from datetime import UTC, datetime
from typing import Any

import pytest

from integration.db import past_orders, reading
from integration.errors import NotFound
from integration.meta.event import PURCHASE
from integration.stores import test_code, test_event
from tests.rig.shop import DATASET, Bench, Shop
from tests.stores.at_meta import OWNER, TOKEN, attached, done, give, inspector, moment, tokens


def coded(bench: Bench, platform: str = "shopify", **more: str) -> Shop:
    shop = bench.shop(platform, dataset=None, **more)
    give(shop)
    done(shop, test_code.put, DATASET, "TEST42", by=OWNER, now=moment(shop))
    return shop


def try_it(shop: Shop, order: int | None = None) -> tuple[list[tuple[str, str]], Any]:
    bench, now = shop.bench, datetime.now(UTC)
    with reading(bench.engine) as connection:
        staged = test_event.ready(connection, shop.row, DATASET, order, sealer=bench.sealer, now=now)
    token = test_event.token_of(staged.dataset, shop.row, bench.sealer)
    steps, answer = test_event.send(inspector(bench.sandbox), token, staged)
    return [(step.title, step.kind) for step in steps], answer


def bought(shop: Shop, case: str = "card", **more: Any) -> int:
    topic = {"shopify": "orders/paid", "woocommerce": "order.created"}[shop.platform]
    shop.tell(topic, shop.sample(topic, case, **more))
    with reading(shop.bench.engine) as connection:
        return past_orders.last(connection, shop.id, PURCHASE, most=5)[0].id


SENT = [("Mapped", "good"), ("Sent", "good"), ("Meta’s answer", "good")]


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_a_sample_leaves_alone_with_the_code_and_is_no_purchase(bench: Bench, platform: str) -> None:
    shop = coded(bench, platform)
    steps, answer = try_it(shop)

    assert [one for one in steps if one[0] != "Consent"] == SENT
    (event,) = bench.sandbox.events()
    assert event["test"]
    assert (event["event_name"], event["payload"]["event_name"]) == ("TandemTest", "TandemTest")
    assert event["payload"]["event_id"].startswith("tandem-test-")
    assert event["payload"]["custom_data"]["value"] > 0
    assert "order_id" not in event["payload"]["custom_data"]
    assert answer.fbtrace_id
    assert bench.rows() == []


def test_a_past_order_tested_is_neither_swallowed_nor_doubled(bench: Bench) -> None:
    shop = coded(bench, consent_mode="assumed")
    order = bought(shop)
    steps, _answer = try_it(shop, order)
    assert steps == [SENT[0], ("Consent", "good"), *SENT[1:]]
    assert bench.deliver() == 1

    test, real = bench.sandbox.events()
    assert (test["event_name"], test["test"]) == ("TandemTest", True)
    assert (real["event_name"], real["test"]) == ("Purchase", False)
    assert test["payload"]["event_id"] != real["payload"]["event_id"] == "5001"
    assert "5001" not in str(test["payload"]["event_id"])
    assert test["payload"]["user_data"] == real["payload"]["user_data"]
    assert test["payload"]["custom_data"]["value"] == real["payload"]["custom_data"]["value"]
    assert bench.states() == [("delivered", None)]


def test_a_shopper_who_did_not_agree_is_told_of_in_no_test(bench: Bench) -> None:
    shop = coded(bench, consent_mode="strict")
    order = bought(shop)
    steps, answer = try_it(shop, order)
    assert (steps[-1], answer) == (("Consent", "fails"), None)
    assert [one for one in bench.sandbox.events() if one["event_name"] == "TandemTest"] == []


def test_an_observing_store_may_try_what_it_has_told_before(bench: Bench) -> None:
    """Of what is only observed nobody is kept: there is no order of it to try."""
    shop = coded(bench, consent_mode="assumed")
    order = bought(shop)
    shop.set(state="observing")
    assert try_it(shop, order)[0][-1] == SENT[-1]
    assert bought(shop, order_id="5002") == order


def test_without_a_code_or_while_it_is_paused_nothing_leaves(bench: Bench) -> None:
    shop = coded(bench, consent_mode="assumed")
    done(shop, test_code.put, DATASET, "", by=OWNER, now=moment(shop))
    assert try_it(shop) == ([("Ready to send", "fails")], None)

    done(shop, test_code.put, DATASET, "TEST42", by=OWNER, now=moment(shop))
    with tokens(bench.sandbox, {"expire": TOKEN}):
        bought(shop)
        bench.deliver()
        assert attached(shop)[0].paused
        before = len(bench.sandbox.requests())
        assert try_it(shop) == ([("Ready to send", "fails")], None)
        assert len(bench.sandbox.requests()) == before


def test_what_meta_refuses_is_said_with_its_code(bench: Bench) -> None:
    shop = coded(bench)
    bench.sandbox.fail(kind="error", code=100, subcode=2804050)
    steps, answer = try_it(shop)
    assert (steps[-1], answer.subcode) == (("Meta’s answer", "fails"), 2804050)
    assert not attached(shop)[0].paused


def test_another_store_s_order_and_dataset_are_not_found(bench: Bench) -> None:
    shop = coded(bench, consent_mode="assumed")
    other = bench.shop("shopify", "second.myshopify.com", dataset="100000000000002", consent_mode="assumed")
    theirs = bought(other)
    with pytest.raises(NotFound):
        try_it(shop, theirs)
    with pytest.raises(NotFound):
        try_it(other)
