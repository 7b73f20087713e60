"""All that is kept of a store, as its merchant takes it along, on both databases: nothing missing, nothing too much."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.event import PrivacyKind
from integration import config
from integration.crypto import Sealer
from integration.db import archive as parts
from integration.db import connect, grants, metadata, privacy_requests, signals, transaction
from integration.db.events import events
from integration.db.grants import KeptGrant
from integration.db.privacy_requests import SEALED_DEMAND, SEALED_EXPORT, Asked
from integration.db.webhooks import set_aside, webhooks
from integration.pipeline.browsing import Heard
from integration.privacy import archive
from tests.rig.service import Service
from tests.rig.shop import Bench, Shop

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
TOKEN, GRANT, DEMAND = "meta-token-canary", "grant-canary", "demand-canary"
EMAIL = "mira.vogel@example.com"
BODY = '{"unreadable": "ä'
# What stays here, by table: whoever adds a column decides whether the merchant gets it.
LEFT_OUT = {
    "stores": {"webhook_key", "webhook_secret", "former_secret"},
    "datasets": {"token", "lease_owner", "lease_until", "leased_at", "fence"},
    "privacy_requests": {"demand", "export"},
    "pair_tests": {"code_sha256", "browser"},
}
TABLES_LEFT_OUT = {
    *("grants", "installs", "sessions", "sign_in_codes", "invitations", "tasks", "chores", "sweeps"),
    *("operators", "operator_sessions", "sign_in_tries"),  # of no store
}


@pytest.fixture
def shop(bench: Bench) -> Shop:
    """A store of which there is something in most tables."""
    shop = bench.shop("shopify", consent_mode="assumed", dataset=None)
    shop.attach("100000000000001", token=TOKEN)
    body = json.loads(shop.sample("orders/paid", "card", order_id="1"))
    shop.tell("orders/paid", json.dumps({**body, "email": EMAIL, "contact_email": EMAIL}).encode())
    bench.deliver()
    with transaction(bench.engine) as connection:
        seal = bench.sealer.seal
        heard = seal(Heard(fbp="fb.1.1.2").encoded(), store=shop.id, column=signals.SEALED)
        signals.keep(connection, shop.id, "a" * 64, heard)
        grant = seal(GRANT.encode(), store=shop.id, column="grants.sealed")
        grants.put(connection, KeptGrant(shop.id, grant, ("read_orders",), None, None, False, 1, NOW))
        demand = seal(DEMAND.encode(), store=shop.id, column=SEALED_DEMAND)
        asked = Asked(shop.id, "shopify", "b" * 64, "data_request", "merchant", NOW, NOW, demand, ["c" * 64])
        privacy_requests.add(connection, asked)
        body = seal(BODY.encode(), store=shop.id, column="quarantine.body")
        kept = {"topic": "orders/paid", "body_sha256": "d" * 64, "reason": "no JSON", "size": len(BODY), "at": NOW}
        set_aside(connection, store_id=shop.id, sealed_body=body, **kept)
    return shop


def lines(shop: Shop) -> Iterator[bytes]:
    return archive.of_store(shop.bench.engine, shop.bench.sealer, shop.row, NOW)


def rows(told: bytes) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for line in told.splitlines():
        row = json.loads(line)
        found.setdefault(row.pop("table"), []).append(row)
    return found


def test_all_there_is_of_a_store_and_people_as_hashes(shop: Shop) -> None:
    told = rows(b"".join(lines(shop)))

    (event,), (delivery,), (attempt,) = told["events"], told["deliveries"], told["attempts"]
    assert event["person"]["user_data"]["em"] == hashlib.sha256(EMAIL.encode()).hexdigest()
    assert event["facts"]["currency"] == "EUR"
    assert (delivery["event_pk"], delivery["state"]) == (event["id"], "delivered")
    assert (attempt["dataset_pk"], attempt["counted"]) == (told["datasets"][0]["id"], "yes")
    assert told["stores"][0]["settings"]["consent_mode"] == "assumed"
    assert told["signals"][0]["heard"] == {"fbp": "fb.1.1.2"}
    assert told["quarantine"][0]["body"] == BODY
    assert told["privacy_requests"][0]["people"] == ["c" * 64]
    assert told["export"][0]["made_at"] == "2026-12-01T08:00:00Z"
    counted = told.pop("end")[0]["rows"]
    del told["export"]
    assert counted == {table: len(found) for table, found in told.items()}


def test_no_secret_token_or_grant_and_nothing_sealed_is_in_it(shop: Shop) -> None:
    told = b"".join(lines(shop)).decode()

    row = shop.row
    assert row.sealed_secret
    assert shop.secret
    opened = [TOKEN, GRANT, DEMAND, shop.secret, row.webhook_key]
    with transaction(shop.bench.engine) as connection:
        sealed = list(connection.execute(sa.select(metadata.tables["datasets"].c.token)).scalars())
        sealed += list(connection.execute(sa.select(metadata.tables["grants"].c.sealed)).scalars())
        sealed += list(connection.execute(sa.select(events.c.user_data)).scalars())
    assert len(sealed) == 3
    assert [one for one in (*opened, *sealed, row.sealed_secret, EMAIL) if one in told] == []


def test_nothing_of_another_store_is_in_it(shop: Shop) -> None:
    other = shop.bench.shop("shopify", "canary.myshopify.com", consent_mode="assumed", dataset="100000000000777")
    other.tell("orders/paid", other.sample("orders/paid", "card", order_id="777777"))
    shop.bench.deliver()
    theirs = b"".join(lines(other)).decode()
    ours = b"".join(lines(shop)).decode()

    marks = (other.id, "canary.myshopify.com", "100000000000777", "777777")
    assert [mark for mark in marks if mark not in theirs] == []
    assert [mark for mark in marks if mark in ours] == []
    assert {len(rows(told.encode())["attempts"]) for told in (ours, theirs)} == {1}


def test_a_seal_that_does_not_open_is_said_to_be_one(shop: Shop) -> None:
    with transaction(shop.bench.engine) as connection:
        connection.execute(sa.update(events).values(user_data="broken"))

    told = rows(b"".join(lines(shop)))
    assert told["events"][0]["person"] == {"sealed": archive.SEALED_SHUT}
    assert told["end"]


def test_thousands_of_rows_come_in_pages_each_once_while_others_write(shop: Shop) -> None:
    many = 3 * parts.PAGE  # of each topic there is more than a page
    topics = ("orders/create", "orders/paid")
    values = {"store_id": shop.id, "outcome": "accepted", "copies": 1, "received_at": NOW}
    receipts = [
        {**values, "topic": topics[place % 2], "body_sha256": hashlib.sha256(str(place).encode()).hexdigest()}
        for place in range(many)
    ]
    with transaction(shop.bench.engine) as connection:
        connection.execute(sa.delete(webhooks))
        connection.execute(sa.insert(webhooks), receipts)

    assert _receipts(shop) == Counter({(one["topic"], one["body_sha256"]): 1 for one in receipts})

    told = lines(shop)
    first = next(line for line in told if json.loads(line)["table"] == "webhooks")
    assert first
    with transaction(shop.bench.engine) as connection:  # nobody is kept waiting between two lines
        connection.execute(sa.delete(webhooks))
    rest = rows(b"".join(told))
    assert len(rest["webhooks"]) == parts.PAGE - 1


def _receipts(shop: Shop) -> Counter[tuple[str, str]]:
    found = rows(b"".join(lines(shop)))["webhooks"]
    return Counter((one["topic"], one["body_sha256"]) for one in found)


def test_many_events_come_each_with_what_became_of_it(shop: Shop) -> None:
    many = parts.PAGE + 7
    with transaction(shop.bench.engine) as connection:
        one = dict(connection.execute(sa.select(events)).mappings().one())
        del one["id"]
        copies = [{**one, "subject": f"copy {place}"} for place in range(many - 1)]
        connection.execute(sa.insert(events), copies)
        deliveries = metadata.tables["deliveries"]
        bare = sa.select(events.c.id, events.c.store_id, sa.literal("skipped")).where(events.c.subject != "1")
        connection.execute(sa.insert(deliveries).from_select(["event_pk", "store_id", "state"], bare))

    found = rows(b"".join(lines(shop)))
    assert len({one["subject"] for one in found["events"]}) == len(found["events"]) == many
    assert sorted(one["event_pk"] for one in found["deliveries"]) == sorted(one["id"] for one in found["events"])


def test_every_column_is_handed_out_or_left_out_on_purpose() -> None:
    told = (parts.STORE, parts.DATASETS, parts.EVENTS, parts.DELIVERIES, parts.ATTEMPTS, *parts.REST)
    by_table = {one.name: set(one.columns) for one in told}

    assert set(metadata.tables) - set(by_table) == TABLES_LEFT_OUT
    left = {name: set(metadata.tables[name].c.keys()) - columns for name, columns in by_table.items()}
    assert {name: columns for name, columns in left.items() if columns} == LEFT_OUT


def test_an_operator_exports_a_store_to_a_file_or_to_standard_output(tmp_path: Path) -> None:
    tandem = Service(tmp_path / "data", {})
    added = tandem.add_store("woocommerce", "127.0.0.1:8090")
    file = tmp_path / "all of it.jsonl"

    assert tandem.run("export", "127.0.0.1:8090", "--output", str(file)) == ""
    shown = tandem.run("export", added["store_id"])

    written = file.read_text()
    assert rows(written.encode())["stores"] == rows(shown.encode())["stores"]
    assert rows(written.encode())["stores"][0]["domain"] == "127.0.0.1:8090"
    assert added["webhook_secret"] not in written + shown
    assert file.stat().st_mode & 0o077 == 0
    said = tandem.run("export", added["store_id"], "--output", str(tmp_path / "nowhere" / "file"), fails=True)
    assert "cannot be written: No such file or directory." in said
    assert sorted(one.name for one in tmp_path.glob("*.jsonl*")) == ["all of it.jsonl"]


def test_an_operator_hands_out_the_answer_to_one_request_of_that_store_alone(tmp_path: Path) -> None:
    """Who sees Tandem inside a platform's admin has no page to download it from."""
    tandem = Service(tmp_path / "data", {})
    mine, other = (tandem.add_store("woocommerce", f"127.0.0.1:{port}")["store_id"] for port in (8090, 8091))
    settings = config.load({}, data_dir=tandem.data_dir)
    sealed = Sealer(settings.encryption_keys).seal(b'{"events": []}', store=mine, column=SEALED_EXPORT)
    engine = connect(settings.database_url)
    with transaction(engine) as connection:
        asked = Asked(mine, "woocommerce", "x", PrivacyKind.CUSTOMER_DATA, "platform", NOW, NOW, None, ())
        answered, without = (privacy_requests.add(connection, asked) for _ in range(2))
        privacy_requests.change(connection, answered, done_at=NOW, export=sealed)
    engine.dispose()

    assert tandem.run("export", mine, "--request", str(answered)) == '{"events": []}'
    for store, number in ((mine, without), (mine, 999), (other, answered)):
        assert "There is no such answer" in tandem.run("export", store, "--request", str(number), fails=True)
