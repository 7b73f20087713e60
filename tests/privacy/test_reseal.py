"""Keys change while everything runs: each sealed column is known, nothing is lost, and afterwards the old key is not needed."""

import ast
import hashlib
import importlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

import integration
from connectors.contract import WebhookRequest
from integration import db
from integration.crypto import Sealer, new_key
from integration.db import events, reading, sealed, transact, transaction
from integration.db.sealed import PLACES, Anew, Place
from integration.db.stores import stores
from integration.errors import Unavailable
from integration.pipeline.receive import Receiver
from integration.pipeline.scribe import unseal_person
from integration.pipeline.signers import own_secrets
from integration.privacy.reseal import Tally, rotate, status
from integration.stores import rotation
from tests.rig.service import Service
from tests.rig.shop import SECRET_KEY, Bench, Shop

OLD, NEW, LOST = new_key(), new_key(), new_key()
BEFORE, DURING, AFTER = Sealer([OLD]), Sealer([NEW, OLD]), Sealer([NEW])
PLAIN = b'{"of": "ada@example.com"}'
NOW = datetime(2026, 11, 30, tzinfo=UTC)
TABLES = {place.column.table.name: place.column.table for place in PLACES}
# Where a row is bound to anything but its store_id. Said here a second time, as whoever seals says it.
BOUND = {"stores": "id", "installs": "state_sha256"}
ROOT = Path(integration.__file__).parent


def columns_sealed_for(path: Path) -> Iterator[str]:
    """The `column=` of each call of a `seal` in a source file, as it stands when that runs."""
    module = ".".join(["integration", *path.relative_to(ROOT).with_suffix("").parts])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "seal":
            for word in node.keywords:
                if word.arg == "column":
                    # A name that is none of the module's cannot be followed from here, and breaks this test.
                    found = eval(ast.unparse(word.value), vars(importlib.import_module(module)))
                    assert isinstance(found, str)
                    yield found


def test_whatever_anything_is_sealed_for_is_among_the_places_that_are_sealed_anew() -> None:
    anew = {"integration/privacy/reseal.py"}
    files = [path for path in ROOT.rglob("*.py") if str(path.relative_to(ROOT.parent)) not in anew]
    named = {name for path in files for name in columns_sealed_for(path)}
    assert {"events.user_data", "installs.sealed_keys"} <= named
    assert named - {place.name for place in PLACES} == set()


# One row of each table, sealed in every way there is


def first_form(plain: bytes, store: str, column: str, key: str = OLD) -> str:
    """As the first version sealed, with Fernet."""
    return Fernet(key).encrypt(hashlib.sha256(f"{store}\x00{column}".encode()).digest()[:16] + plain).decode()


WAYS = {
    "older": lambda store, column: BEFORE.seal(PLAIN, store=store, column=column),
    "first_form": lambda store, column: first_form(PLAIN, store, column),
    "newest": lambda store, column: AFTER.seal(PLAIN, store=store, column=column),
    "lost": lambda store, column: Sealer([LOST]).seal(PLAIN, store=store, column=column),
    "lost_form": lambda store, column: first_form(PLAIN, store, column, LOST),
    "elsewhere": lambda store, column: BEFORE.seal(PLAIN, store="another", column=column),
    "empty": lambda _store, _column: "",
}


def stand_in(column: sa.Column[Any], way: str) -> Any:
    """Something that fits into a column that must hold something."""
    if column.name == "settings":
        return "{}"
    if isinstance(column.type, db.Instant):
        return NOW
    return {sa.Boolean: False, sa.Integer: 0}.get(type(column.type), f"{way}{column.name}"[:16])


def row(table: sa.Table, way: str) -> dict[str, Any]:
    """A row of the store named as `way`, with all its sealed columns sealed so."""
    counted = {one.name for one in table.primary_key if isinstance(one.type, sa.BigInteger)}
    needed = [one for one in table.c if not one.nullable and one.server_default is None and one.name not in counted]
    values = {one.name: stand_in(one, way) for one in needed}
    values["id" if table is stores else "store_id"] = way
    values = {name: value for name, value in values.items() if name in table.c}
    return values | {
        place.column.name: WAYS[way](values[BOUND.get(table.name, "store_id")], place.name) for place in of(table)
    }


def of(table: sa.Table) -> list[Place]:
    """Its sealed columns."""
    return [place for place in PLACES if place.column.table is table]


def fill(engine: db.Engine) -> None:
    """The stores first: the others are theirs."""
    with transaction(engine) as connection:
        for table in sorted(TABLES.values(), key=lambda one: one is not stores):
            for way in WAYS:
                connection.execute(sa.insert(table).values(row(table, way)))
        for table in TABLES.values():
            if "store_id" in table.c and table.c.store_id.nullable:
                nobodys = {place.column.name: BEFORE.seal(PLAIN, store="", column=place.name) for place in of(table)}
                connection.execute(sa.insert(table).values({**row(table, "older"), "store_id": None, **nobodys}))


