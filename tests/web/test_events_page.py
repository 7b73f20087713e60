"""Live events: what is asked for stands in the address, one order is found and its reason said, a file holds the same."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from integration.db import deliveries, events, transaction
from integration.meta.event import PURCHASE, REFUND
from integration.monitor.live_events import PAGE
from integration.web import event_filter
from tests.rig.own_page import OwnPage
from tests.rig.pages import Pages, Read

AT = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)


def fill(store: OwnPage, number: int, first: int = 1, *, state: str = "delivered", **more: Any) -> None:
    """So many orders of the store, a minute apart."""
    with transaction(store.pages.engine) as connection:
        of_delivery = {"reason": more.pop("reason", None), "state": state, "store_id": store.id}
        for place in range(first, first + number):
            at = AT + timedelta(minutes=place)
            row = {"store_id": store.id, "event_name": PURCHASE, "event_id": str(place), "subject": str(place)}
            row |= {"order_id": str(place), "test": False, "ended": False, "key_mask": 0, "connector": "woocommerce 1"}
            row |= {"placed_at": at, "event_time": at, "received_at": at, "value": "12.50", "currency": "EUR"}
            row |= {"facts": f'{{"source":"website","number":"N-{place}","payment":"bacs"}}', **more}
            pk = connection.execute(sa.insert(events.events).values(row).returning(events.events.c.id)).scalar_one()
            connection.execute(sa.insert(deliveries.deliveries).values(event_pk=pk, **of_delivery))


@pytest.fixture
def store(pages: Pages) -> OwnPage:
    return OwnPage.of(pages)


def read(store: OwnPage, query: str = "") -> Read:
    answer = store.browser().get(f"/store/events{query}")
    assert answer.status == 200, answer.data
    return Read(answer.data.decode())


def orders(page: Read) -> list[str]:
    """The ids of the events' rows."""
    return [told["id"].removeprefix("row-") for told in page.all("tr") if "id" in told]


def test_an_empty_page_says_when_something_will_be_there(store: OwnPage) -> None:
    page = read(store)
    assert "No events yet. They appear here within seconds of your store’s next order." in page.text
    assert "No event is as you ask." in read(store, "?state=dead").text


def test_rows_lead_to_their_events_and_say_why(store: OwnPage) -> None:
    fill(store, 2)
    fill(store, 1, 3, state="skipped", reason="test order")
    page = read(store)
    assert "It is a test order. Those go to Meta only while the dataset has a test event code." in page.text
    assert "EUR 12.50" in page.text
    links = [link["href"] for link in page.all("a") if link["href"].startswith("/store/events/")]
    assert len(links) == 3
    assert store.browser().get(links[0]).status == 200


def test_the_address_keeps_what_was_asked_over_pages_and_file(store: OwnPage) -> None:
    fill(store, PAGE + 5, state="dead")
    fill(store, 3, 200)
    page = read(store, "?state=failed&event=Purchase&reason=&payment=bacs")
    assert len(orders(page)) == PAGE
    [older] = [link["href"] for link in page.all("a") if link.get("rel") == "next"]
    query = parse_qs(urlsplit(older).query)
    assert {name: query[name] for name in ("state", "event", "payment")} == {
        "state": ["failed"],
        "event": ["Purchase"],
        "payment": ["bacs"],
    }
    rest = read(store, f"?{urlsplit(older).query}")
    assert len(orders(rest)) == 5
    assert not set(orders(rest)) & set(orders(page))
    assert [link for link in rest.all("a") if link.get("rel") == "prev"]
    assert [told for told in page.all("option") if told["value"] == "failed" and "selected" in told]
    [file] = [link["href"] for link in page.all("a") if "download" in link]
    lines = list(csv.DictReader(io.StringIO(store.browser().get(file).data.decode("utf-8-sig"))))
    assert len(lines) == PAGE + 5
    assert (lines[0]["State"], lines[0]["Value"], lines[0]["Order number"]) == ("dead", "12.50", "N-55")


def test_days_are_the_store_s_own_and_what_is_no_day_is_said_beside_its_field(store: OwnPage) -> None:
    with transaction(store.pages.engine) as connection:
        connection.execute(sa.text("UPDATE stores SET timezone = 'Europe/Berlin' WHERE id = :it"), {"it": store.id})
    fill(store, 1)  # 23:31 UTC of the 21st: half past midnight in Berlin
    assert len(orders(read(store, "?from=2026-11-22&until=2026-11-22"))) == 1
    assert not orders(read(store, "?from=2026-11-21&until=2026-11-21"))
    assert "Write a day like 2026-11-21." in read(store, "?from=yesterday&until=9999-12-31").text


