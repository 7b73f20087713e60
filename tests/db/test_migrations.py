"""Migrations go up and down on both databases, on filled ones too, and make exactly the tables the code declares."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from integration import db
from integration.db import metadata, migrate
from tests.rig.postgres import Cluster
from tests.rig.shop import Bench

REVISIONS = [script.revision for script in ScriptDirectory.from_config(migrate.configuration()).walk_revisions()]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[db.Engine]:
    if request.param == "sqlite":
        engine = db.connect(f"sqlite:///{tmp_path / 'empty.db'}")
        yield engine
        engine.dispose()
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    fresh = Cluster(cluster.url)
    with fresh.database(lambda _url: None) as url:
        engine = db.connect(url)
        yield engine
        engine.dispose()
    fresh.drop_template()


def tables(engine: db.Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names()) - {"alembic_version"}


def test_every_migration_goes_up_and_down_one_by_one(empty: db.Engine) -> None:
    for revision in reversed(REVISIONS):
        migrate.upgrade(empty, revision)
    assert tables(empty) == set(metadata.tables)
    for revision in [*REVISIONS[1:], "base"]:
        migrate.downgrade(empty, revision)
    assert tables(empty) == set()
    migrate.upgrade(empty)
    assert tables(empty) == set(metadata.tables)


def test_the_migrations_make_what_the_code_declares(empty: db.Engine) -> None:
    migrate.upgrade(empty)

    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
        assert compare_metadata(context, metadata) == []


def test_down_and_up_again_on_a_filled_database(bench: Bench) -> None:
    shop = bench.shop("shopify", consent_mode="assumed")
    shop.tell("orders/paid", shop.sample("orders/paid", "card"))
    shop.tell("orders/paid", b"nonsense")
    shop.tell("app/uninstalled", shop.sample("app/uninstalled", "shop", order_id=None))

    migrate.downgrade(bench.engine, "base")
    assert tables(bench.engine) == set()
    migrate.upgrade(bench.engine)

    assert bench.rows() == []


def test_it_is_known_whether_the_schema_is_current(empty: db.Engine) -> None:
    with empty.connect() as connection:
        assert not migrate.is_current(connection)
    migrate.upgrade(empty)
    with empty.connect() as connection:
        assert migrate.is_current(connection)


def test_the_databases_clock_is_the_time_in_milliseconds(engine: db.Engine) -> None:
    with db.reading(engine) as connection:
        assert abs(db.now(connection) - datetime.now(UTC)).total_seconds() < 5


def test_times_keep_their_milliseconds(engine: db.Engine) -> None:
    moment = datetime(2026, 11, 22, 14, 5, 7, 123_000, tzinfo=UTC)
    with db.reading(engine) as connection:
        assert connection.execute(sa.select(sa.literal(moment, db.Instant))).scalar_one() == moment


def test_sqlite_is_durable_and_lets_readers_read_while_one_writes(tmp_path: Path) -> None:
    engine = db.connect(f"sqlite:///{tmp_path / 'one.db'}")
    with db.transaction(engine) as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("journal_mode", "synchronous")
        }
        assert pragmas == {"journal_mode": "wal", "synchronous": 2}
        with db.reading(engine) as other:
            assert db.now(other)
    engine.dispose()
