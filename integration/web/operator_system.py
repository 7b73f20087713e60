"""`/operator/system`: which Tandem this is, on which schema, with how many keys, and whether it is ready."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Response

from integration import __version__
from integration.crypto import Sealer
from integration.db import migrate
from integration.db import now as database_now
from integration.db import operators as table
from integration.queues import Bell
from integration.web import health
from integration.web.operator_desk import Desk
from integration.web.operator_pages import Room

PATH = "/system"
_DATABASES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
# Clocks of two machines that differ by more make the times on these pages wrong, not what is sent.
_CLOCKS_APART = timedelta(seconds=5)
_HEADS = ("What", "Is")


@dataclass(frozen=True, slots=True)
class System:
    """What the page is told when the process starts. `keys`: how many ENCRYPTION_KEYS there are."""

    bell: Bell
    sealer: Sealer
    keys: int
    graph: str  # the version of Meta's API

    def rooms(self) -> Sequence[Room]:
        """The page, and the same as a file."""
        return [Room(PATH, self.show, PATH), Room(f"{PATH}.csv", self.download, PATH)]

    def show(self, desk: Desk) -> Response:
        """The page."""
        unready = health.unready(desk.engine, self.bell)
        with desk.reading() as connection:
            apart = abs(database_now(connection) - desk.now)
            inside = table.signed_in(connection, database_now(connection))
            everyone = [one for one in table.everyone(connection) if one.ended_at is None]
        return desk.page(
            "operator/system.html",
            facts=self.facts(desk),
            unready=unready,
            keys=self.keys,
            apart=apart if apart > _CLOCKS_APART else None,
            operators=[(one.name, one.created_at, inside.get(one.id)) for one in everyone],
            csv_at=desk.at(f"{PATH}.csv"),
        )

    def download(self, desk: Desk) -> Response:
        """What stands on it."""
        ready = health.unready(desk.engine, self.bell) or "yes"
        return desk.csv("system", _HEADS, [*self.facts(desk), ("Ready", ready)])

    def facts(self, desk: Desk) -> Sequence[tuple[str, str]]:
        """What there is to know of this process and its database. Nothing is counted."""
        with desk.reading() as connection:
            revision, dialect = migrate.revision(connection), connection.dialect.name
        return [
            ("Tandem", __version__),
            ("Python", platform.python_version()),
            ("Meta’s API", self.graph),
            ("Database", _DATABASES.get(dialect, dialect)),
            ("Its schema", revision or "none"),
            ("The newest schema", migrate.newest() or "none"),
            ("Encryption keys", str(self.keys)),
            ("The key that seals begins its seals with", self.sealer.beginning),
        ]
