"""A store that is erased leaves nothing: not in any table there is, nor in one that is added some day."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.event import PrivacyKind
from integration import db
from integration.db import Engine, Instant, leaving, metadata, reading, stores, tasks, transaction
from integration.db.events import events
from integration.db.installs import installs
from integration.db.privacy_requests import privacy_requests
from integration.pipeline.receive import Outcome, Reply
from integration.privacy import store_erasure
from integration.privacy.store_erasure import erase_some, erase_store
from tests.rig.shop import Bench, Shop

leaving.tables()  # so that the metadata knows every table
OWNED = [table for table in metadata.sorted_tables if "store_id" in table.c]
NOW = datetime.now(UTC)


@pytest.fixture
def pair(engine: Engine) -> Engine:
    """A database with two stores that have a row in every table there is."""
    with transaction(engine) as connection:
        for name in ("gone", "stays"):
            fill(connection, name)
    return engine


def fill(connection: db.Connection, name: str) -> None:
    """A row in each table, made up by the models."""
    parents: dict[str, Any] = {}
    for table in metadata.sorted_tables:
        values = {column.name: made_up(column, name, parents) for column in table.c if not is_given(column)}
        row = connection.execute(sa.insert(table).values(values).returning(*table.primary_key)).one()
        parents[table.name] = row[0]


def is_given(column: sa.Column[Any]) -> bool:
    return column.primary_key and isinstance(column.type, sa.BigInteger)


def made_up(column: sa.Column[Any], name: str, parents: dict[str, Any]) -> Any:
    for key in column.foreign_keys:
        return parents[key.column.table.name]
    shop = f"{name}.example"
    by_name = {"site": shop, "domain": shop, "platform": "shopify", "settings": "{}"}
    by_kind = ((Instant, NOW), (sa.Boolean, False), (sa.Integer, 1))
    found = [value for kind, value in by_kind if isinstance(column.type, kind)]
    return found[0] if found else by_name.get(column.name, name[: getattr(column.type, "length", None)])


def rows_of(engine: Engine, store_id: str) -> dict[str, int]:
    with reading(engine) as connection:
        return {table.name: number(connection, table, table.c.store_id == store_id) for table in OWNED}


def number(connection: db.Connection, table: sa.Table, *wanted: sa.ColumnElement[bool]) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table).where(*wanted)).scalar_one()


def test_a_store_that_is_erased_has_no_row_in_any_table_and_another_keeps_all_of_its_own(pair: Engine) -> None:
    kept = rows_of(pair, "stays")
    erased = erase_store(pair, "gone")

    assert rows_of(pair, "gone") == dict.fromkeys(kept, 0)
    assert rows_of(pair, "stays") == kept == dict.fromkeys(kept, 1)
    assert erased == {table.name: 1 for table in metadata.sorted_tables}
    with reading(pair) as connection:
        assert [number(connection, table) for table in metadata.sorted_tables] == [1] * len(metadata.sorted_tables)


def test_a_table_without_the_store_is_one_that_we_know_to_hold_none(pair: Engine) -> None:
    """Whoever adds a table that names shops in some other way is reminded to say how."""
    assert {table.name for table in metadata.sorted_tables} - {table.name for table in OWNED} == {
        *("stores", "attempts", "installs")
    }


def test_what_is_known_by_the_shops_name_alone_goes_but_not_what_another_platform_calls_so(pair: Engine) -> None:
    with transaction(pair) as connection:
        for platform, site in (("shopify", "gone.example"), ("woocommerce", "gone.example"), ("shopify", "other")):
            values = {
                "platform": platform,
                "site": site,
                "kind": tasks.PRIVACY_REQUEST,
                "digest": "",
                "created_at": NOW,
            }
            connection.execute(sa.insert(tasks.tasks).values(values))
    erase_store(pair, "gone")
    with reading(pair) as connection:
        found = connection.execute(sa.select(tasks.tasks.c.platform, tasks.tasks.c.site).order_by(tasks.tasks.c.id))
        named = [tuple(row) for row in found]
        begun = list(connection.execute(sa.select(installs.c.domain)).scalars())

    assert named == [("shopify", "stays.example"), ("woocommerce", "gone.example"), ("shopify", "other")]
    assert begun == ["stays.example"]


def test_a_request_that_was_taken_from_the_store_before_outlives_it(pair: Engine) -> None:
    own = sa.update(privacy_requests).where(privacy_requests.c.store_id == "gone")
    with transaction(pair) as connection:
        connection.execute(own.values(store_id=None, kind=PrivacyKind.STORE_ERASURE))
    erased = erase_store(pair, "gone")
    with reading(pair) as connection:
        assert number(connection, privacy_requests, privacy_requests.c.store_id.is_(None)) == 1
    assert "privacy_requests" not in erased


def test_what_is_gone_already_is_erased_again_without_harm(pair: Engine) -> None:
    erase_store(pair, "gone")

    assert erase_store(pair, "gone") == erase_store(pair, "never was") == {}


def many(engine: Engine, count: int) -> None:
    """More events of the store, without deliveries."""
    with transaction(engine) as connection:
        first = connection.execute(sa.select(events).where(events.c.store_id == "gone")).one()._mapping
        row = {name: value for name, value in first.items() if name != "id"}
        connection.execute(sa.insert(events), [{**row, "subject": str(n)} for n in range(count - 1)])


def test_it_is_erased_in_slices_and_a_part_at_a_time(pair: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    many(pair, 25)
    monkeypatch.setattr(store_erasure, "SLICE", 10)
    with reading(pair) as connection:
        before = number(connection, events)
    part = erase_some(pair, "gone", most=30)
    with reading(pair) as connection:
        marked = stores.by_id(connection, "gone")

    assert (sum(part.rows.values()), part.over, before) == (30, False, 26)
    assert marked is not None
    assert marked.uninstalled_at is not None
    assert sum(part.rows.values()) + sum(erase_store(pair, "gone").values()) == len(metadata.sorted_tables) + 24


@pytest.mark.parametrize(("left", "over"), [(None, True), (1, True), (31, False)])
def test_a_store_that_is_back_or_left_lately_is_let_be_where_only_age_counts(
    pair: Engine, left: int | None, *, over: bool
) -> None:
    with transaction(pair) as connection:
        at = None if left is None else NOW - timedelta(days=left)
        connection.execute(sa.update(stores.stores).where(stores.stores.c.id == "gone").values(uninstalled_at=at))
    part = erase_some(pair, "gone", most=1, left_before=NOW - timedelta(days=30))

    assert (part.over, sum(part.rows.values())) == (over, 0 if over else 1)


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop("shopify", consent_mode="assumed")


def tell(shop: Shop, order_id: str) -> Reply:
    return shop.tell("orders/paid", shop.sample("orders/paid", "card", order_id=order_id))


def test_a_webhook_that_comes_while_it_is_erased_brings_nothing_back(bench: Bench, shop: Shop) -> None:
    """The receiver remembers the store as it was: its memory must be void from the first slice on."""
    assert tell(shop, "1").status is Outcome.ACCEPTED
    request = shop.request("orders/paid", shop.sample("orders/paid", "card", order_id="2"))
    part = erase_some(bench.engine, shop.id, most=1)
    during = bench.receive("shopify", request)
    erased = erase_store(bench.engine, shop.id)
    bench.app_secrets["shopify"] = [shop.secret]  # its own secret went with it
    after = bench.receive("shopify", request)

    assert not part.over
    assert (during.status, after.status) == (Outcome.IGNORED, Outcome.IGNORED)
    assert set(rows_of(bench.engine, shop.id).values()) == {0}
    assert erased["stores"] == 1


def test_an_event_whose_transaction_ends_while_the_store_goes_goes_with_it(postgres_url: str) -> None:
    """On PostgreSQL somebody may have begun to write before the store was marked, and commit after the last slice."""
    engine = db.connect(postgres_url)
    with transaction(engine) as connection:
        fill(connection, "gone")
    with transaction(engine) as connection:
        first = connection.execute(sa.select(events)).one()._mapping
        late = {name: value for name, value in first.items() if name != "id"}
        connection.execute(sa.insert(events).values({**late, "subject": "late"}))
        erasing = threading.Thread(target=erase_store, args=(engine, "gone"))
        erasing.start()
        erasing.join(0.3)
        assert erasing.is_alive()  # it waits for us
    erasing.join(10)

    assert set(rows_of(engine, "gone").values()) == {0}
    engine.dispose()
