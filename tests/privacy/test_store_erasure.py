"""A store that is erased leaves nothing: not in any table there is, nor in one that is added some day."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.event import PrivacyKind
from integration import db
from integration.db import Engine, reading, stores, tasks, transaction
from integration.db.events import events
from integration.db.installs import installs
from integration.db.privacy_requests import privacy_requests
from integration.pipeline.receive import Outcome, Reply
from integration.privacy.store_erasure import WITH_THE_STORE, erase_some
from tests.rig.erasing import erase_store
from tests.rig.made_up import OF_NO_STORE, OWNED, TABLES, copies, fill, number
from tests.rig.shop import Bench, Shop

NOW = datetime.now(UTC)


@pytest.fixture
def pair(engine: Engine) -> Engine:
    """A database with two stores that have a row in every table there is."""
    with transaction(engine) as connection:
        for name in ("gone", "stays"):
            fill(connection, name, NOW)
    return engine


def rows_of(engine: Engine, store_id: str) -> dict[str, int]:
    with reading(engine) as connection:
        return {table.name: number(connection, table, table.c.store_id == store_id) for table in OWNED}


def test_a_store_that_is_erased_has_no_row_in_any_table_and_another_keeps_all_of_its_own(pair: Engine) -> None:
    kept = rows_of(pair, "stays")
    erased = erase_store(pair, "gone")

    assert rows_of(pair, "gone") == dict.fromkeys(kept, 0)
    assert rows_of(pair, "stays") == kept == dict.fromkeys(kept, 1)
    assert erased == {table.name: 1 for table in TABLES if table.name not in OF_NO_STORE}
    with reading(pair) as connection:
        left = {table.name: number(connection, table) for table in TABLES}
    assert left == {name: 2 if name in OF_NO_STORE else 1 for name in left}


def test_a_table_without_the_store_is_one_that_we_know_to_hold_none(pair: Engine) -> None:
    """Whoever adds a table that names shops in some other way is reminded to say how."""
    unowned = {table.name for table in TABLES} - {table.name for table in OWNED}
    assert unowned == {*("stores", "attempts", "installs"), *OF_NO_STORE}


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


@pytest.mark.parametrize("left_before", [None, NOW + timedelta(seconds=1)])
def test_what_a_person_asked_and_was_not_answered_is_done_with_the_store_and_not_before(
    pair: Engine, left_before: datetime | None
) -> None:
    asked = privacy_requests.c.store_id == "gone"
    with transaction(pair) as connection:
        connection.execute(sa.update(privacy_requests).where(asked).values(done_at=None, proof=None))
        copies(connection, privacy_requests, "site_hmac", 1, store_id="gone", done_at=NOW)
    others = erase_some(pair, "gone", most=1, left_before=left_before)
    with reading(pair) as connection:
        meanwhile = connection.execute(sa.select(privacy_requests.c.done_at).where(asked)).scalars().all()
    while not others.over:
        others = erase_some(pair, "gone", most=1_000, left_before=left_before)
    with reading(pair) as connection:
        unowned = privacy_requests.c.store_id.is_(None)
        row = connection.execute(sa.select(privacy_requests).where(unowned)).mappings().one()
        left = number(connection, privacy_requests)

    assert None in meanwhile
    assert row["done_at"]
    assert (row["trouble"], row["kind"], row["site_hmac"]) == (WITH_THE_STORE, "gone", "gone")
    assert (row["demand"], row["export"], row["people"], row["next_at"]) == (None, None, "[]", None)
    assert left == 2  # of the store that stays, and this


def test_what_is_gone_already_is_erased_again_without_harm(pair: Engine) -> None:
    erase_store(pair, "gone")

    assert erase_store(pair, "gone") == erase_store(pair, "never was") == {}


def test_it_is_erased_in_slices_and_a_part_at_a_time(pair: Engine) -> None:
    with transaction(pair) as connection:
        copies(connection, events, "subject", 1_500, store_id="gone")
    deleted: list[int] = []

    @sa.event.listens_for(pair, "after_cursor_execute")
    def _note(_connection: object, cursor: Any, statement: str, *_more: object) -> None:
        if statement.startswith("DELETE"):
            deleted.append(cursor.rowcount)

    part = erase_some(pair, "gone", most=1_200)
    with reading(pair) as connection:
        marked = stores.by_id(connection, "gone")
    rest = erase_store(pair, "gone")

    assert (sum(part.rows.values()), part.over) == (1_200, False)
    assert marked is not None
    assert marked.uninstalled_at is not None
    assert part.rows["events"] + rest["events"] == 1_501
    assert max(deleted) == 1_000


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
        fill(connection, "gone", NOW)
    with ThreadPoolExecutor(1) as caller, transaction(engine) as connection:
        copies(connection, events, "subject", 1)
        erasing = caller.submit(erase_store, engine, "gone")
        assert not wait([erasing], 0.3).done  # it waits for us

    assert erasing.result(10)["events"] == 2
    assert set(rows_of(engine, "gone").values()) == {0}
    engine.dispose()
