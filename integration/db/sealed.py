"""Every column that holds what was sealed: what binds it there, a walk over its rows, and a seal put in another's place."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from integration.db.datasets import datasets
from integration.db.events import events
from integration.db.grants import grants
from integration.db.installs import installs
from integration.db.pair_tests import pair_tests
from integration.db.privacy_requests import privacy_requests
from integration.db.signals import signals
from integration.db.stores import SEALED_SECRET, stores
from integration.db.tasks import tasks
from integration.db.webhooks import quarantine

_ROWS = 500
_HEAVY_ROWS = 10  # where one may hold a whole webhook, or all that is known of a person


class Place(NamedTuple):
    """A sealed column. `key`: the table's primary key; `bound`: the column with what is sealed along as the store, nobody's
    where it is NULL; `name`: what is sealed along as the column; `rows`: how many are looked at together; `remembered`:
    processes keep what it holds until the version of the store changes.
    """

    column: sa.Column[Any]
    key: sa.Column[Any]
    bound: sa.Column[Any]
    name: str
    rows: int = _ROWS
    remembered: bool = False

    @property
    def spot(self) -> str:
        """`table.column`, of which there is one."""
        return f"{self.column.table.name}.{self.column.name}"


def _place(table: sa.Table, column: str, bound: str = "store_id", **more: Any) -> Place:
    (key,) = table.primary_key.columns
    name = more.pop("name", f"{table.name}.{column}")
    return Place(table.c[column], key, table.c[bound], name, **more)


PLACES = (
    _place(stores, "webhook_secret", "id", remembered=True),
    # Bound as the present one, so that the one can take the other's place as it is.
    _place(stores, "former_secret", "id", name=SEALED_SECRET, remembered=True),
    _place(stores, "alert_emails", "id"),
    _place(datasets, "token", remembered=True),
    _place(grants, "sealed"),
    _place(installs, "sealed_keys", "state_sha256"),  # of no store yet
    _place(tasks, "payload"),
    _place(privacy_requests, "demand"),
    _place(privacy_requests, "export", rows=_HEAVY_ROWS),
    _place(quarantine, "body", rows=_HEAVY_ROWS),
    _place(signals, "sealed"),
    _place(events, "user_data"),
    _place(pair_tests, "browser"),
)


class Row(NamedTuple):
    """A row of a page. `store`: what its seal is bound to; `newest`: whether that is of the newest key; `seal`: where there
    is one, and it is not.
    """

    key: Any
    store: str
    newest: bool
    seal: str | None


def page(connection: sa.Connection, place: Place, beginning: str, after: Any | None) -> list[Row]:
    """The next rows by primary key, from the first one where `after` is None. `beginning`: of the newest key's seals.

    All rows, and not only those that are looked for: to find the last few of millions would be one long statement.
    """
    newest = sa.func.substr(place.column, 1, len(beginning)) == beginning
    seal = sa.case((newest, None), (place.column == "", None), else_=place.column)
    columns = (place.key, sa.func.coalesce(place.bound, ""), sa.func.coalesce(newest, sa.false()), seal)
    wanted = sa.select(*columns).order_by(place.key).limit(place.rows)
    if after is not None:
        wanted = wanted.where(place.key > after)
    return [Row(key, store, bool(is_newest), text) for key, store, is_newest, text in connection.execute(wanted)]


class Anew(NamedTuple):
    """A seal made of the one that was `seen`. `store`: as of the row."""

    key: Any
    store: str
    seen: str
    seal: str


def replace(connection: sa.Connection, place: Place, made: Sequence[Anew]) -> int:
    """Put them in the place of those they were made of; how many. What was written or forgotten meanwhile stays so."""
    same = sa.and_(place.key == sa.bindparam("pk"), place.column == sa.bindparam("seen"))
    statement = sa.update(place.column.table).where(same).values({place.column: sa.bindparam("made")})
    changed = connection.execute(statement, [{"pk": one.key, "seen": one.seen, "made": one.seal} for one in made])
    if place.remembered:
        _touch(connection, {one.store for one in made})
    return changed.rowcount


def _touch(connection: sa.Connection, store_ids: set[str]) -> None:
    # An old seal opens as long as its key is there; a memory of it would outlive the key.
    known = sa.update(stores).where(stores.c.id == sa.bindparam("pk")).values(version=stores.c.version + 1)
    connection.execute(known, [{"pk": one} for one in sorted(store_ids)])
