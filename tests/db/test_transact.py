"""Transactions that meet: on PostgreSQL a deadlock is tried again, on SQLite writers take turns."""

import contextlib
import threading

import pytest
import sqlalchemy as sa

from integration import db
from integration.errors import Contended
from tests.rig.shop import Bench


def test_two_transactions_in_each_others_way_both_end_well(bench: Bench) -> None:
    one, two = bench.shop("shopify"), bench.shop("shopify", "two.myshopify.com")
    meeting = threading.Barrier(2, timeout=2)
    ended: list[str] = []

    def lock_both(first: str, second: str) -> None:
        from integration.db.stores import stores

        def work(connection: db.Connection) -> None:
            for store_id in (first, second):
                connection.execute(sa.update(stores).where(stores.c.id == store_id).values(state="live"))
                # Broken at the second try, and on SQLite, where only one is inside at a time.
                with contextlib.suppress(threading.BrokenBarrierError):
                    meeting.wait()

        db.transact(bench.engine, work)
        ended.append(first)

    threads = [
        threading.Thread(target=lock_both, args=(one.id, two.id)),
        threading.Thread(target=lock_both, args=(two.id, one.id)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ended) == sorted([one.id, two.id])


def test_what_never_gets_through_is_said(bench: Bench) -> None:
    tries = []

    def work(_connection: db.Connection) -> None:
        tries.append(1)
        raise Contended("in another's way")

    with pytest.raises(Contended):
        db.transact(bench.engine, work)
    assert len(tries) > 1


def test_a_transaction_that_could_not_be_put_in_an_order_is_done_again(postgres_url: str) -> None:
    """SQLSTATE 40001: two serializable transactions each read what the other writes."""
    engine = db.connect(postgres_url)
    meeting, tries = threading.Barrier(2, timeout=2), []
    with db.transaction(engine) as connection:
        connection.execute(sa.text("CREATE TABLE skew (id integer PRIMARY KEY, seen integer)"))
        connection.execute(sa.text("INSERT INTO skew VALUES (1, 0), (2, 0)"))

    def write_what_the_other_reads(mine: int) -> None:
        def work(connection: db.Connection) -> None:
            tries.append(mine)
            connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"))
            seen = connection.execute(sa.text("SELECT sum(seen) FROM skew")).scalar_one()
            with contextlib.suppress(threading.BrokenBarrierError):
                meeting.wait()
            connection.execute(sa.text("UPDATE skew SET seen = :seen WHERE id = :id"), {"seen": seen + 1, "id": mine})

        db.transact(engine, work)

    threads = [threading.Thread(target=write_what_the_other_reads, args=(mine,)) for mine in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with db.reading(engine) as connection:
        assert sorted(connection.execute(sa.text("SELECT seen FROM skew")).scalars()) == [1, 2]
    engine.dispose()
    assert len(tries) == 3
