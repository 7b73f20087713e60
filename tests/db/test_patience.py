"""A PostgreSQL that says nothing: whoever asks it is told Unavailable in time, and it is asked again when it is back."""

import time

import pytest
import sqlalchemy as sa

from integration import db
from integration.db import reading, transact, transaction, within
from integration.errors import Unavailable


@pytest.fixture
def engine(postgres_url: str) -> db.Engine:
    found = db.connect(postgres_url)
    yield found
    found.dispose()


def test_a_transaction_that_hangs_is_cut_when_the_time_promised_is_over(engine: db.Engine) -> None:
    began = time.monotonic()

    with pytest.raises(Unavailable), within(0.5), transaction(engine) as connection:
        connection.execute(sa.text("SELECT pg_sleep(30)"))

    assert time.monotonic() - began < 10, "the server's own limit would have ended it much later"


def test_after_a_cut_the_next_transaction_gets_a_new_connection(engine: db.Engine) -> None:
    with pytest.raises(Unavailable), within(0.2), reading(engine) as connection:
        connection.execute(sa.text("SELECT pg_sleep(30)"))

    with reading(engine) as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar_one() == 1


def test_what_comes_back_in_time_is_left_alone(engine: db.Engine) -> None:
    with within(0.3):
        with reading(engine) as connection:
            connection.execute(sa.text("SELECT pg_sleep(0.05)"))
        with reading(engine) as connection:
            backend = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
    time.sleep(0.6)

    with reading(engine) as connection:
        assert connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one() == backend


def test_a_connection_the_server_closed_while_it_lay_idle_costs_nobody_an_error(engine: db.Engine) -> None:
    with reading(engine) as connection:
        backend = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
    other = db.connect(engine.url.render_as_string(hide_password=False))
    with transaction(other) as connection:
        connection.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": backend})
    other.dispose()
    time.sleep(0.2)

    assert transact(engine, lambda connection: connection.execute(sa.text("SELECT 7")).scalar_one()) == 7


def test_a_server_that_only_reads_is_unavailable_and_not_a_mistake_of_ours(engine: db.Engine) -> None:
    with pytest.raises(Unavailable), transaction(engine) as connection:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY; DELETE FROM tasks")


def test_the_promise_ends_with_its_block_and_the_outer_one_goes_on(engine: db.Engine) -> None:
    with within(60):
        with within(0.01):
            time.sleep(0.1)
        with reading(engine) as connection:
            connection.execute(sa.text("SELECT pg_sleep(0.2)"))
