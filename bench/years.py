"""A large store's 400 days in the ledger, and many small stores beside it: what pages have to be quick with. PostgreSQL.

The service itself makes the stores, their datasets and the first order of each; all others are that order again, by
`years.sql`, on days of their own and with what may become of them. What is old is as forgotten as retention leaves it.
"""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from bench import fill
from bench.ground import Ground
from integration import db
from integration.crypto import Sealer
from integration.db import metadata
from integration.db.deliveries import State
from integration.db.signals import SEALED
from integration.db.stores import stores
from integration.pipeline import consent, dispatch, outcome, qualify
from integration.pipeline.browsing import Heard
from integration.retention import Retention

DAYS = 400
SMALL_STORES = 200
_SQL = Path(__file__).with_suffix(".sql")
_SIZES = {"days": DAYS, "shops": SMALL_STORES, "small": 100, "small_days": 60, "changes": 500, "offset": 10_000}
_GROWN = ("events", "deliveries", "webhooks", "attempts", "sightings", "signals")
_MEMORY = ("maintenance_work_mem = '512MB'", "work_mem = '256MB'", "synchronous_commit = off")


class _Became(NamedTuple):
    """What becomes of so large a part of the events that are not of this minute."""

    share: float
    state: State
    reason: str | None = None


_BECAME = (
    _Became(0.005, State.EXPIRED, outcome.UNREACHABLE),
    _Became(0.003, State.DEAD, "Meta says that the event holds too little about the customer."),
    _Became(0.002, State.AMBIGUOUS, dispatch.PERHAPS_COUNTED),
    _Became(0.04, State.WITHHELD, consent.NO_CONSENT),
    _Became(0.02, State.SKIPPED, qualify.CANCELLED),
    _Became(0.01, State.SKIPPED, qualify.NO_CUSTOMER_INFORMATION),
    _Became(1, State.DELIVERED),
)


def told(ground: Ground, url: str, number: int) -> None:
    """Fill a migrated database: so many events in the ledger of shop 0, and the small stores."""
    fill.add_shops(ground, url, SMALL_STORES + 1)
    fill.tell_one_order_each(ground, url, SMALL_STORES + 1)
    engine = sa.create_engine(url)  # the service's own ends what takes ten seconds
    indexes = [index for name in _GROWN for index in metadata.tables[name].indexes]
    with engine.begin() as connection:
        fill.unchecked(connection)
        for setting in _MEMORY:
            connection.exec_driver_sql(f"SET LOCAL {setting}")
        _hear(connection, Sealer(ground.settings(url).encryption_keys))
        for index in indexes:
            index.drop(connection)
        connection.exec_driver_sql(_filled(_SQL.read_text(encoding="utf-8"), number).replace("%", "%%"))
        for index in indexes:
            index.create(connection)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


def _hear(connection: db.Connection, sealer: Sealer) -> None:
    """What a browser says of itself, sealed for each store as the collector does."""
    connection.exec_driver_sql("CREATE TEMP TABLE heard (store_id text, sealed text)")
    words = Heard(
        fbp="fb.1.1700000000000.1234567890", user_agent="Mozilla/5.0", page="https://shop.example.com/"
    ).encoded()
    ids = connection.execute(sa.select(stores.c.id)).scalars().all()
    rows = [{"of": one, "sealed": sealer.seal(words, store=one, column=SEALED)} for one in ids]
    connection.execute(sa.text("INSERT INTO heard VALUES (:of, :sealed)"), rows)


def _filled(statements: str, number: int) -> str:
    now, kept = datetime.now(UTC), Retention()
    ages = {one.name: kept.of(one.name) // timedelta(milliseconds=1) for one in fields(kept)}
    bounds = list(accumulate(one.share for one in _BECAME))
    states = " ".join(f"WHEN luck < {bound} THEN '{one.state}'" for bound, one in zip(bounds, _BECAME, strict=True))
    reasons = " ".join(
        f"WHEN luck < {bound} THEN {sa.literal(one.reason).compile(compile_kwargs={'literal_binds': True})}"
        for bound, one in zip(bounds, _BECAME, strict=True)
    )
    words = {
        "now": db.to_ms(now),
        "states": states,
        "reasons": reasons,
        "waits": "waiting for consent",
        "zone": "Europe/Berlin",
    }
    return statements.format(number=number, **_SIZES, **ages, **words)
