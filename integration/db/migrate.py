"""Brings the schema to the newest migration, and tells whether it is there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

_SCRIPTS = Path(__file__).parents[2] / "migrations"


def configuration() -> Config:
    """Alembic's configuration: the scripts stand beside the packages, and nothing else has to be told."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config


def upgrade(engine: sa.Engine, revision: str = "head") -> None:
    """Run the migrations that are missing, each in a transaction; several processes may try at once."""
    _run(engine, command.upgrade, revision)


def downgrade(engine: sa.Engine, revision: str) -> None:
    """Go back to a revision; "base" is before the first."""
    _run(engine, command.downgrade, revision)


def _run(engine: sa.Engine, action: Callable[[Config, str], None], revision: str) -> None:
    config = configuration()
    with engine.connect() as connection, _references_unchecked(connection):
        config.attributes["connection"] = connection
        action(config, revision)


@contextmanager
def _references_unchecked(connection: sa.Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew and dropping the old one, which would take every row along that refers
    to it. Its check of references can be switched off outside a transaction only.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    raw = connection.connection.driver_connection
    if raw is None:
        raise RuntimeError("The connection is closed.")
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def is_current(connection: sa.Connection) -> bool:
    """Whether the schema is the newest."""
    return revision(connection) == newest()


def revision(connection: sa.Connection) -> str | None:
    """The last migration this database has seen; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """The last migration there is."""
    return ScriptDirectory.from_config(configuration()).get_current_head()
