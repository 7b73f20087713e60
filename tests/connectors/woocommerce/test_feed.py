"""Whatever changes while a store's changed orders are read, none of them is missed."""

import json
from datetime import timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.access import Told
from connectors.errors import MalformedPayload, Unreachable
from connectors.event import Kind
from connectors.woocommerce import feed
from connectors.woocommerce.mapping import parse
from tests.connectors.woocommerce.shelf import NOON, Shelf, after

ORDER = {
    "id": 7,
    "status": "processing",
    "date_created_gmt": "2026-11-24T11:58:00",
    "date_modified_gmt": "2026-11-24T12:00:03",
}
NOW_AND_THEN = pytest.mark.parametrize("counts", [True, False], ids=["counted", "uncounted"])


def told(*elements, since=NOON):
    return feed.changes(json.dumps(elements).encode(), since, None, 1).told


def ids(read):
    return [int(one.order_id) for one in read]


def test_the_first_question_is_for_all_orders_from_that_second_on_oldest_change_first():
    since = NOON.astimezone(timezone(timedelta(hours=2))) + timedelta(milliseconds=700)
    assert feed.query(since, None) == {
        "status": "any",
        "modified_after": "2026-11-24T11:59:59",
        "dates_are_gmt": "true",
        "orderby": "modified",
        "order": "asc",
        "per_page": "100",
    }


def test_an_order_is_told_to_the_byte_with_its_times():
    raw = rb'{"id":7, "status":"processing","name":"M\u00fcll \/ x","date_created_gmt":"2026-11-24T11:58:00",'
    raw += b'"date_modified_gmt":"2026-11-24T12:00:03","n":1.50}'
    [one] = feed.changes(b"\xef\xbb\xbf[ " + raw + b" ]", NOON, None, 1).told
    assert one == Told("order.updated", raw, "7", after(3), after(-120))


def test_an_order_in_the_bin_is_told_as_its_webhook_tells_it():
    [one] = told(ORDER | {"status": "trash"})
    assert (one.topic, one.body, one.order_id, one.changed_at) == ("order.deleted", b'{"id":7}', "7", after(3))
    assert parse(one.topic, one.body)[0].kind is Kind.ORDER_DELETED


def test_a_store_that_lists_live_orders_when_asked_for_its_bin_has_none_of_them_deleted():
    in_the_bin = feed.changes(b"[]", NOON, None, 1).cursor
    assert feed.query(NOON, in_the_bin)["status"] == "trash"
    [one] = feed.changes(json.dumps([ORDER]).encode(), NOON, in_the_bin, 1).told
    assert one.topic == "order.updated"


def test_a_draft_of_the_checkout_page_is_left_out():
    """Quirk: 10.0.2 lists them among the orders, with what was typed so far."""
    assert told(ORDER | {"status": "checkout-draft"}) == []


@pytest.mark.parametrize("value", [None, "", "yesterday", 5, [], "0000-00-00T00:00:00"])
def test_an_order_without_a_readable_time_is_told_as_of_the_beginning(value):
    [one] = told(ORDER | {"date_modified_gmt": value, "date_created_gmt": value})
    assert (one.changed_at, one.placed_at) == (NOON, None)


def test_what_has_an_id_and_nothing_else_to_read_is_told_so_that_it_is_seen():
    [one] = told({"id": 9, "status": []})
    with pytest.raises(MalformedPayload):
        parse(one.topic, one.body)


@pytest.mark.parametrize("element", [None, 5, "x", [], {}, {"id": None}, {"id": 0}, {"id": [7]}, {"id": True}])
def test_what_has_no_id_is_no_order_and_costs_no_other(element):
    assert ids(told(element, ORDER)) == [7]


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"{}", b'"x"', b"[", b"[1,]", b"[" * 100_000, b"\xff"),
        b'{"code":"woocommerce_rest_cannot_view","message":"Sorry.","data":{"status":401}}',
        b"<!DOCTYPE html><title>Maintenance</title>",
        b"<br />\n<b>Notice</b>: Undefined variable\n[]",
    ],
)
def test_an_answer_that_is_no_list_is_no_answer(body):
    with pytest.raises(Unreachable, match=r"^The store's answer is no list of orders\.$"):
        feed.changes(body, NOON, None)


@NOW_AND_THEN
def test_orders_then_the_bin_are_read_and_what_changed_before_is_not(counts):
    shelf = Shelf(counts=counts).put(1, at=after(-1)).put(2, 3).put(4, status="trash").put(5, at=after(9))
    read = shelf.read()
    assert set(ids(read)) == {2, 3, 4, 5}
    assert [one.order_id for one in read if one.topic == "order.deleted"] == ["4"]


def test_a_quiet_store_is_asked_twice():
    shelf = Shelf()
    assert shelf.read() == []
    assert [one["status"] for one in shelf.asked] == ["any", "trash"]


