"""The usual webhook is judged by memory and written at once; what it leaves must be what the careful way leaves.

Long: each way off the usual road is held against the careful one.
"""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from connectors import registry
from connectors.contract import WebhookRequest
from connectors.errors import ConnectorError, InvalidSignature
from integration import db
from integration.db import arrivals, datasets, reading, stores, transaction
from integration.db.arrivals import Arrival, Begun
from integration.db.deliveries import deliveries
from integration.db.events import events
from integration.db.webhooks import webhooks
from integration.pipeline.memory import Address, Known, Memory
from integration.pipeline.scribe import unseal_person
from integration.pipeline.visit import Letter, Reply, Visit
from tests.rig import golden
from tests.rig.shop import SECRET_KEY, Bench, Shop

FIXTURES = [
    (connector.name, golden.topic_of(connector, path), path.stem.partition("__")[2])
    for connector in registry.connectors()
    for path in golden.bodies(connector)
]
# Kinds of settings that lead a first delivery into different states.
SETTINGS: list[dict[str, Any]] = [
    {"consent_mode": "assumed"},
    {"consent_mode": "strict", "test_event_code": "TEST123"},
    {"state": "observing", "purchase_when": "placed", "include_sources": "pos,draft,subscription,other"},
]
WRITTEN = (webhooks, events, deliveries)


def visit(shop: Shop, topic: str, body: bytes, now: datetime | None = None) -> Visit:
    """A verified webhook, and what is known of its store."""
    bench, connector = shop.bench, registry.get(shop.platform)
    claimed = connector.identify(shop.request(topic, body))
    letter = Letter(connector, claimed, body, now or datetime.now(UTC))
    return Visit(bench.engine, bench.sealer, SECRET_KEY, letter, known_of(shop))


def address_of(shop: Shop) -> Address:
    keyed = "<" in registry.get(shop.platform).webhook_path("<key>")
    return Address(shop.platform, None if keyed else shop.row.domain, shop.row.webhook_key if keyed else None)


def known_of(shop: Shop) -> Known:
    known = Memory().look_up(shop.bench.engine, address_of(shop))
    assert known
    return known


def rows(bench: Bench) -> dict[str, list[dict[str, Any]]]:
    """All that webhooks left, column by column."""
    with reading(bench.engine) as connection:
        return {
            table.name: [dict(row._mapping) for row in connection.execute(sa.select(table).order_by(table.c.id))]
            for table in WRITTEN
        }


def taken_away(bench: Bench) -> dict[str, list[dict[str, Any]]]:
    """The same, without what two ways of writing may differ in; and nothing of it is left."""
    found = rows(bench)
    with reading(bench.engine) as connection:
        now = db.now(connection)
    for row in found["events"]:
        row["user_data"] = row["user_data"] and unseal_person(bench.sealer, row["store_id"], row["user_data"])
    for row in found["deliveries"]:
        row["event"] = next(one["subject"] for one in found["events"] if one["id"] == row.pop("event_pk"))
        row["next_at"] = row["next_at"] and round((row["next_at"] - now) / timedelta(minutes=1))
    for one in (row for of_table in found.values() for row in of_table):
        del one["id"]
    with transaction(bench.engine) as connection:
        for table in reversed(WRITTEN):
            connection.execute(sa.delete(table))
    return found


@pytest.mark.parametrize("chosen", SETTINGS, ids=lambda chosen: next(iter(chosen.values())))
@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_at_once_leaves_in_every_column_what_care_leaves(bench: Bench, platform: str, chosen: dict[str, Any]) -> None:
    shop = bench.shop(platform, **chosen)
    shop.attach("100000000000002", test_event_code=None)
    at_once = []
    for _, topic, case in (one for one in FIXTURES if one[0] == platform):
        body, now = shop.sample(topic, case), datetime.now(UTC)
        reply = _reply(visit(shop, topic, body, now))
        if reply is None:
            assert not any(rows(bench).values()), f"{case} left something behind"
            continue
        quickly = taken_away(bench)
        assert visit(shop, topic, body, now).take() == reply
        assert taken_away(bench) == quickly, case
        at_once.append(case)
    assert len(at_once) > 5


def _reply(one: Visit) -> Reply | None:
    try:
        return one.at_once()
    except ConnectorError:  # what cannot be read, or is not used, is written by neither way
        return None


