"""Replay: what it comes to is shown before anything is done, and only what was shown is confirmed."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import urllib3

from connectors.outbound import Outbound
from integration.db import chores, deliveries, events, reading, transaction
from integration.meta.event import PURCHASE
from integration.monitor import replaying
from integration.stores import upkeep
from integration.stores.platforms import Platforms
from tests.rig.own_page import OwnPage
from tests.rig.pages import Pages, Read

HOUR = timedelta(hours=1)


@pytest.fixture
def store(pages: Pages) -> OwnPage:
    return OwnPage.of(pages)


def fill(store: OwnPage, number: int, *, state: str = "dead", age: timedelta = HOUR, **more: Any) -> None:
    """So many orders, with somebody known behind each."""
    at = datetime.now(UTC) - age
    row = {"store_id": store.id, "event_name": PURCHASE, "test": False, "ended": False, "key_mask": 1}
    row |= {"facts": '{"source":"website"}', "connector": "woocommerce 1", "user_data": "sealed"}
    row |= {"placed_at": at, "event_time": at, "received_at": at, **more}
    with transaction(store.pages.engine) as connection:
        counted = sa.select(sa.func.count()).select_from(events.events).where(events.events.c.store_id == store.id)
        first = connection.execute(counted).scalar_one() + 1
        names = [str(first + place) for place in range(number)]
        rows = [{**row, "subject": one, "event_id": one, "order_id": one} for one in names]
        connection.execute(sa.insert(events.events), rows)
        mine = sa.select(events.events.c.id, events.events.c.store_id, sa.literal(state))
        mine = mine.where(events.events.c.store_id == store.id, events.events.c.subject.in_(names))
        connection.execute(sa.insert(deliveries.deliveries).from_select(["event_pk", "store_id", "state"], mine))


def states(store: OwnPage) -> dict[str, int]:
    with reading(store.pages.engine) as connection:
        table = deliveries.deliveries
        counted = sa.select(table.c.state, sa.func.count()).where(table.c.store_id == store.id).group_by(table.c.state)
        return {row.state: row[1] for row in connection.execute(counted)}


def read(store: OwnPage, query: str = "") -> str:
    answer = store.browser().get(f"/store/replay{query}")
    assert answer.status == 200, answer.data
    return answer.data.decode()


def form(markup: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', markup))


def confirm(store: OwnPage, told: dict[str, str]) -> urllib3.BaseHTTPResponse:
    body = "&".join(f"{name}={value}" for name, value in told.items())
    kind = "application/x-www-form-urlencoded"
    return store.browser().ask("POST", "/store/replay", body, Origin=store.pages.url, Content_Type=kind)


def test_nothing_is_chosen_and_nothing_is_done_by_looking(store: OwnPage) -> None:
    fill(store, 2)
    assert "What it would come to" not in read(store)
    markup = read(store, "?state=failed")
    assert "Sent again 2" in Read(markup).text
    assert "Send 2 again" in markup
    assert states(store) == {"dead": 2}


def test_what_was_shown_is_confirmed_and_the_result_stands_on_the_page(store: OwnPage) -> None:
    fill(store, 2)
    fill(store, 1, age=timedelta(days=8))
    markup = read(store, "?state=dead")
    assert "Refused: older than the 7 days Meta takes 1" in Read(markup).text
    answer = confirm(store, form(markup))
    assert (answer.status, answer.headers["Location"]) == (303, "/store/replay?done=2")
    assert states(store) == {"dead": 1, "pending": 2}
    text = Read(read(store, "?done=2")).text
    assert "2 on the road again." in text
    assert "the merchant, signed in dead 2" in text


def test_where_the_numbers_changed_nothing_is_done(store: OwnPage) -> None:
    fill(store, 2)
    told = form(read(store, "?state=failed"))
    fill(store, 1)
    answer = confirm(store, told)
    assert answer.status == 409
    text = Read(answer.data.decode()).text
    assert "The numbers changed since you looked. Nothing was done" in text
    assert "Sent again 3" in text
    assert states(store) == {"dead": 3}
    assert confirm(store, form(answer.data.decode())).status == 303
    assert confirm(store, {**told, "token": ""}).status == 409


def test_what_may_count_twice_goes_only_where_it_is_ticked(store: OwnPage) -> None:
    fill(store, 2, state="delivered")
    markup = read(store, "?state=delivered")
    assert "Also send the 2 that Meta may count twice" in markup
    assert confirm(store, form(markup)).headers["Location"] == "/store/replay?done=0"
    assert confirm(store, {**form(markup), "insist": "yes"}).headers["Location"] == "/store/replay?done=2"


def test_one_order_and_some_days_can_be_chosen(store: OwnPage) -> None:
    fill(store, 3)
    fill(store, 1, age=timedelta(days=2))
    assert "Sent again 1" in Read(read(store, "?state=failed&order=2")).text
    today = datetime.now(UTC).date()
    found = Read(read(store, f"?state=failed&from={today - timedelta(days=3)}&until={today - timedelta(days=2)}"))
    assert "Sent again 1" in found.text or "Meta may have counted it and would count it again 1" in found.text
    text = Read(read(store, "?state=failed&order=4711&from=soon")).text
    assert "Nothing is known of that order." in text
    assert "Write a day like 2026-11-21." in text
    assert "What it would come to" not in text


def test_a_long_one_says_how_far_it_is_and_can_be_left(store: OwnPage) -> None:
    fill(store, replaying.AT_ONCE + 1)
    answer = confirm(store, form(read(store, "?state=failed")))
    assert answer.headers["Location"] == "/store/replay"
    markup = read(store)
    assert "0 of 2,001 on the road again" in markup
    assert "What to send again" not in markup
    assert 'hx-get="/store/replay/progress"' in markup
    with reading(store.pages.engine) as connection:
        [chore] = [one for one in chores.of_store(connection, store.id) if one.kind == chores.REPLAY]
    platforms = Platforms(store.pages.engine, store.pages.office.sealer, Outbound(), {})
    assert replaying.go_on(upkeep.Errand(platforms, store.row, chore, datetime.now(UTC))) is None
    part = store.browser().get("/store/replay/progress")
    assert "The replay is done: 2001 on the road again." in Read(part.data.decode()).text
    assert states(store) == {"pending": replaying.AT_ONCE + 1}
    assert "What to send again" in read(store)


def test_another_store_s_are_neither_counted_nor_sent(pages: Pages, store: OwnPage) -> None:
    other = OwnPage.of(pages)
    fill(other, 2)
    markup = read(store, "?state=failed")
    assert "Nothing is as you ask, so nothing would be sent." in Read(markup).text
    told = form(read(other, "?state=failed"))
    assert confirm(store, told).status == 409
    assert states(other) == {"dead": 2}


@pytest.mark.parametrize("order", ["%00", "a%00b", "%ED%A0%80", "%25", "x" * 400])
def test_an_odd_word_for_an_order_is_one_that_is_not_known(store: OwnPage, order: str) -> None:
    assert "Send" in read(store, f"?state=failed&order={order}")
    assert confirm(store, {"state": "failed", "order": order, "token": "x"}).status in (400, 409)