@NOW_AND_THEN
def test_many_orders_are_told_in_the_order_of_their_changing(counts):
    shelf = Shelf(counts=counts)
    for order_id in range(1, 451):
        shelf.put(order_id, at=after(order_id // 3))
    read = shelf.read()
    assert set(ids(read)) == set(range(1, 451))
    assert [one.changed_at for one in read] == sorted(one.changed_at for one in read)
    assert len(read) <= 450 + 6 * 3  # each answer tells one second again


@NOW_AND_THEN
def test_an_order_that_changes_while_it_is_read_lets_none_slip_through(counts):
    """With numbered pages, one order that moves to the end makes another one move to a page already read."""
    shelf = Shelf(counts=counts)
    for order_id in range(1, 301):
        shelf.put(order_id, at=after(order_id))
    moved = iter(range(1, 60))

    def meanwhile():
        for _ in range(5):
            shelf.change(next(moved), after(400))

    read = shelf.read(meanwhile=meanwhile)
    assert set(ids(read)) == set(range(1, 301))


@NOW_AND_THEN
@pytest.mark.parametrize("many", [99, 100, 101, 149, 150, 151, 250, 1_000])
def test_a_second_with_more_orders_than_an_answer_holds_is_read_whole_and_what_comes_after_it_too(many, counts):
    shelf = Shelf(counts=counts).put(*range(1, many + 1), at=after(1)).put(5_000, at=after(2)).put(5_001, at=after(90))
    assert set(ids(shelf.read())) == {*range(1, many + 1), 5_000, 5_001}


def test_an_answer_of_more_orders_than_were_asked_for_is_no_answer():
    """Five megabytes hold half a million of them, and other stores wait meanwhile."""
    told(*({"id": n} for n in range(1, 101)))
    with pytest.raises(Unreachable, match="more than the 100 orders"):
        told(*({"id": n} for n in range(1, 102)))


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("sizes", [(10,), (10, 100), (100, 10, 10)])
def test_a_reading_that_asks_now_for_many_and_now_for_few_tells_every_order(sizes, counts):
    shelf = Shelf(counts=counts).put(*range(1, 121)).put(*range(121, 160), at=after(5)).put(160, 161, status="trash")
    assert set(ids(shelf.read(sizes=sizes))) == set(range(1, 162))


def test_a_full_second_of_the_bin_is_read_whole():
    shelf = Shelf().put(*range(1, 251), status="trash").put(*range(300, 420))
    assert len({one.order_id for one in shelf.read() if one.topic == "order.deleted"}) == 250


def test_fifty_orders_may_leave_a_full_second_between_two_questions():
    shelf = Shelf().put(*range(1, 401))

    def meanwhile():
        for order_id in [one for one, kept in shelf.orders.items() if kept.changed == NOON][:50]:
            if order_id <= 100:
                shelf.change(order_id, after(5))

    assert set(ids(shelf.read(meanwhile=meanwhile))) == set(range(1, 401))


@NOW_AND_THEN
def test_an_answer_cut_short_by_orders_that_cannot_be_shown_is_not_the_last(counts):
    """WooCommerce leaves out of a page what it cannot read, and says nothing of it."""
    shelf = Shelf(counts=counts)
    for order_id in range(1, 301):
        shelf.put(order_id, at=after(order_id), ghost=order_id % 10 == 0)
    assert set(ids(shelf.read())) == {one for one in range(1, 301) if one % 10}


def test_a_full_answer_without_any_time_does_not_end_the_reading_in_silence():
    nameless = json.dumps([{"id": one} for one in range(1, 101)]).encode()
    with pytest.raises(Unreachable, match="does not say when"):
        feed.changes(nameless, NOON, None)


def test_a_store_that_does_not_heed_the_question_is_found_out():
    first = json.dumps([ORDER | {"id": one, "date_modified_gmt": "2020-01-01T00:00:00"} for one in range(1, 101)])
    with pytest.raises(Unreachable, match="other orders than those asked for"):
        feed.changes(first.encode(), NOON, None)


def test_a_store_that_answers_the_same_whatever_is_asked_is_not_asked_for_ever():
    same = json.dumps([ORDER | {"id": one} for one in range(1, 101)]).encode()
    cursor = None
    for _ in range(4):
        cursor = feed.changes(same, NOON, cursor).cursor
    with pytest.raises(Unreachable):
        feed.changes(same, NOON, cursor)


@pytest.mark.parametrize(
    "cursor", ["", "x", "5", "orders", "orders|", "bin|yesterday", "orders|2026-99-99T00:00:00|1|1"]
)
def test_a_cursor_that_is_none_of_ours_begins_anew(cursor):
    assert feed.query(NOON, cursor) == feed.query(NOON, None)


@settings(deadline=None, max_examples=150)
@given(
    chance=st.randoms(use_true_random=False),
    orders=st.integers(0, 320),
    seconds=st.integers(0, 4),
    counts=st.booleans(),
)
def test_whatever_changes_meanwhile_every_order_is_told_and_those_that_stay_are_told_as_they_are(
    chance, orders, seconds, counts
):
    shelf = Shelf(counts=counts)
    for order_id in range(orders):
        status = "trash" if chance.random() < 0.2 else "processing"
        shelf.put(order_id + 1, at=after(chance.randint(-1, seconds)), status=status, ghost=order_id % 10 == 3)
    began, clock = dict(shelf.orders), iter(range(100, 10_000))

    def meanwhile():
        now = after(next(clock))
        for order_id in chance.sample(sorted(shelf.orders), min(orders, chance.randint(0, 20))):
            shelf.change(order_id, now)

    read = shelf.read(meanwhile=meanwhile)
    asked_for = {one for one, kept in began.items() if kept.changed >= NOON and not kept.ghost}
    assert asked_for <= set(ids(read))
    for one in read:
        binned = shelf.orders[int(one.order_id)].status == "trash"
        assert (one.topic == "order.deleted") == binned
