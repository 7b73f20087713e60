"""Arrival in any order: every permutation of one order's life ends in one and the same set of events.

Each permutation is told of an order of its own, in one store, and all orders are told in step: first the first webhook
of each, then the second. So one delivery between two steps is a delivery between two webhooks of every order.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
import sqlalchemy as sa

from connectors import registry
from connectors.contract import WebhookRequest
from integration.db import reading
from integration.db.events import events
from integration.db.stores import Store
from tests.rig.life import EDITED_TOTAL, FIRST_TOTAL, LIVES, REFUNDED, Life, Station, Teller
from tests.rig.shop import Bench, Shop

FIRST_ID = 730_000_001
LIFE = ("created", "paid", "updated", "refunded")
# The stations at which the order counts; Shopify's refunds are bodies of their own and say nothing of the order.
COUNTING = {"shopify": {"paid", "updated"}, "woocommerce": {"paid", "updated", "refunded", "restored", "reopened"}}
both_platforms = pytest.mark.parametrize("platform", sorted(LIVES))

Arrivals = tuple[str, ...]


@dataclass
class Order:
    """One order, and its stations as they arrive."""

    id: str
    life: Life
    arrivals: Arrivals


def orders_of(shop: Shop, arrivals: Iterable[Arrivals], **more: Any) -> list[Order]:
    """One order for each way in which webhooks can arrive, all placed two hours ago."""
    placed_at = (datetime.now(UTC) - timedelta(hours=2)).replace(microsecond=0)
    life = LIVES[shop.platform](Teller(str(FIRST_ID), placed_at, shop.row.domain), **more)
    return [
        Order(str(order_id), {name: one.of(str(FIRST_ID), str(order_id)) for name, one in life.items()}, arrivals_of_it)
        for order_id, arrivals_of_it in enumerate(sorted(set(arrivals)), FIRST_ID)
    ]


def with_one_told_twice() -> list[Arrivals]:
    """The 120 ways in which four stations and a copy of one that makes an event can arrive: 60 for each of the two."""
    return [order for again in ("paid", "refunded") for order in permutations((*LIFE, again))]


def tell(shop: Shop, orders: Sequence[Order], *, between: Callable[[], Any] = lambda: None) -> dict[str, list[str]]:
    """All webhooks of all orders, in step; the answers of each order."""
    answers: dict[str, list[str]] = {order.id: [] for order in orders}
    row = shop.row  # looked up once: there are thousands of webhooks
    for step in range(len(orders[0].arrivals)):
        for order in orders:
            request = signed(shop, row, order.life[order.arrivals[step]])
            answers[order.id].append(str(shop.bench.receive(shop.platform, request).status))
        between()
    return answers


def signed(shop: Shop, row: Store, station: Station) -> WebhookRequest:
    connector = registry.get(shop.platform)
    told = connector.sign(station.topic, station.body, shop.secret, row.domain)
    key = row.webhook_key if "<" in connector.webhook_path("<key>") else None
    return WebhookRequest(station.body, {name.lower(): text for name, text in told.items()}, key)


def found_of(orders: Sequence[Order], found: Iterable[Any]) -> dict[Arrivals, list[str]]:
    """What was found of each order, as sorted texts in which the order is called ORDER."""
    texts: dict[str, list[str]] = {order.id: [] for order in orders}
    for one in found:
        order_id = one.get("order_id") or one["custom_data"]["order_id"]
        texts[order_id].append(json.dumps(one, sort_keys=True, default=str).replace(order_id, "ORDER"))
    return {order.arrivals: sorted(texts[order.id]) for order in orders}


def the_same_for_all(found: dict[Arrivals, list[str]]) -> list[dict[str, Any]]:
    """What was found of every order; where orders differ, the failure shows how they arrived."""
    groups: dict[tuple[str, ...], list[Arrivals]] = {}
    for arrivals, texts in found.items():
        groups.setdefault(tuple(texts), []).append(arrivals)
    assert len(groups) == 1, {texts: arrivals[:3] for texts, arrivals in groups.items()}
    return [json.loads(text) for text in next(iter(groups))]


def ledger(bench: Bench, *columns: str) -> list[dict[str, Any]]:
    return [{name: row[name] for name in ("order_id", *columns)} for row in bench.rows()]


def posted(bench: Bench) -> list[dict[str, Any]]:
    """Every payload that reached Meta's door, copies included."""
    return bench.sandbox.told("Purchase") + bench.sandbox.told("Refund")