def test_what_is_not_simple_is_left_to_care(bench: Bench) -> None:
    shop = bench.shop("shopify")
    for topic, case in [
        ("refunds/create", "partial"),  # asks what became of its Purchase
        ("orders/create", "pending_bank_transfer"),  # not yet
        ("app/uninstalled", "shop"),
        ("customers/redact", "example"),
    ]:
        assert visit(shop, topic, shop.sample(topic, case)).at_once() is None
    shop = bench.shop("woocommerce")
    assert visit(shop, "order.deleted", b'{"id":5}').at_once() is not None
    body = shop.sample("order.updated", "partial_refunds") if _has("partial_refunds") else None
    assert body is None or visit(shop, "order.updated", body).at_once() is None
    assert [row["subject"] for row in rows(bench)["events"]] == ["5"]


def _has(case: str) -> bool:
    return any(one == case for _, _, one in FIXTURES)


def test_a_store_without_a_dataset_or_with_a_paused_one_is_left_to_care(bench: Bench) -> None:
    bare = bench.shop("woocommerce", dataset=None)
    assert visit(bare, "order.created", bare.sample("order.created", "card")).at_once() is None
    shop = bench.shop("shopify")
    with transaction(bench.engine) as connection:
        assert datasets.pause(connection, datasets.of_store(connection, shop.id)[0], "the token was refused")

    reply = shop.tell("orders/paid", shop.sample("orders/paid", "card"))

    assert visit(shop, "orders/paid", shop.sample("orders/paid", "card", order_id="6")).at_once() is None
    assert (reply.status, reply.reason) == ("accepted", "the token was refused")
    assert bench.states() == [("held", "the token was refused")]


def paid(shop: Shop, order_id: str) -> bytes:
    return shop.sample("orders/paid", "card", order_id=order_id)


def remembering(bench: Bench, **more: Any) -> Shop:
    """A store that this process remembers by now."""
    shop = bench.shop("shopify", consent_mode="assumed", **more)
    assert shop.tell("orders/paid", paid(shop, "1")).status == "accepted"
    assert bench.memory.recall(address_of(shop)) == known_of(shop)
    return shop


def test_a_setting_takes_effect_with_the_very_next_webhook(bench: Bench) -> None:
    shop = remembering(bench)
    shop.set(event_id_template="shop-{order_id}")

    shop.tell("orders/paid", paid(shop, "2"))
    shop.set(state="observing")
    shop.tell("orders/paid", paid(shop, "3"))

    assert [row["event_id"] for row in bench.rows()] == ["1", "shop-2", "shop-3"]
    assert bench.rows()[2]["status"] == "observed"


def test_a_dataset_that_was_added_gets_the_very_next_order(bench: Bench) -> None:
    shop = remembering(bench)
    shop.attach("100000000000002")

    shop.tell("orders/paid", paid(shop, "2"))

    assert [row["dataset_id"] for row in bench.rows() if row["order_id"] == "2"] == [
        "100000000000001",
        "100000000000002",
    ]


def test_a_store_that_was_removed_is_not_served_by_memory(bench: Bench) -> None:
    shop = remembering(bench)
    with transaction(bench.engine) as connection:
        stores.mark_uninstalled(connection, shop.row, datetime.now(UTC))

    reply = shop.tell("orders/paid", paid(shop, "2"))

    assert (reply.status, reply.reason) == ("ignored", "this store is not connected")
    assert len(bench.rows()) == 1


def rotate_secret(shop: Shop, secret: str) -> None:
    sealed = shop.bench.sealer.seal(secret.encode(), store=shop.id, column=stores.SEALED_SECRET)
    with transaction(shop.bench.engine) as connection:
        connection.execute(sa.update(stores.stores).values(webhook_secret=sealed).where(stores.stores.c.id == shop.id))
        stores.touch(connection, shop.id)


def test_after_a_change_of_secret_the_old_one_is_refused_and_the_new_one_taken(bench: Bench) -> None:
    shop = remembering(bench, secret="the secret it had before")
    rotate_secret(shop, "the secret it has by now")

    with pytest.raises(InvalidSignature):
        shop.tell("orders/paid", paid(shop, "2"), secret="the secret it had before")
    assert shop.tell("orders/paid", paid(shop, "2"), secret="the secret it has by now").status == "accepted"
    assert [row["event_id"] for row in bench.rows()] == ["1", "2"]


def test_the_new_secret_is_taken_at_once_though_another_is_remembered(bench: Bench) -> None:
    shop = remembering(bench, secret="the secret it had before")
    rotate_secret(shop, "the secret it has by now")

    assert shop.tell("orders/paid", paid(shop, "2"), secret="the secret it has by now").status == "accepted"


