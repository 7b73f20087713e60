"""What is old goes and its younger neighbour stays, kind by kind; and looking for it costs little. On both databases."""

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from integration.db import Connection, Engine, reading, transaction
from integration.db.attempts import attempts
from integration.db.deliveries import State, deliveries
from integration.db.events import NOBODY, events
from integration.db.privacy_requests import privacy_requests
from integration.db.sightings import sightings
from integration.db.signals import signals
from integration.db.stores import stores
from integration.db.webhooks import quarantine, webhooks
from integration.pipeline.qualify import TOLD_BY_PIXEL_ALONE
from integration.privacy import purge
from integration.privacy.purge import Memory, Search
from integration.retention import Retention
from tests.rig.made_up import OF_NO_STORE, TABLES, copies, fill, number
from tests.rig.service import eventually
from tests.rig.shop import Bench

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# The rows of a kind, and the time they are as old as.
DELETED = {
    "quarantine": (quarantine, "received_at"),
    "signals": (signals, "last_at"),
    "sightings": (sightings, "first_at"),
    "receipts": (webhooks, "received_at"),
    "attempts": (attempts, "started_at"),
}
DELIVERED, DEAD, PIXEL = (State.DELIVERED, None), (State.DEAD, "refused"), (State.SKIPPED, TOLD_BY_PIXEL_ALONE)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def pair(engine: Engine) -> Engine:
    """Two stores that have a row in every table, made a moment ago, with an event each that Meta was told of."""
    with transaction(engine) as connection:
        for name in ("first", "second"):
            fill(connection, name, now())
        connection.execute(sa.update(stores).values(uninstalled_at=None))
        connection.execute(sa.update(deliveries).values(state=State.DELIVERED))
    return engine


def age(engine: Engine, table: sa.Table, pk: int | str, by: timedelta, *columns: str) -> None:
    with transaction(engine) as connection:
        aged = dict.fromkeys(columns, now() - by)
        connection.execute(sa.update(table).where(table.c.id == pk).values(aged))


def numbers(engine: Engine) -> dict[str, int]:
    with reading(engine) as connection:
        return {table.name: number(connection, table) for table in TABLES}


def known(engine: Engine) -> list[int]:
    """The events behind which somebody is known."""
    with reading(engine) as connection:
        return list(
            connection.execute(
                sa.select(events.c.id).where(events.c.user_data.is_not(None)).order_by(events.c.id)
            ).scalars()
        )


def test_rows_go_when_their_days_are_over_and_nothing_else_goes_with_them(pair: Engine) -> None:
    before = numbers(pair)
    for kind, (table, column) in DELETED.items():
        age(pair, table, 1, Retention().of(kind) + HOUR, column)
        age(pair, table, 2, Retention().of(kind) - HOUR, column)
    purge.look(pair, Retention())

    assert numbers(pair) == before | {table.name: 1 for table, _ in DELETED.values()}
    with reading(pair) as connection:
        left = {table.name: connection.execute(sa.select(table.c.id)).scalar_one() for table, _ in DELETED.values()}
    assert set(left.values()) == {2}


def test_what_the_operator_says_counts(pair: Engine) -> None:
    for table, column in DELETED.values():
        age(pair, table, 1, 2 * DAY, column)
    before = numbers(pair)
    purge.look(pair, Retention(quarantine=1, receipts=1))

    assert numbers(pair) == {**before, "webhooks": 1, "quarantine": 1}


def test_of_all_that_there_is_quarantine_goes_first(engine: Engine) -> None:
    with transaction(engine) as connection:
        fill(connection, "all", now() - 4 * DAY)
    before = numbers(engine)
    purge.look(engine, Retention())

    assert numbers(engine) == {**before, "quarantine": 0}
    assert known(engine)


def test_an_export_goes_and_that_it_was_asked_for_stays(pair: Engine) -> None:
    age(pair, privacy_requests, 1, 30 * DAY + HOUR, "asked_at", "done_at")
    age(pair, privacy_requests, 2, 30 * DAY + HOUR, "asked_at")  # done lately
    purge.look(pair, Retention())
    with reading(pair) as connection:
        columns = (privacy_requests.c.export.is_not(None), privacy_requests.c.proof)
        found = [tuple(row) for row in connection.execute(sa.select(*columns).order_by(privacy_requests.c.id))]

    assert found == [(False, "first"), (True, "second")]


