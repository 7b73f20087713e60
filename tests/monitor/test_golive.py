"""Going live: only where one sender of the dataset remains and somebody looked, or with a reason that is kept."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import sqlalchemy as sa

from integration.db import chores, golives, reading, scans, transaction
from integration.db.stores import stores
from integration.errors import Conflict
from integration.monitor import golive, watch
from integration.monitor.senders import Finding, Findings, Kind
from tests.rig.shop import DATASET, Bench, Shop

RIVAL = Finding(Kind.CHANNEL, "Their channel", (DATASET,))


@pytest.fixture
def shop(bench: Bench) -> Shop:
    """A store that was connected through the pages and observes."""
    made = bench.shop(state="observing")
    with transaction(bench.engine) as connection:
        connected = sa.update(stores).where(stores.c.id == made.id).values(connected_at=datetime.now(UTC))
        connection.execute(connected)
    return made


def look(shop: Shop, *found: Finding) -> None:
    with transaction(shop.bench.engine) as connection:
        kept = msgspec.json.encode(Findings(found, 3)).decode()
        scans.keep(connection, shop.id, findings=kept, hosts=())
        watch.weigh(connection, shop.row, datetime.now(UTC))


def go(shop: Shop, reason: str | None = None, now: datetime | None = None) -> None:
    with transaction(shop.bench.engine) as connection:
        golive.go_live(connection, shop.row, reason=reason, now=now or datetime.now(UTC))


def test_a_store_goes_live_where_nobody_else_tells_its_dataset(shop: Shop) -> None:
    look(shop, Finding(Kind.PIXEL, "Another's", ("999999999",)))
    go(shop)
    assert shop.row.live


def test_another_sender_of_the_dataset_blocks_it_with_the_mend(shop: Shop) -> None:
    look(shop, RIVAL)
    with pytest.raises(Conflict, match="Their channel tells dataset"):
        go(shop)
    assert not shop.row.live


def test_with_a_reason_it_goes_live_and_the_reason_is_kept(shop: Shop) -> None:
    look(shop, RIVAL)
    with pytest.raises(Conflict):
        go(shop, "because")
    go(shop, "The channel is switched off tonight.")
    with reading(shop.bench.engine) as connection:
        kept = golives.last(connection, shop.id)
    assert kept is not None
    assert kept[1] == "The channel is switched off tonight."
    assert shop.row.live


def test_a_reason_that_was_not_needed_is_not_kept(shop: Shop) -> None:
    look(shop)
    go(shop, "No reason was asked for here.")
    with reading(shop.bench.engine) as connection:
        kept = golives.last(connection, shop.id)
    assert kept is not None
    assert kept[1] is None


@pytest.mark.parametrize("age", [None, timedelta(days=1, minutes=1)])
def test_where_nobody_looked_within_a_day_a_look_comes_first(shop: Shop, age: timedelta | None) -> None:
    if age:
        look(shop)
    now = datetime.now(UTC) + (age or timedelta(0))
    with pytest.raises(Conflict, match="We are looking at your shop’s pages"):
        go(shop, now=now)
    with transaction(shop.bench.engine) as connection:
        golive.look_first(connection, shop.row, now)
        assert [one.kind for one in chores.of_store(connection, shop.id)] == [chores.SCAN]


def test_by_command_only_a_sender_that_was_found_is_in_the_way(shop: Shop) -> None:
    def command(reason: str | None = None) -> None:
        with transaction(shop.bench.engine) as connection:
            golive.go_live(connection, shop.row, reason=reason, now=datetime.now(UTC), operator=True)

    look(shop, RIVAL)
    with pytest.raises(Conflict, match="Their channel"):
        command()
    with transaction(shop.bench.engine) as connection:
        connection.execute(sa.delete(scans.scans))
    command()
    assert shop.row.live


def test_without_a_dataset_no_reason_helps(bench: Bench) -> None:
    shop = bench.shop(state="observing", dataset=None)
    with pytest.raises(Conflict, match="dataset first"):
        go(shop, "I really want to go live now.")


def test_a_sender_that_appears_later_is_an_alert_until_it_is_gone(shop: Shop) -> None:
    def said() -> list[str]:
        from integration.db import alerts

        with reading(shop.bench.engine) as connection:
            return [one.sentence for one in alerts.of_store(connection, shop.id) if one.kind == watch.OTHER_SENDER]

    look(shop, RIVAL)
    assert "Their channel tells dataset" in said()[0]
    look(shop)
    assert said() == []


def test_only_stores_that_were_connected_through_the_pages_are_gated(bench: Bench, shop: Shop) -> None:
    assert golive.is_gated(shop.row, "live")
    assert not golive.is_gated(shop.row, "observing")
    assert not golive.is_gated(shop.row, None)
    added = bench.shop("woocommerce", "b.example.com", state="observing", dataset=None)
    assert not golive.is_gated(added.row, "live")