def test_a_store_given_a_secret_of_its_own_is_no_longer_opened_by_the_apps(bench: Bench) -> None:
    bench.app_secrets = {"shopify": ("the secret of the whole app",)}
    shop = remembering(bench)
    rotate_secret(shop, "the secret of this store alone")

    with pytest.raises(InvalidSignature):
        shop.tell("orders/paid", paid(shop, "2"))
    assert len(bench.rows()) == 1


def test_a_wrong_signature_is_refused_and_the_memory_stays(bench: Bench) -> None:
    shop = remembering(bench)

    with pytest.raises(InvalidSignature):
        shop.tell("orders/paid", paid(shop, "2"), secret="somebody else's")

    assert bench.memory.recall(address_of(shop)) == known_of(shop)


def test_a_store_nobody_knew_is_served_as_soon_as_it_is_connected(bench: Bench) -> None:
    bench.app_secrets = {"shopify": ("the secret of the whole app",)}
    other = bench.shop("shopify")
    body = other.sample("orders/paid", "card")
    stranger = {**other.request("orders/paid", body).headers, "x-shopify-shop-domain": "coffee.myshopify.com"}
    assert bench.receive("shopify", WebhookRequest(body, stranger)).status == "ignored"

    shop = bench.shop("shopify", "coffee.myshopify.com")

    assert shop.tell("orders/paid", body).status == "accepted"


@pytest.mark.parametrize("change", ["settings", "dataset", "token", "pause", "uninstalled", "reconnected"])
def test_nothing_is_written_by_a_memory_that_is_old(bench: Bench, change: str) -> None:
    """The change comes between the judging and the writing."""
    shop = bench.shop("shopify")
    old = visit(shop, "orders/paid", paid(shop, "1"))
    known = known_of(shop)
    with transaction(bench.engine) as connection:
        match change:
            case "pause":
                assert datasets.pause(connection, known.datasets[0], "the token was refused")
            case "uninstalled":
                stores.mark_uninstalled(connection, shop.row, datetime.now(UTC))
            case "reconnected":
                stores.mark_reconnected(connection, shop.id, since=datetime.now(UTC))
    if change == "settings":
        shop.set(value_basis="subtotal")
    elif change in ("dataset", "token"):
        shop.attach("100000000000002" if change == "dataset" else known.datasets[0].dataset_id, token="newer-token")

    assert known_of(shop).store.version > known.store.version
    assert old.at_once() is None
    assert not any(rows(bench).values())


def test_the_end_of_a_pause_is_a_change_too(bench: Bench) -> None:
    shop = bench.shop("shopify")
    with transaction(bench.engine) as connection:
        assert datasets.pause(connection, known_of(shop).datasets[0], "the token was refused")
    before = known_of(shop)
    with transaction(bench.engine) as connection:
        assert datasets.resume(connection, before.datasets[0])

    assert known_of(shop).store.version > before.store.version


def test_the_memory_is_bounded_and_forgets_who_was_learnt_first(bench: Bench) -> None:
    memory, shops = Memory(most=2), [bench.shop("woocommerce", f"shop{n}.example.com", dataset=None) for n in range(3)]
    for shop in shops:
        memory.look_up(bench.engine, address_of(shop))

    assert [memory.recall(address_of(shop)) is not None for shop in shops] == [False, True, True]


# The statement itself


def arrival(shop: Shop, **changes: Any) -> Arrival:
    now = datetime.now(UTC).replace(microsecond=0)
    receipt = {"topic": "orders/paid", "body_sha256": "a" * 64, "delivery_id": None, "outcome": "accepted"}
    event = {
        "event_name": "Purchase",
        "subject": "1",
        "event_id": "1",
        "order_id": "1",
        "test": False,
        "ended": False,
        "placed_at": now,
        "event_time": now,
        "updated_at": None,
        "received_at": now,
        "connector": "shopify 1",
        "value": None,
        "currency": None,
        "facts": "{}",
        "user_data": None,
        "key_mask": 0,
        **dict.fromkeys(("email_hmac", "phone_hmac", "customer_hmac", "checkout_key", "cart_key")),
        **dict.fromkeys(("stated", "region")),
    }
    known = known_of(shop)
    begun = [Begun(one.id, "pending", None, timedelta(minutes=3)) for one in known.datasets]
    version = changes.pop("version", known.store.version)
    receipt |= {name: text for name, text in changes.items() if name in receipt}
    event |= {name: text for name, text in changes.items() if name in event}
    return Arrival(shop.id, version, receipt, event, begun)