def held(engine: db.Engine, place: Place) -> dict[tuple[str, Any], str | None]:
    """Its seals, by what they are bound to and the row's key."""
    bound = sa.func.coalesce(place.column.table.c[BOUND.get(place.column.table.name, "store_id")], "")
    with reading(engine) as connection:
        found = connection.execute(sa.select(bound, place.key, place.column))
        return {(store, key): seal for store, key, seal in found}


def test_in_every_sealed_column_what_opens_is_sealed_anew_and_what_does_not_is_left_as_it_is(engine: db.Engine) -> None:
    fill(engine)
    before = {place.spot: held(engine, place) for place in PLACES}
    of_nobody = {"tasks.payload", "privacy_requests.demand", "privacy_requests.export"}
    counts = {place.spot: Tally(newest=1, older=2 + (place.spot in of_nobody), unreadable=3) for place in PLACES}
    assert status(engine, DURING) == counts

    rotated = rotate(engine, DURING)

    assert rotated.settled
    assert rotated.resealed == {spot: tally.older for spot, tally in counts.items()}
    after = {spot: Tally(newest=1 + tally.older, older=0, unreadable=3) for spot, tally in counts.items()}
    assert rotated.found == status(engine, DURING) == status(engine, AFTER) == after
    for place in PLACES:
        for (store, key), seal in held(engine, place).items():
            was = before[place.spot][store, key]
            if seal == was:
                assert not seal or any(way in f"{store}" for way in ("lost", "newest", "elsewhere")), place.spot
            else:
                assert seal
                assert AFTER.unseal(seal, store=store, column=place.name) == PLAIN
    assert sum(rotate(engine, DURING).resealed.values()) == 0


def test_more_rows_than_one_look_takes_are_all_sealed_anew(engine: db.Engine) -> None:
    (place,) = of(TABLES["quarantine"])
    rows = [row(place.column.table, "older") | {"body_sha256": str(n)} for n in range(2 * place.rows + 1)]
    with transaction(engine) as connection:
        connection.execute(sa.insert(stores).values(row(stores, "older")))
        connection.execute(sa.insert(place.column.table), rows)

    assert rotate(engine, DURING).resealed[place.spot] == len(rows)
    assert status(engine, AFTER)[place.spot] == Tally(newest=len(rows))


def test_what_processes_remember_of_a_store_is_old_when_its_secrets_or_tokens_were_sealed_anew(
    engine: db.Engine,
) -> None:
    fill(engine)
    rotate(engine, DURING)
    with reading(engine) as connection:
        versions = dict(connection.execute(sa.select(stores.c.id, stores.c.version)).all())
    # Secret, former secret and token, each a step. What was not written needs none.
    assert versions == {way: 4 if way in ("older", "first_form") else 1 for way in WAYS}


def test_a_row_that_changes_between_look_and_write_keeps_what_was_written(engine: db.Engine) -> None:
    fill(engine)
    place = next(one for one in PLACES if one.spot == "events.user_data")
    with reading(engine) as connection:
        seen = [one for one in sealed.page(connection, place, DURING.beginning, None) if one.seal]
    forgotten, changed, alone = seen[:3]
    with transaction(engine) as connection:
        events.wipe(connection, [forgotten.key])
        events.change(connection, [changed.key], {"user_data": "another person"})

    made = [Anew(one.key, one.store, one.seal or "", f"anew {one.key}") for one in (forgotten, changed, alone)]
    assert transact(engine, lambda connection: sealed.replace(connection, place, made)) == 1

    found = {key: seal for (_, key), seal in held(engine, place).items()}
    assert [found[one.key] for one in (forgotten, changed, alone)] == [None, "another person", f"anew {alone.key}"]


def test_a_former_secret_that_was_sealed_anew_while_it_was_let_go_is_let_go_at_the_next_look(bench: Bench) -> None:
    bench.sealer = BEFORE
    shop = bench.shop("woocommerce")
    with transaction(bench.engine) as connection:
        rotation.rotate(connection, BEFORE, shop.row)
    read, over = shop.row, datetime.now(UTC) + rotation.PATIENCE * 2
    rotate(bench.engine, DURING)
    assert own_secrets(AFTER, shop.row) == own_secrets(BEFORE, read)
    assert len(own_secrets(AFTER, shop.row)) == 2

    with transaction(bench.engine) as connection:
        assert rotation.settle(connection, read, over) is not None
        assert rotation.settle(connection, shop.row, over) is None
    assert own_secrets(AFTER, shop.row) == own_secrets(BEFORE, read)[:1]


# Under load

_ORDERS, _MOST_TURNS = range(6001, 6013), 200
_TO_AND_FRO = 3 * len(_ORDERS)  # so many seals are made anew while webhooks make others


def email(order: int, turn: int) -> str:
    return f"of{order}.{turn}@example.com"


