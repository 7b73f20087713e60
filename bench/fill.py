"""Databases filled as the service would fill them: stores, datasets and one order each by its own code, then many
copies of those rows by SQL, which differ in nothing but their ids.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bench import orders
from bench.ground import Ground, migrated
from connectors.contract import WebhookRequest
from integration import db
from integration.crypto import Sealer
from integration.db import transaction
from integration.db.datasets import datasets
from integration.db.deliveries import State, deliveries
from integration.db.events import events
from integration.db.stores import stores
from integration.db.webhooks import webhooks
from integration.pipeline.receive import Outcome, Receiver
from integration.stores import connect, credentials
from tests.rig import postgres

_FIRST_DATASET = 100_000_000_000_000
_FEW = 10
_APART = 1_000_000  # between the order numbers of two shops


def dataset(number: int) -> str:
    """The id of that shop's dataset."""
    return str(_FIRST_DATASET + number)


def domain(number: int) -> str:
    """The shop with this number."""
    return f"shop-{number}.myshopify.com"


def domains(shops: int) -> list[str]:
    """The first shops."""
    return [domain(number) for number in range(shops)]


def add_shops(ground: Ground, url: str, shops: int, *, with_datasets: bool = True) -> None:
    """Connect shops by the service's own use-cases."""
    settings, engine, now = ground.settings(url), db.connect(url), datetime.now(UTC)
    sealer = Sealer(settings.encryption_keys)
    with transaction(engine) as connection:
        for number in range(shops):
            new = connect.NewStore(orders.PLATFORM, domain(number), None, now - timedelta(days=1))
            connected = connect.add_store(
                connection, new, sealer=sealer, app_secrets=settings.app_secrets, now=now, production=False
            )
            if with_datasets:
                dataset_id = dataset(number)
                credentials.attach(
                    connection,
                    connected.store,
                    dataset_id,
                    "good-token",
                    sealer=sealer,
                    test_event_code=None,
                    now=now,
                )
    engine.dispose()


def tell_one_order_each(ground: Ground, url: str, shops: int) -> None:
    """One paid order of each shop, of usual size, through the receiver."""
    settings, engine, now = ground.settings(url), db.connect(url), datetime.now(UTC)
    receiver = Receiver(engine, Sealer(settings.encryption_keys), settings.secret_key, settings.app_secrets)
    for number in range(shops):
        body = orders.body(number * _APART, now.replace(microsecond=0) - timedelta(minutes=1), orders.USUAL)
        headers = orders.connector().sign(orders.TOPIC, body, orders.SECRET, domain(number))
        request = WebhookRequest(body, {name.lower(): text for name, text in headers.items()})
        if receiver.receive(orders.PLATFORM, request, now).status is not Outcome.ACCEPTED:
            raise RuntimeError("an order was not accepted")
    engine.dispose()


def multiply(url: str, copies: int) -> None:
    """Of each event and its delivery, `copies` more: the same rows with other order ids."""
    engine = sa.create_engine(url)  # the service's own ends what takes ten seconds
    with engine.begin() as connection:
        unchecked(connection)
        series = _series(copies)
        another = sa.cast(sa.cast(events.c.subject, sa.BigInteger) + series.c.n, sa.String)
        each = events.join(series, sa.true())
        _copy(connection, events, dict.fromkeys(("subject", "event_id", "order_id"), another), each)
        first = events.alias("first")
        twin = sa.and_(first.c.store_id == events.c.store_id, first.c.id != events.c.id)
        of_twins = deliveries.join(first, deliveries.c.event_pk == first.c.id).join(events, twin)
        _copy(connection, deliveries, {"event_pk": events.c.id}, of_twins)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


def unchecked(connection: sa.Connection) -> None:
    """Leave out the checks of foreign keys in this transaction, where the database lets us: copies belong together."""
    allowed = "SET LOCAL session_replication_role = replica"
    connection.exec_driver_sql(f"DO $$ BEGIN {allowed}; EXCEPTION WHEN insufficient_privilege THEN NULL; END $$")


def _copy(
    connection: db.Connection,
    table: sa.Table,
    other: Mapping[str, sa.ColumnElement[Any]],
    origin: sa.FromClause,
) -> None:
    """Insert the table's rows that `origin` gives again, with `other` values in some columns; new ids where they are
    counted.
    """
    columns = [column for column in table.c if not (column.name == "id" and column.name not in other)]
    values = [other.get(column.name, column) for column in columns]
    chosen = sa.select(*values).select_from(origin)
    connection.execute(sa.insert(table).from_select([column.name for column in columns], chosen))


@dataclass(slots=True)
class Mould:
    """Databases with so many shops, each with one event that is due: all clones of one."""

    ground: Ground
    shops: int
    cluster: postgres.Cluster

    @contextmanager
    def database(self, copies: int) -> Iterator[str]:
        """One of them, with `copies` more events a shop."""
        with self.cluster.database(self._fill) as url:
            multiply(url, copies)
            yield url

    def _fill(self, url: str) -> None:
        migrated(url)
        add_shops(self.ground, url, self.shops)
        tell_one_order_each(self.ground, url, self.shops)


@contextmanager
def mould(ground: Ground, shops: int) -> Iterator[Mould]:
    """A mould, broken at the end."""
    found = Mould(ground, shops, postgres.Cluster(ground.cluster.url))
    try:
        yield found
    finally:
        found.cluster.drop_template()


def grow(ground: Ground, url: str, shops: int, told: int) -> None:
    """A small installation of ten shops with an order each, delivered; then as many shops and events as wanted, by
    copies. Sealed values are copied too, and would not open in the copies: no webhook of an app's store tries.
    """
    add_shops(ground, url, _FEW)
    tell_one_order_each(ground, url, _FEW)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        unchecked(connection)
        connection.execute(sa.update(deliveries).values(state=State.DELIVERED, next_at=None, delivered_at=db.clock()))
        if shops > _FEW:
            _more_shops(connection, shops // _FEW - 1)
        _more_receipts(connection, told // _FEW - 1)
    engine.dispose()
    multiply(url, told // _FEW - 1)


def _more_shops(connection: db.Connection, copies: int) -> None:
    series = _series(copies)
    n = sa.cast(series.c.n, sa.String)
    number = sa.cast(sa.func.substring(stores.c.domain, r"\d+"), sa.Integer) + series.c.n * _FEW
    keys = {name: sa.func.md5(stores.c[name] + n) for name in ("id", "public_key", "webhook_key")}
    named = {**keys, "domain": sa.func.concat("shop-", number, ".myshopify.com")}
    _copy(connection, stores, named, stores.join(series, sa.true()))
    theirs = {"store_id": sa.func.md5(datasets.c.store_id + n)}
    _copy(connection, datasets, theirs, datasets.join(series, sa.true()))


def _more_receipts(connection: db.Connection, copies: int) -> None:
    series = _series(copies)
    body = webhooks.c.body_sha256 + sa.cast(series.c.n, sa.String)
    another = {"body_sha256": sa.func.concat(sa.func.md5(body), sa.func.md5("-" + body))}
    _copy(connection, webhooks, another, webhooks.join(series, sa.true()))


def _series(copies: int) -> sa.TableValuedAlias:
    return sa.func.generate_series(1, copies).table_valued("n").render_derived()