def ids_posted(orders: Sequence[Order], bench: Bench) -> dict[Arrivals, list[str]]:
    by_id: dict[str, list[str]] = {order.id: [] for order in orders}
    for payload in posted(bench):
        by_id[payload["custom_data"]["order_id"]].append(payload["event_id"])
    return {order.arrivals: sorted(by_id[order.id]) for order in orders}


def both_ids(order: Order) -> list[str]:
    return [order.id, f"refund_{order.id}7"]


def outcomes(bench: Bench) -> dict[str, tuple[tuple[str, str | None], ...]]:
    """State and reason of each order's Purchase and Refund."""
    found: dict[str, dict[str, tuple[str, str | None]]] = {}
    for row in bench.rows():
        found.setdefault(row["order_id"], {})[row["event_name"]] = (row["status"], row["reason"])
    return {order_id: (told["Purchase"], told["Refund"]) for order_id, told in found.items()}


TOLD = (("delivered", None), ("delivered", None))
TAKEN_BACK = (("skipped", "cancelled"), ("skipped", "purchase not told"))
DELETED = (("skipped", "deleted"), ("skipped", "purchase not told"))


@both_platforms
def test_all_arrivals_end_in_the_same_events_and_tell_meta_the_same(bench: Bench, platform: str) -> None:
    """To the last key that Meta is told: hashes, contents and times, too. The value is that of the first payload that
    counted, by the platform's own time.
    """
    shop = bench.shop(platform, consent_mode="assumed")
    orders = orders_of(shop, with_one_told_twice())
    assert len(orders) == 120
    answers = tell(shop, orders)
    bench.deliver()

    assert {tuple(sorted(one)) for one in answers.values()} == {("accepted",) * 4 + ("duplicate",)}
    columns = ("event_name", "event_id", "status", "reason", "value", "later_value", "attempts")
    rows = the_same_for_all(found_of(orders, ledger(bench, *columns)))
    assert sorted(tuple(row[name] for name in columns) for row in rows) == [
        ("Purchase", "ORDER", "delivered", None, FIRST_TOTAL, EDITED_TOTAL, 1),
        ("Refund", "refund_ORDER7", "delivered", None, "26.55", None, 1),
    ]
    purchase, refund = sorted(the_same_for_all(found_of(orders, posted(bench))), key=lambda one: one["event_name"])
    assert (purchase["event_id"], purchase["custom_data"]["value"]) == ("ORDER", float(FIRST_TOTAL))
    assert (refund["event_id"], refund["custom_data"]["value"]) == ("refund_ORDER7", 26.55)
    assert refund["event_time"] - purchase["event_time"] == REFUNDED.total_seconds()
    assert {"em", "fn", "ln", "zp", "client_ip_address"} <= purchase["user_data"].keys()
    assert purchase["custom_data"]["num_items"] == 3


@both_platforms
def test_with_a_delivery_between_any_two_each_event_is_posted_once(bench: Bench, platform: str) -> None:
    """What was told stands: the value is that of the first payload that counted when it was told, and what the store
    says since is noted beside it.
    """
    shop = bench.shop(platform, consent_mode="assumed")
    orders = orders_of(shop, with_one_told_twice())
    tell(shop, orders, between=bench.deliver)

    assert outcomes(bench) == {order.id: TOLD for order in orders}
    assert ids_posted(orders, bench) == {order.arrivals: both_ids(order) for order in orders}
    values = {row["order_id"]: (row["value"], row["later_value"]) for row in bench.rows("Purchase")}
    for order in orders:
        first = next(station for station in order.arrivals if station in COUNTING[platform])
        expected = (FIRST_TOTAL, EDITED_TOTAL) if first == "paid" else (EDITED_TOTAL, None)
        assert values[order.id] == expected, order.arrivals


@both_platforms
def test_an_order_cancelled_before_it_left_is_never_told(bench: Bench, platform: str) -> None:
    """Whichever came first: a payload older than the end makes no Purchase, and nobody is kept."""
    shop = bench.shop(platform, consent_mode="assumed")
    orders = orders_of(shop, permutations((*LIFE, "cancelled")))
    assert len(orders) == 120
    tell(shop, orders)
    bench.deliver()

    assert outcomes(bench) == {order.id: TAKEN_BACK for order in orders}
    assert posted(bench) == []
    with reading(bench.engine) as connection:
        assert set(connection.execute(sa.select(events.c.user_data)).scalars()) == {None}


