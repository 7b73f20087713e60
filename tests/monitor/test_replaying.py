"""A merchant's replay: at once where it is short, a part at a time where it is long, and written down either way."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.outbound import Outbound
from integration.db import changes, chores, reading, tasks, transaction
from integration.db.changes import By
from integration.db.deliveries import FAILED, deliveries
from integration.db.events import events
from integration.db.replays import Selection
from integration.errors import Conflict
from integration.meta.event import PURCHASE
from integration.monitor import replaying
from integration.pipeline import replay
from integration.pipeline.replay import Prospect
from integration.stores import upkeep
from integration.stores.platforms import Platforms
from tests.rig.shop import Bench, Shop

ME = By("the merchant, signed in", "own")


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop("shopify", pixel="none")


def fill(shop: Shop, number: int, *, state: str = "dead", **of_event: Any) -> None:
    """So many orders of an hour ago, whose deliveries are in that state."""
    at = datetime.now(UTC) - timedelta(hours=1)
    row = {"store_id": shop.id, "event_name": PURCHASE, "test": False, "ended": False, "key_mask": 1}
    row |= {"facts": "{}", "connector": "shopify 1", "user_data": "sealed", "received_at": at}
    row |= {"placed_at": at, "event_time": at, **of_event}
    with transaction(shop.bench.engine) as connection:
        known = connection.execute(sa.select(sa.func.count()).select_from(events)).scalar_one()
        dataset = connection.execute(sa.text("SELECT id FROM datasets WHERE store_id = :it"), {"it": shop.id}).scalar()
        names = [str(known + place) for place in range(number)]
        connection.execute(
            sa.insert(events), [{**row, "subject": one, "event_id": one, "order_id": one} for one in names]
        )
        found = sa.select(
            events.c.id,
            events.c.store_id,
            sa.literal(dataset, sa.BigInteger),
            sa.literal(state),
        ).where(events.c.store_id == shop.id, events.c.subject.in_(names))
        columns = ["event_pk", "store_id", "dataset_pk", "state"]
        connection.execute(sa.insert(deliveries).from_select(columns, found))


def begin(shop: Shop, selection: Selection, *, insist: bool = False) -> int | None:
    with transaction(shop.bench.engine) as connection:
        return replaying.begin(connection, shop.bench.sealer, shop.row, selection, insist=insist, by=ME)


def states(shop: Shop) -> dict[str, int]:
    with reading(shop.bench.engine) as connection:
        counted = sa.select(deliveries.c.state, sa.func.count()).where(deliveries.c.store_id == shop.id)
        return {row.state: row[1] for row in connection.execute(counted.group_by(deliveries.c.state))}


def noted(shop: Shop) -> list[changes.Change]:
    with reading(shop.bench.engine) as connection:
        return [one for one in changes.of_store(connection, shop.id, before=None, most=10) if one.what == "replay"]


def test_a_short_one_is_done_at_once_and_written_down(bench: Bench, shop: Shop) -> None:
    fill(shop, 3)
    other = bench.shop("woocommerce", pixel="none")
    fill(other, 2)
    fill(shop, 1, state="skipped")
    assert begin(shop, Selection(FAILED, shop.id)) == 3
    assert states(shop) == {"pending": 3, "skipped": 1}
    assert states(other) == {"dead": 2}
    [line] = noted(shop)
    assert (line.who, line.after["sent again"], line.after["states"]) == (ME.who, "3", "dead, ambiguous, expired")


def test_one_order_and_one_event_are_chosen_alone(shop: Shop) -> None:
    fill(shop, 4)
    with reading(shop.bench.engine) as connection:
        pk = connection.execute(sa.select(events.c.id).where(events.c.subject == "3")).scalar_one()
    assert begin(shop, Selection(FAILED, shop.id, order_id="2")) == 1
    assert begin(shop, Selection(FAILED, shop.id, event_pk=pk)) == 1
    assert begin(shop, Selection(FAILED, "another", event_pk=pk)) == 0
    assert states(shop) == {"dead": 2, "pending": 2}


def test_what_meta_may_count_twice_goes_only_where_it_is_insisted_on(shop: Shop) -> None:
    fill(shop, 2, state="delivered")
    chosen = Selection(("delivered",), shop.id)
    assert begin(shop, chosen) == 0
    assert begin(shop, chosen, insist=True) == 2
    assert noted(shop)[0].after["also what Meta may count twice"] == "yes"


def test_a_long_one_goes_on_by_itself_a_part_at_a_time(bench: Bench, shop: Shop) -> None:
    fill(shop, replaying.AT_ONCE + 1)
    chosen = Selection(FAILED, shop.id)
    assert begin(shop, chosen) is None
    with pytest.raises(Conflict):
        begin(shop, chosen)
    platforms = Platforms(bench.engine, bench.sealer, Outbound(), {})
    with reading(bench.engine) as connection:
        [chore] = [one for one in chores.of_store(connection, shop.id) if one.kind == chores.REPLAY]
    errand = upkeep.Errand(platforms, shop.row, chore, datetime.now(UTC))
    ticks = iter((0.0, 0.0, 11.0))
    assert replaying.go_on(errand, clock=lambda: next(ticks)) == timedelta(0)
    with reading(bench.engine) as connection:
        run = replaying.under_way(connection, bench.sealer, shop.id)
    assert run
    assert (run.done, run.going, run.who) == (1_000, replaying.AT_ONCE + 1, ME.who)
    assert states(shop) == {"dead": replaying.AT_ONCE - 999, "pending": 1_000}
    assert not noted(shop)
    assert replaying.go_on(errand) is None
    assert states(shop) == {"pending": replaying.AT_ONCE + 1}
    assert noted(shop)[0].after["sent again"] == str(replaying.AT_ONCE + 1)
    with reading(bench.engine) as connection:
        assert tasks.of_store(connection, shop.id, tasks.REPLAY) is None


def test_a_confirmation_is_of_these_numbers_and_this_choice(bench: Bench, shop: Shop) -> None:
    fill(shop, 2)
    chosen, fewer = Selection(FAILED, shop.id), Selection(("dead",), shop.id)
    with reading(bench.engine) as connection:
        first = replay.foresee_some(connection, chosen, replaying.MOST_JUDGED)
    assert first.by_prospect == {Prospect.GOES: 2}
    assert replaying.token(chosen, first) == replaying.token(chosen, first)
    assert replaying.token(fewer, first) != replaying.token(chosen, first)
    fill(shop, 1)
    with reading(bench.engine) as connection:
        now = replay.foresee_some(connection, chosen, replaying.MOST_JUDGED)
    assert replaying.token(chosen, now) != replaying.token(chosen, first)
