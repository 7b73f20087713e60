"""Single statements of PostgreSQL, on lines of their own: kept, given up when dead, and cut when the time is over."""

import threading
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from integration import db
from integration.db import lines, within
from integration.errors import Silent, Unavailable
from tests.rig.sandbox import Sandbox
from tests.rig.shop import Bench


@pytest.fixture
def engine(postgres_url: str) -> Iterator[db.Engine]:
    found = db.connect(postgres_url)
    with db.transaction(found) as connection:
        connection.exec_driver_sql("CREATE TABLE told (id integer PRIMARY KEY)")
    yield found
    found.dispose()


def told(engine: db.Engine) -> list[int]:
    with db.reading(engine) as connection:
        return list(connection.exec_driver_sql("SELECT id FROM told ORDER BY id").scalars())


def end(engine: db.Engine, pids: list[int]) -> None:
    """As an administrator, or a server that restarts, ends connections."""
    other = db.connect(engine.url.render_as_string(hide_password=False))
    with db.transaction(other) as connection:
        for pid in pids:
            connection.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
    other.dispose()
    time.sleep(0.2)


def idle(engine: db.Engine) -> list[int]:
    return [line.info.backend_pid for line in lines.of(engine)._idle]


INSERT = "INSERT INTO told VALUES (%s)"


def test_a_statement_is_committed_when_it_returns_and_its_line_is_kept(engine: db.Engine) -> None:
    assert lines.of(engine).run(INSERT, [1]) == 1
    (first,) = idle(engine)
    assert lines.of(engine).run(INSERT, [2]) == 1

    assert (told(engine), idle(engine)) == ([1, 2], [first])


def test_what_the_table_refuses_is_an_integrity_error_and_leaves_nothing(engine: db.Engine) -> None:
    lines.of(engine).run(INSERT, [1])
    with pytest.raises(sa.exc.IntegrityError):
        lines.of(engine).run("INSERT INTO told VALUES (7), (%s)", [1])

    assert (told(engine), len(idle(engine))) == ([1], 1)


def test_a_mistake_of_ours_stays_one(engine: db.Engine) -> None:
    with pytest.raises(sa.exc.ProgrammingError):
        lines.of(engine).run("SELECT nonsense", [])

    assert len(idle(engine)) == 1


def test_a_dead_line_writes_nothing_and_takes_the_other_idle_ones_along(engine: db.Engine) -> None:
    meeting = threading.Barrier(3)

    def one(number: int) -> None:
        meeting.wait()
        lines.of(engine).run("INSERT INTO told SELECT %s FROM pg_sleep(0.3)", [number])

    threads = [threading.Thread(target=one, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(idle(engine)) == 3
    end(engine, idle(engine))

    assert lines.of(engine).run(INSERT, [3]) == 0
    assert idle(engine) == []
    assert lines.of(engine).run(INSERT, [4]) == 1
    assert told(engine) == [0, 1, 2, 4]


def test_a_statement_that_hangs_is_cut_when_the_time_promised_is_over(engine: db.Engine) -> None:
    began = time.monotonic()

    with pytest.raises(Silent), within(0.4):
        lines.of(engine).run("SELECT pg_sleep(30)", [])

    assert time.monotonic() - began < 5
    assert idle(engine) == []
    assert lines.of(engine).run(INSERT, [1]) == 1


def test_the_servers_own_limit_is_no_dead_line(engine: db.Engine) -> None:
    lines.of(engine).run("SET statement_timeout = 100", [])

    with pytest.raises(Unavailable) as raised:
        lines.of(engine).run("SELECT pg_sleep(30)", [])

    assert not isinstance(raised.value, Silent)
    assert len(idle(engine)) == 1


def test_no_database_is_unavailable() -> None:
    nowhere = db.connect("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    with pytest.raises(Unavailable):
        lines.of(nowhere).run("SELECT 1", [])
    nowhere.dispose()


def test_an_engine_that_is_disposed_of_keeps_no_line_open(engine: db.Engine) -> None:
    lines.of(engine).run(INSERT, [1])
    (line,) = lines.of(engine)._idle

    engine.dispose()

    assert line.closed
    assert lines.of(engine).run(INSERT, [2]) == 1, "it may be used again"


def test_a_webhook_whose_line_died_is_written_with_care(postgres_url: str, sandbox: Sandbox) -> None:
    """A server that was restarted between two webhooks costs neither of them: WooCommerce would not send it again."""
    found = db.connect(postgres_url)
    bench = Bench(found, sandbox)
    shop = bench.shop("shopify")
    shop.tell("orders/paid", shop.sample("orders/paid", "card", order_id="1"))
    assert idle(found)
    end(found, idle(found))

    assert shop.tell("orders/paid", shop.sample("orders/paid", "card", order_id="2")).status == "accepted"

    assert [row["event_id"] for row in bench.rows()] == ["1", "2"]
    found.dispose()