def count(bench: Bench) -> tuple[int, ...]:
    return tuple(len(found) for found in rows(bench).values())


def test_everything_is_written_or_nothing(bench: Bench) -> None:
    shop = bench.shop("shopify")
    assert not arrivals.write(bench.engine, arrival(shop, version=known_of(shop).store.version + 1))
    assert count(bench) == (0, 0, 0)

    assert arrivals.write(bench.engine, arrival(shop))
    assert count(bench) == (1, 1, 1)

    assert not arrivals.write(bench.engine, arrival(shop, subject="2")), "the receipt is known"
    assert not arrivals.write(bench.engine, arrival(shop, body_sha256="b" * 64)), "the event is known"
    assert count(bench) == (1, 1, 1)

    assert arrivals.write(bench.engine, arrival(shop, body_sha256="b" * 64, subject="2"))
    assert arrivals.write(bench.engine, arrival(shop, body_sha256="c" * 64, event_name="InitiateCheckout"))
    assert count(bench) == (3, 3, 3)


def test_a_delivery_is_due_by_the_databases_clock(bench: Bench) -> None:
    shop = bench.shop("shopify")
    with reading(bench.engine) as connection:
        before = db.now(connection)
    arrivals.write(bench.engine, arrival(shop))
    with reading(bench.engine) as connection:
        after = db.now(connection)

    (row,) = rows(bench)["deliveries"]
    assert before <= row["next_at"] - timedelta(minutes=3) <= after


def test_every_column_without_a_default_is_given() -> None:
    """A column that is added later must be thought of here, too."""
    given = {
        "webhooks": {*arrivals._RECEIPT, "reason", "copies"},
        "events": {*arrivals._EVENT, "later_value", "granted_at"},
    }
    for table in (webhooks, events):
        assert {column.name for column in table.c} == {"id", "store_id", *given[table.name]}
    needed = {one.name for one in deliveries.c if not one.nullable and one.server_default is None}
    assert needed == {"id", "event_pk", "store_id", "state"}


# Races


@pytest.fixture
def together() -> Iterator[Any]:
    """Lets several things happen at the same moment, each in a thread, and gives what came of them."""

    def run(*deeds: Any) -> list[Any]:
        begin, ended = threading.Barrier(len(deeds)), []

        def one(deed: Any) -> None:
            begin.wait()
            ended.append(deed())

        threads = [threading.Thread(target=one, args=(deed,)) for deed in deeds]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(ended) == len(deeds), "one of them failed"
        return ended

    return run


def test_one_of_two_first_payloads_wins_and_the_other_moves_its_row(bench: Bench, together: Any) -> None:
    shop = remembering(bench)
    for n in range(2, 12):
        bodies = [paid(shop, str(n)) + b" " * spaces for spaces in range(4)]
        requests = [shop.request("orders/paid", body) for body in bodies]
        replies = together(*(lambda one=one: bench.receive("shopify", one).status for one in requests))
        assert replies == ["accepted"] * 4

    found = rows(bench)
    assert sorted(int(row["subject"]) for row in found["events"]) == list(range(1, 12))
    assert [len(found[name]) for name in ("deliveries", "webhooks")] == [11, 41]


def test_copies_that_come_together_are_one_receipt(bench: Bench, together: Any) -> None:
    shop = remembering(bench)
    for n in range(2, 8):
        request = shop.request("orders/paid", paid(shop, str(n)))
        replies = together(*[lambda one=request: bench.receive("shopify", one).status] * 4)
        assert sorted(replies) == ["accepted", *["duplicate"] * 3]

    assert [row["copies"] for row in rows(bench)["webhooks"]] == [1, *[4] * 6]


def test_the_statement_that_loses_a_race_leaves_no_receipt(bench: Bench, together: Any) -> None:
    """The other way round: not through the receiver, which then writes it with care."""
    shop = bench.shop("shopify")
    for n in range(10):
        both = [arrival(shop, subject=str(n), body_sha256=f"{n}{name}".ljust(64, "x")) for name in "ab"]
        written = together(*(lambda one=one: arrivals.write(bench.engine, one) for one in both))
        assert sorted(written) == [False, True]

    assert count(bench) == (10, 10, 10)