@dataclass
class Platform:
    """Tells orders, and in each further turn that somebody corrected their e-mails; until it was enough."""

    shop: Shop
    receiver: Receiver
    turns: dict[int, int] = field(default_factory=dict)
    enough: threading.Event = field(default_factory=threading.Event)

    def tell(self, orders: Sequence[int]) -> None:
        for turn in range(_MOST_TURNS):
            for order in orders:
                request = self.request(order, turn)
                while not self.taken(request):
                    pass
                self.turns[order] = turn
            if self.enough.is_set():
                return

    def request(self, order: int, turn: int) -> WebhookRequest:
        topic, case = ("order.updated", "completed") if turn else ("order.created", "card")
        told = json.loads(self.shop.sample(topic, case, order_id=str(order), age=timedelta(minutes=30)))
        told["date_modified_gmt"] = (datetime.now(UTC) + timedelta(seconds=turn - 300)).strftime("%Y-%m-%dT%H:%M:%S")
        told["billing"]["email"] = email(order, turn)
        return self.shop.request(topic, json.dumps(told).encode())

    def taken(self, request: WebhookRequest) -> bool:
        try:
            reply = self.receiver.receive("woocommerce", request, datetime.now(UTC))
        except Unavailable:  # a 503, after which a platform tries again
            return False
        assert reply.status in ("accepted", "duplicate")
        return True

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Two at a time, while the block runs."""
        threads = [threading.Thread(target=self.tell, args=(_ORDERS[n::2],)) for n in range(2)]
        for thread in threads:
            thread.start()
        yield
        self.enough.set()
        for thread in threads:
            thread.join()


def test_webhooks_are_taken_while_keys_change_and_afterwards_the_old_key_can_go(bench: Bench) -> None:
    bench.sealer = BEFORE
    shop = bench.shop("woocommerce")
    for order in _ORDERS[:-2]:
        assert shop.tell("order.created", shop.sample("order.created", "card", order_id=str(order))).status
    platform, tries, anew = Platform(shop, Receiver(bench.engine, DURING, SECRET_KEY, {}, bench.memory)), 0, 0

    with platform.telling():
        while anew < _TO_AND_FRO and (tries := tries + 1) < _MOST_TURNS:
            for keys in ([OLD, NEW], [NEW, OLD]):
                anew += sum(rotate(bench.engine, Sealer(keys)).resealed.values())

    assert anew >= _TO_AND_FRO
    assert platform.turns.keys() == set(_ORDERS)
    assert rotate(bench.engine, DURING).settled
    bench.sealer = AFTER
    newest = [hashlib.sha256(email(order, platform.turns[order]).encode()).hexdigest() for order in _ORDERS]
    assert people(bench) == newest
    assert bench.deliver() == len(_ORDERS)
    assert set(bench.states()) == {("delivered", None)}
    assert shop.tell("order.created", shop.sample("order.created", "card", order_id="6999")).status == "accepted"


def people(bench: Bench) -> list[str]:
    """The hashed e-mail of each order's person."""
    with reading(bench.engine) as connection:
        found = connection.execute(
            sa.select(events.events.c.store_id, events.events.c.user_data).order_by(events.events.c.order_id)
        ).all()
    return [unseal_person(bench.sealer, store, seal).user_data["em"] for store, seal in found]


# The command


@pytest.fixture
def tandem(tmp_path: Path) -> Service:
    return Service(tmp_path / "data", {"ENCRYPTION_KEYS": OLD})


def with_keys(tandem: Service, *keys: str) -> Service:
    return Service(tandem.data_dir, {"ENCRYPTION_KEYS": ",".join(keys)})


def test_an_operator_changes_the_key_and_is_told_when_the_old_one_can_go(tandem: Service) -> None:
    tandem.add_store("woocommerce", "127.0.0.1:8090", "--dataset", "1001", "--token", "a-token")
    fresh = tandem.run("keys", "new").strip()
    both = with_keys(tandem, fresh, OLD)

    with closing(sqlite3.connect(tandem.data_dir / "tandem.db")) as database:
        database.execute("CREATE TRIGGER busy BEFORE UPDATE OF token ON datasets BEGIN SELECT RAISE(IGNORE); END")
    stuck = both.ask("keys", "rotate", "--json")
    told = json.loads(stuck.stdout)
    assert (stuck.returncode, told["resealed"], told["newest"], told["older"], told["unreadable"]) == (1, 1, 1, 1, 0)
    assert told["columns"]["datasets.token"] == {"newest": 0, "older": 1, "unreadable": 0}
    assert "a process still runs with the former ENCRYPTION_KEYS" in stuck.stderr
    with closing(sqlite3.connect(tandem.data_dir / "tandem.db")) as database:
        database.execute("DROP TRIGGER busy")

    said = both.run("keys", "rotate")
    assert said.startswith("1 seal was made anew with the newest key.")
    assert "only the first of ENCRYPTION_KEYS is needed" in said
    assert "open with no key" not in said
    alone = json.loads(with_keys(tandem, fresh).run("keys", "status", "--json"))
    assert (alone["newest"], alone["older"], alone["unreadable"]) == (2, 0, 0)
    assert "2 open with no key of ENCRYPTION_KEYS" in with_keys(tandem, LOST).run("keys", "status")