def test_a_refund_is_called_as_its_order_is_there_and_on_home(store: OwnPage) -> None:
    fill(store, 1, 12)
    fill(store, 1, 90, event_name=REFUND, subject="7", event_id="refund_7", order_id="12", facts='{"source":"website"}')
    assert read(store).text.count("N-12") == 2
    assert store.page().text.count("N-12") == 2


def test_an_order_is_found_by_number_id_or_event_id_and_its_refund_with_it(store: OwnPage) -> None:
    fill(store, 30)
    fill(store, 1, 90, event_name=REFUND, subject="7", event_id="refund_7", order_id="12")
    for sought in ("N-12", "12", "refund_7", "%23N-12"):
        assert len(orders(read(store, f"?q={sought}"))) in (1, 2), sought
    assert len(orders(read(store, "?q=N-12"))) == 2


def test_of_an_order_that_is_not_there_is_said_what_may_be_the_cause(store: OwnPage) -> None:
    page = read(store, "?q=4711")
    assert "Nothing is known of “4711”" in page.text
    assert "Your shop has told us nothing yet." in page.text
    with transaction(store.pages.engine) as connection:
        for place, reason in enumerate((None, "not yet: on-hold", "not yet: on-hold")):
            connection.execute(
                sa.text(
                    "INSERT INTO webhooks (store_id, topic, body_sha256, outcome, reason, received_at)"
                    " VALUES (:store, 'order.created', :digest, 'accepted', :reason, :at)"
                ),
                {"store": store.id, "digest": str(place) * 64, "reason": reason, "at": round(AT.timestamp() * 1000)},
            )
    text = read(store, "?q=4711").text
    assert "Of the last 3 notices of your shop 2 said “on-hold”." in text
    assert "Your shop last told us something on 21 November 2026, 23:30" in text


def test_the_page_asks_for_what_is_newer_and_new_rows_are_marked(store: OwnPage) -> None:
    fill(store, 3)
    browser = store.browser()
    page = Read(browser.get("/store/events").data.decode())
    [body] = [told for told in page.all("tbody") if "hx-get" in told]
    assert (body["hx-trigger"], body["hx-swap"]) == ("every 3s", "innerMorph")
    fill(store, 2, 10)
    part = browser.get(body["hx-get"])
    rows = Read(f"<table>{part.data.decode()}</table>")
    assert len(orders(rows)) == 5
    assert [told.get("class") for told in rows.all("tr")] == ["fresh", "fresh", None, None, None]
    assert "<html" not in part.data.decode()
    assert not [told for told in read(store, f"?before={orders(page)[0]}").all("tbody") if "hx-get" in told]


def test_another_store_s_are_never_shown(pages: Pages, store: OwnPage) -> None:
    other = OwnPage.of(pages)
    fill(other, 2)
    for query in ("", "?q=1", "?q=N-1", "?before=999999", "?after=0"):
        assert not orders(read(store, query)), query
    assert "N-1" not in store.browser().get("/store/events.csv").data.decode()
    assert not orders(Read(store.browser().get("/store/events/newer?oldest=0&newest=0").data.decode()))


def test_words_that_are_none_ask_for_nothing_and_are_text(store: OwnPage) -> None:
    fill(store, 1)
    hostile = "%3Csvg/onload=1%3E%00"
    answer = store.browser().get(f"/store/events?state=odd&told=odd&source=odd&test=odd&before=x&after=-1&q={hostile}")
    assert answer.status == 200
    assert b"<svg/onload" not in answer.data
    assert len(orders(read(store, "?state=odd&told=odd&source=odd&test=odd&before=x&after="))) == 1


@pytest.mark.parametrize(
    ("text", "template", "number", "ids"),
    [
        ("#1042", "{order_id}", "1042", ["1042"]),
        ("refund_9", "{order_id}", "refund_9", ["refund_9", "9"]),
        ("abc_5", "{store_key}_{order_id}", "abc_5", ["abc_5", "5"]),
        ("W-77", "W-{order_number}", "77", ["W-77"]),
    ],
)
def test_what_an_event_id_is_made_of_is_taken_apart(text: str, template: str, number: str, ids: list[str]) -> None:
    found, subjects = event_filter.subjects(text, template, "abc")
    assert (found, list(subjects.ids)) == (number, ids)
