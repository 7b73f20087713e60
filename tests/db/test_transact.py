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
