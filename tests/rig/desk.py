"""Where stores are connected and kept so, whatever their platform: the use-cases on a real database, nothing in between."""

import secrets
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

import sqlalchemy as sa

from integration import db
from integration.crypto import Sealer, new_key
from integration.db import alerts, chores, grants, metadata, reading, stores, surveys, transaction
from integration.db.chores import Chore
from integration.db.grants import KeptGrant
from integration.db.stores import Store
from integration.monitor import watch
from integration.stores import grants as tokens
from integration.stores import upkeep
from integration.stores.platforms import Platforms

PUBLIC_URL = "http://127.0.0.1:8000"


@dataclass
class Desk(ABC):
    """What an office of each platform has."""

    engine: db.Engine
    sealer: Sealer = field(default_factory=lambda: Sealer([new_key()]), kw_only=True)
    public_url: str = field(default=PUBLIC_URL, kw_only=True)
    platform: ClassVar[str]

    @property
    @abstractmethod
    def usual(self) -> str:
        """The domain of the shop that is meant where none is named."""

    @property
    @abstractmethod
    def platforms(self) -> Platforms:
        """What the use-cases are given."""

    def look_after(self, moment: datetime | None = None) -> int:
        """Do the chores that are due."""
        owner = secrets.token_hex(4)
        return upkeep.run_due(self.platforms, owner, seconds=30.0, now=lambda: moment or now(), beside=watch.CHORES)

    def make_due(self, *kinds: str) -> None:
        """As if their time had come; all of them where none is named."""
        table = chores.chores
        wanted = table.c.kind.in_(kinds) if kinds else sa.true()
        with transaction(self.engine) as connection:
            connection.execute(sa.update(table).where(wanted).values(due_at=datetime(2020, 1, 1, tzinfo=UTC)))

    def store(self, shop: str | None = None) -> Store:
        """As the database has it."""
        with reading(self.engine) as connection:
            found = stores.by_domain(connection, self.platform, shop or self.usual)
        assert found
        return found

    def grant(self, shop: str | None = None) -> KeptGrant | None:
        with reading(self.engine) as connection:
            return grants.of_store(connection, self.store(shop).id)

    def token(self, shop: str | None = None) -> str:
        """What we hold, unsealed."""
        kept = self.grant(shop)
        assert kept
        return tokens.open_pair(self.platforms, kept).token

    def chores(self, shop: str | None = None) -> dict[str, Chore]:
        """What is planned, by kind."""
        with reading(self.engine) as connection:
            return {one.kind: one for one in chores.of_store(connection, self.store(shop).id)}

    def alerts(self) -> dict[str, str]:
        """Sentences, by kind."""
        with reading(self.engine) as connection:
            return {row.kind: row.sentence for row in alerts.everything(connection, 100)}

    def survey(self, shop: str | None = None) -> Any:
        with reading(self.engine) as connection:
            return surveys.of_store(connection, self.store(shop).id)

    def change_grant(self, **values: Any) -> None:
        """Its row, as time or an accident would leave it."""
        with transaction(self.engine) as connection:
            connection.execute(sa.update(grants.grants).values(values))

    def everything(self) -> str:
        """All that is stored, as text."""
        with reading(self.engine) as connection:
            return "\n".join(
                str(tuple(row)) for table in metadata.sorted_tables for row in connection.execute(sa.select(table))
            )


def now() -> datetime:
    return datetime.now(UTC)
