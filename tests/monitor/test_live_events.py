"""Pages of a store's events: no row is missed or shown twice, nothing of another store, and how far was looked is said."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from integration.db import Engine, browse, finding, reading, transaction
from integration.db.deliveries import State, deliveries
from integration.db.events import events
from integration.db.finding import Near, Subjects
from integration.db.ledger_rows import Wanted
from integration.db.sightings import sightings
from integration.meta.event import PURCHASE
from integration.monitor import coverage_report, riders
from integration.monitor.coverage import Cause, Value
from integration.monitor.live_events import PAGE, Ledger, Page
from integration.pipeline import joining
from integration.pipeline.joining import By
from tests.rig.shop import DATASET, Bench, Shop

NOW = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
EVERY = timedelta(minutes=10)
ALL = Wanted()


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop("shopify")


def fill(shop: Shop, number: int, *, state: str = "delivered", first: int = 1) -> list[int]:
    """So many orders, one every ten minutes, the last of them now; the ids of their deliveries."""
    known = {
        "store_id": shop.id,
        "event_name": PURCHASE,
        "test": False,
        "ended": False,
        "key_mask": 0,
        "connector": "shopify 1",
        "currency": "EUR",
        "value": "10.00",
    }
    rows, names = [], [str(first + place) for place in range(number)]
    for place, name in enumerate(names):
        at = NOW - EVERY * (number - 1 - place)
        times = {"placed_at": at, "event_time": at, "received_at": at}
        facts = f'{{"source":"website","number":"{1000 + first + place}","payment":"50% _off_"}}'
        rows.append({**known, **times, "subject": name, "event_id": name, "order_id": name, "facts": facts})
    with transaction(shop.bench.engine) as connection:
        dataset = connection.execute(sa.text("SELECT id FROM datasets WHERE store_id = :it"), {"it": shop.id}).scalar()
        connection.execute(sa.insert(events), rows)
        mine = sa.select(events.c.id, events.c.store_id, sa.literal(dataset, sa.BigInteger), sa.literal(state))
        mine = mine.where(events.c.store_id == shop.id, events.c.subject.in_(names)).order_by(events.c.id)
        columns = ["event_pk", "store_id", "dataset_pk", "state"]
        connection.execute(sa.insert(deliveries).from_select(columns, mine))
        pks = sa.select(deliveries.c.id).where(deliveries.c.store_id == shop.id).order_by(deliveries.c.id)
        return list(connection.execute(pks).scalars())


def change(engine: Engine, pks: Sequence[int], **values: Any) -> None:
    with transaction(engine) as connection:
        connection.execute(sa.update(deliveries).where(deliveries.c.id.in_(pks)).values(values))


def page(
    shop: Shop, wanted: Wanted = ALL, told_by: Value | None = None, budget: int = browse.MOST_LOOKED_AT, **where: int
) -> Page:
    with reading(shop.bench.engine) as connection:
        return Ledger(connection, shop.row, wanted, told_by, NOW, budget).page(**where)


def ids(found: Page) -> list[int]:
    return [line.row.id for line in found.lines]


def walked(shop: Shop, wanted: Wanted) -> Iterator[int]:
    before: dict[str, int] = {}
    while True:
        found = page(shop, wanted, **before)
        yield from ids(found)
        if found.older is None:
            return
        before = {"before": found.older}


@pytest.mark.parametrize(
    ("wanted", "every"),
    [
        (Wanted(), 1),
        (Wanted(states=(State.DEAD,)), 3),
        (Wanted(states=(State.DEAD,), event_name=PURCHASE), 3),
        (Wanted(reason="odd"), 2),
        (Wanted(payment="50% _off_"), 1),
    ],
)
def test_turned_to_the_end_each_is_shown_once_the_newest_first(shop: Shop, wanted: Wanted, every: int) -> None:
    pks = fill(shop, 2 * PAGE + 20)
    change(shop.bench.engine, pks[::3], state="dead")
    change(shop.bench.engine, pks[::2], reason="odd")
    assert list(walked(shop, wanted)) == pks[::every][::-1]
    assert not list(walked(shop, Wanted(payment="50%__off_")))


def test_pages_lead_back_to_the_newest(shop: Shop) -> None:
    pks = fill(shop, 3 * PAGE)[::-1]
    assert page(shop).newer is None
    third = page(shop, before=pks[2 * PAGE - 1])
    second = page(shop, after=third.newer or 0)
    assert ids(second) == pks[PAGE : 2 * PAGE]
    assert ids(page(shop, after=second.newer or 0)) == pks[:PAGE]
    assert ids(page(shop, after=pks[10])) == pks[:PAGE]  # and not ten of them


def test_another_store_s_are_never_among_them(bench: Bench, shop: Shop) -> None:
    other = bench.shop("woocommerce")
    theirs, mine = fill(other, 3), fill(shop, 2)
    assert ids(page(shop)) == mine[::-1]
    with reading(bench.engine) as connection:
        assert not finding.exactly(connection, shop.id, "3", Subjects((PURCHASE,), ("3",)))
        assert browse.received_at(connection, shop.id, theirs[0]) is None
        assert not browse.of_events(connection, shop.id, [theirs[0]])


def test_days_are_found_and_end_to_the_millisecond(shop: Shop) -> None:
    pks = fill(shop, 60)
    since, until = NOW - 40 * EVERY, NOW - 20 * EVERY
    assert ids(page(shop, Wanted(since=since, until=until))) == pks[19:39][::-1]
    with reading(shop.bench.engine) as connection:
        edge = browse.edge(connection, shop.id, since, near_enough=4)
    assert edge.low <= pks[18] < edge.high + 1
    assert edge.high - edge.low <= 4


def test_where_nothing_fits_it_is_said_how_far_was_looked_and_it_goes_on_there(shop: Shop) -> None:
    pks = fill(shop, 400)
    change(shop.bench.engine, pks[:1], reason="odd")
    found = page(shop, Wanted(reason="odd"), budget=300)
    assert (ids(found), found.older, found.looked_back_to) == ([], pks[100], NOW - 299 * EVERY)
    further = page(shop, Wanted(reason="odd"), before=pks[100])
    assert (ids(further), further.older, further.looked_back_to) == (pks[:1], None, None)


def test_an_order_is_found_by_its_id_its_event_s_id_and_its_number(shop: Shop) -> None:
    pks = fill(shop, 100, first=501)
    with reading(shop.bench.engine) as connection:
        for order_id, subject in (("550", "none"), ("none", "550")):
            found = finding.exactly(connection, shop.id, order_id, Subjects((PURCHASE,), (subject,)))
            assert [row.id for row in found] == [pks[49]]
        for place in (0, 49, 99):
            found = finding.by_number(connection, shop.id, PURCHASE, str(1501 + place), near=Near(8, 8), budget=1).rows
            assert [row.id for row in found] == [pks[place]]


def see(shop: Shop, order_id: str, *, event_id: str | None = None, sent: bool = True) -> None:
    with transaction(shop.bench.engine) as connection:
        connection.execute(
            sa.insert(sightings).values(
                store_id=shop.id,
                dataset_id=DATASET,
                event_name=PURCHASE,
                event_id=event_id or order_id,
                proof_key=joining.key(By.ORDER, order_id),
                called_at=NOW,
                sent_at=NOW if sent else None,
                first_at=NOW,
            )
        )


def test_who_told_is_known_as_the_report_knows_it(shop: Shop) -> None:
    pks = fill(shop, 30)
    for order_id in ("3", "5", "9"):
        see(shop, order_id)
    see(shop, "6", sent=False)
    see(shop, "7", event_id="other")
    change(shop.bench.engine, pks[8:9], state="skipped")
    with reading(shop.bench.engine) as connection:
        found = browse.look(connection, shop.id, most=100).rows
        told = {int(row.event_id): riders.told(connection, shop.row, found, NOW)[row.id] for row in found}
        reported = {int(one.told.event_id): one.verdict for one in live_events_report(connection, shop)}
    assert {name: one.verdict for name, one in told.items()} == reported
    assert told[4].verdict == (Value.SERVER_ONLY, Cause.ONLY_THIS_ONE_SILENT)
    assert told[20].verdict == (Value.UNKNOWN, Cause.PIXEL_SILENT)
    assert told[7].other_ids == ["other"]
    assert [line.row.event_id for line in page(shop, told_by=Value.BOTH).lines] == ["5", "3"]
    assert [line.row.event_id for line in page(shop, told_by=Value.PIXEL_ONLY).lines] == ["9"]


def test_of_a_store_with_very_many_orders_only_the_nearest_are_asked(shop: Shop) -> None:
    fill(shop, 30)
    for order_id in ("3", "5"):
        see(shop, order_id)
    with reading(shop.bench.engine) as connection:
        [row] = finding.exactly(connection, shop.id, "4", Subjects((), ()))
        causes = [riders.told(connection, shop.row, [row], NOW, most)[row.id].verdict.cause for most in (3, 2)]
    assert causes == [Cause.ONLY_THIS_ONE_SILENT, Cause.PIXEL_SILENT]


def live_events_report(connection: Any, shop: Shop) -> list[Any]:
    return list(coverage_report.judged(connection, shop.row, since=NOW - timedelta(days=1), until=NOW + EVERY, now=NOW))


def test_a_file_has_all_of_them(shop: Shop) -> None:
    pks, found, within = fill(shop, 30), [], None
    while True:
        with reading(shop.bench.engine) as connection:
            lines, within = Ledger(connection, shop.row, Wanted(event_name=PURCHASE), None, NOW).batch(within, 7)
        found += [line.row.id for line in lines]
        if within is None:
            break
    assert found == pks[::-1]


def test_what_came_since_is_shown_above_what_was_shown(shop: Shop) -> None:
    pks = fill(shop, PAGE + 10)
    with reading(shop.bench.engine) as connection:
        lines = Ledger(connection, shop.row, ALL, None, NOW).since(pks[7])
    assert [line.row.id for line in lines] == pks[7:][::-1]