# For how many days the person behind an event is known, by what became of it at each dataset.
KNOWN_FOR: dict[str, tuple[float, list[tuple[str, str | None]]]] = {
    "refused by Meta": (8, [DEAD]),
    "only observed": (8, [(State.OBSERVED, "would be sent")]),
    "cancelled": (8, [(State.SKIPPED, "cancelled")]),
    "held": (8, [(State.HELD, None)]),
    "nothing became of it": (8, []),
    "told": (30, [DELIVERED]),
    "told by the Pixel": (30, [PIXEL]),
    "told at one of two datasets": (30, [DEAD, DELIVERED]),
}


def test_a_person_is_kept_as_long_as_somebody_may_be_told_of_them(pair: Engine) -> None:
    with transaction(pair) as connection:
        for words, (days, outcomes) in KNOWN_FOR.items():
            for hours in (-1, 1):
                at = now() - days * DAY - hours * HOUR
                copies(connection, events, "subject", 1, event_id=f"{words} {hours}", received_at=at, event_time=at)
                pk = connection.execute(sa.select(sa.func.max(events.c.id))).scalar_one()
                became(connection, pk, outcomes)
    purge.look(pair, Retention())
    with reading(pair) as connection:
        found = {row.event_id: row for row in connection.execute(sa.select(events))}

    assert {words for words in found if found[words].user_data} == {
        *("first", "second"),
        *(f"{words} -1" for words in KNOWN_FOR),
    }
    for words in KNOWN_FOR:
        row = found[f"{words} 1"]._mapping
        assert {name: row[name] for name in NOBODY} == NOBODY
        assert row["facts"] == "first"


def became(connection: Connection, event_pk: int, outcomes: Sequence[tuple[str, str | None]]) -> None:
    """What became of an event, at one dataset each."""
    connection.execute(sa.delete(deliveries).where(deliveries.c.event_pk == event_pk))
    for state, reason in outcomes:
        values = {"event_pk": event_pk, "store_id": "first", "state": state, "reason": reason}
        connection.execute(sa.insert(deliveries).values(values))


def test_who_is_still_to_be_told_of_is_not_forgotten_however_short_the_days(pair: Engine) -> None:
    """Also where it happened long after we first heard of it, as with an order that was paid for late."""
    days, states = Retention(quarantine=1, untold=1, told=1), ("pending", "sending", "waiting", "held")
    with transaction(pair) as connection:
        copies(connection, events, "subject", 4, received_at=now() - 9 * DAY, event_time=now() - 2 * DAY)
        for pk, state in enumerate(states, start=3):
            became(connection, pk, [(state, None)])
    purge.look(pair, days)
    before = known(pair)
    with transaction(pair) as connection:
        became(connection, 3, [DEAD])
    purge.look(pair, days)

    assert (before, known(pair)) == ([1, 2, 3, 4, 5, 6], [1, 2, 4, 5, 6])


@pytest.mark.parametrize(("days", "told"), [(29, True), (31, False)])
def test_a_refund_is_told_of_the_same_person_within_the_days(bench: Bench, days: int, *, told: bool) -> None:
    shop = bench.shop("shopify", consent_mode="assumed")
    shop.tell("orders/paid", shop.sample("orders/paid", "card"))
    bench.deliver()
    age(bench.engine, events, 1, timedelta(days=days), "received_at", "event_time", "placed_at")
    purge.look(bench.engine, Retention())
    shop.tell("refunds/create", shop.sample("refunds/create", "partial"))
    bench.deliver()
    of_whom = [refund["user_data"].get("em") for refund in bench.sandbox.told("Refund")]

    assert of_whom == ([bench.sandbox.told("Purchase")[0]["user_data"]["em"]] if told else [])