@both_platforms
def test_an_order_wholly_refunded_between_deliveries_stands_where_it_was_told(bench: Bench, platform: str) -> None:
    shop = bench.shop(platform, consent_mode="assumed")
    orders = orders_of(shop, permutations((*LIFE, "wholly refunded")))
    tell(shop, orders, between=bench.deliver)

    told = {order.id: COUNTING[platform].intersection(before(order, "wholly refunded")) for order in orders}
    assert outcomes(bench) == {order_id: TOLD if counted else TAKEN_BACK for order_id, counted in told.items()}
    expected = {order.arrivals: both_ids(order) if told[order.id] else [] for order in orders}
    assert ids_posted(orders, bench) == expected


def before(order: Order, station: str) -> Arrivals:
    return order.arrivals[: order.arrivals.index(station)]


@both_platforms
def test_in_one_and_the_same_second_a_cancellation_wins(bench: Bench, platform: str) -> None:
    shop = bench.shop(platform, consent_mode="assumed")
    stations = ("created", "paid", "paid", "cancelled as it was paid")
    orders = orders_of(shop, permutations(stations))
    tell(shop, orders)
    bench.deliver()

    assert Counter(bench.states()) == {("skipped", "cancelled"): len(orders)}
    assert posted(bench) == []


def test_an_order_that_came_back_is_told_whatever_arrived_first(bench: Bench) -> None:
    """WooCommerce lets a cancelled order go on; the newest payload counts, by the platform's own time."""
    shop = bench.shop("woocommerce", consent_mode="assumed")
    stations = ("created", "paid", "refunded", "cancelled", "reopened")
    orders = orders_of(shop, permutations(stations), edited=FIRST_TOTAL)
    tell(shop, orders)
    bench.deliver()

    columns = ("event_name", "event_id", "status", "reason", "value", "later_value")
    rows = the_same_for_all(found_of(orders, ledger(bench, *columns)))
    assert sorted(tuple(row[name] for name in columns) for row in rows) == [
        ("Purchase", "ORDER", "delivered", None, FIRST_TOTAL, None),
        ("Refund", "refund_ORDER7", "delivered", None, "26.55", None),
    ]


def test_a_refund_that_several_payloads_list_is_of_the_time_of_the_first(bench: Bench) -> None:
    """WooCommerce's list of refunds tells no times: the payload's own stands in, and the earliest is nearest."""
    shop = bench.shop("woocommerce", consent_mode="assumed")
    orders = orders_of(shop, permutations(("created", "paid", "refunded", "reopened")))
    tell(shop, orders)
    bench.deliver()

    purchase, refund = sorted(the_same_for_all(found_of(orders, posted(bench))), key=lambda one: one["event_name"])
    assert refund["event_time"] - purchase["event_time"] == REFUNDED.total_seconds()


DELETIONS = ("created", "paid", "updated", "deleted", "restored")


def test_a_deletion_holds_until_the_order_is_restored(bench: Bench) -> None:
    """A deletion tells no time of its own: it is as new as its arrival, and only order.restored is newer."""
    shop = bench.shop("woocommerce", consent_mode="assumed")
    orders = orders_of(shop, permutations(DELETIONS))
    assert len(orders) == 120
    tell(shop, orders)
    bench.deliver()

    expected = {order.id: TOLD if "deleted" in before(order, "restored") else DELETED for order in orders}
    assert outcomes(bench) == expected
    assert sorted(ids_posted(orders, bench).values()) == sorted(
        both_ids(order) if expected[order.id] is TOLD else [] for order in orders
    )


def test_with_a_delivery_between_a_deletion_and_its_restoration_each_event_is_posted_once(bench: Bench) -> None:
    """`restored` comes either before the deletion, and is told, or after it, and brings the order back."""
    shop = bench.shop("woocommerce", consent_mode="assumed")
    orders = orders_of(shop, permutations(DELETIONS))
    tell(shop, orders, between=bench.deliver)

    assert outcomes(bench) == {order.id: TOLD for order in orders}
    assert ids_posted(orders, bench) == {order.arrivals: both_ids(order) for order in orders}