@pytest.mark.parametrize(("days", "stays"), [(29, True), (31, False)])
def test_a_store_that_left_is_erased_whole_after_its_days(pair: Engine, days: int, *, stays: bool) -> None:
    before = numbers(pair)
    age(pair, stores, "first", timedelta(days=days), "uninstalled_at")
    purge.look(pair, Retention())

    of_one = {name: 2 if name in OF_NO_STORE else 1 for name in before}
    assert numbers(pair) == (before if stays else of_one)


def test_a_backlog_goes_in_slices_and_a_few_at_each_look(pair: Engine) -> None:
    memory = Memory()
    with transaction(pair) as connection:
        copies(connection, webhooks, "body_sha256", 5_100, received_at=now() - 31 * DAY)
        copies(connection, events, "subject", 5_100, received_at=now() - 9 * DAY, event_time=now() - 9 * DAY)
    left = []
    for _ in range(2):
        purge.look(pair, Retention(), memory)
        left.append((numbers(pair)["webhooks"], len(known(pair))))

    assert left == [(102, 102), (2, 2)]


def test_two_clocks_that_look_at_once_are_in_nobodys_way(pair: Engine) -> None:
    with transaction(pair) as connection:
        copies(connection, webhooks, "body_sha256", 3_000, received_at=now() - 31 * DAY)
        copies(connection, events, "subject", 3_000, received_at=now() - 9 * DAY, event_time=now() - 9 * DAY)
    age(pair, stores, "first", 31 * DAY, "uninstalled_at")
    with ThreadPoolExecutor(2) as clocks:
        looks = [clocks.submit(purge.look, pair, Retention()) for _ in range(2)]
        assert [look.result(30) for look in looks] == [None, None]

    assert {told for name, told in numbers(pair).items() if name not in OF_NO_STORE} == {1}


def read_by(search: Search, engine: Engine, edge: datetime, at: datetime) -> list[int]:
    """The events that one look reads."""
    search.widen(edge, at)
    return [one.id for found in search.slices(engine) for one in found]


def test_persons_who_may_stay_are_not_read_at_every_look_but_once_a_day(pair: Engine) -> None:
    """Told ones of 8 to 30 days may be millions, and those of no use are to be found among them."""
    old, edge, search = now() - 10 * DAY, now() - 8 * DAY, Search()
    with transaction(pair) as connection:
        copies(connection, events, "subject", 7_000, received_at=old)
    first = [read_by(search, pair, edge, now()) for _ in range(2)]
    age(pair, events, 1, 8 * DAY - HOUR, "received_at")
    next_ones = [read_by(search, pair, edge + 2 * HOUR, now()) for _ in range(2)]
    next_day = read_by(search, pair, edge + 2 * HOUR, now() + DAY)

    assert [len(found) for found in first] == [5_000, 2_000]
    assert sorted(first[0] + first[1]) == list(range(3, 7_003))
    assert next_ones == [[1], []]
    assert len(next_day) == 5_000


def test_who_became_old_lately_is_found_before_an_old_backlog(pair: Engine) -> None:
    old, edge, search = now() - 10 * DAY, now() - 8 * DAY, Search()
    with transaction(pair) as connection:
        copies(connection, events, "subject", 5_100, received_at=old)
    first = read_by(search, pair, edge, now())
    age(pair, events, 1, 8 * DAY - HOUR, "received_at")
    then = read_by(search, pair, edge + 2 * HOUR, now() + 2 * DAY)  # a day is over, and the backlog was not

    assert then[0] == 1
    assert set(first + then[1:]) == set(range(3, 5_103))


def test_the_clock_looks_by_the_operators_days_and_needs_no_broker_for_it(pair: Engine, tmp_path: Path) -> None:
    age(pair, quarantine, 1, 2 * DAY, "received_at")
    environ = {
        **os.environ,
        "DATABASE_URL": pair.url.render_as_string(hide_password=False),
        "TANDEM_DATA_DIR": str(tmp_path),
        "REDIS_URL": f"unix://{tmp_path}/nothing.sock",
        "RETENTION": "quarantine=1",
    }
    clock = subprocess.Popen([sys.executable, "-m", "integration.clock"], env=environ, stderr=subprocess.DEVNULL)
    try:
        assert eventually(lambda: numbers(pair)["quarantine"] == 1)
    finally:
        clock.terminate()
        clock.wait(10)
