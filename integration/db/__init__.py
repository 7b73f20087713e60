"""The only door to SQL: the engine, transactions, the database's clock. A table and its queries live together."""

import json
import random
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement, GenericFunction

from integration.db import patience
from integration.db.patience import within
from integration.errors import Contended, Silent, Unavailable

T = TypeVar("T")

# Others pass these on, and know nothing else of SQLAlchemy.
__all__ = [
    "ROW_ID",
    "Connection",
    "Engine",
    "Instant",
    "after",
    "among",
    "among_texts",
    "clock",
    "connect",
    "from_ms",
    "insert",
    "metadata",
    "now",
    "outages",
    "reading",
    "to_ms",
    "transact",
    "transaction",
    "within",
]

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# SQLSTATE: serialization failure, deadlock detected.
_CONTENDED = frozenset({"40001", "40P01"})
# A server that only reads: a replica, or one that is about to change places.
_READ_ONLY = "25006"
_TRIES = 4
_SQLITE_BUSY_MS = 2_000
_CONNECT_SECONDS = 2
_STATEMENT_MS = 10_000
_PATIENCE_SECONDS = 15.0  # above the server's own limit for a statement


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC time in Python, whole milliseconds since 1970 in the database: exact and equal on both engines."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002
        """Milliseconds."""
        return None if value is None else to_ms(value)

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """An aware time."""
        return None if value is None else from_ms(value)


class _Ids(sa.types.TypeDecorator[Sequence[int]]):
    """Many ids as one parameter: a thousand of them cost more to bind than to update."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        """An array, or JSON where there are none."""
        return dialect.type_descriptor(ARRAY(sa.BigInteger) if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: Sequence[int] | None, dialect: sa.Dialect) -> Any:
        """As that."""
        ids = list(value or ())
        return ids if dialect.name == "postgresql" else json.dumps(ids)


class _Texts(_Ids):
    """Many texts as one parameter."""

    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        """An array, or JSON where there are none."""
        return dialect.type_descriptor(ARRAY(sa.Text) if dialect.name == "postgresql" else sa.Text())


class _Among(FunctionElement[bool]):
    type = sa.Boolean()
    inherit_cache = True
    name = "among"

    def self_group(self, against: Any = None) -> Any:  # noqa: ARG002
        """As it is: compared with 1, as SQLite's booleans are, it would no longer use an index."""
        return self


def among(column: sa.ColumnElement[Any], ids: Sequence[int]) -> sa.ColumnElement[bool]:
    """Whether a column is one of many ids."""
    return _Among(column, sa.bindparam(None, ids, type_=_Ids(), unique=True))


def among_texts(column: sa.ColumnElement[Any], texts: Collection[str]) -> sa.ColumnElement[bool]:
    """Whether a column is one of many texts."""
    return _Among(column, sa.bindparam(None, list(texts), type_=_Texts(), unique=True))


@compiles(_Among, "postgresql")
def _among_on_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    column, ids = (compiler.process(one, **kw) for one in element.clauses)
    return f"{column} = ANY({ids})"


@compiles(_Among, "sqlite")
def _among_on_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    column, ids = (compiler.process(one, **kw) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware time."""
    return round(moment.timestamp() * 1000)


def from_ms(milliseconds: int) -> datetime:
    """The aware UTC time of milliseconds since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)  # a float's error is far below its microsecond


class clock(GenericFunction[datetime]):  # noqa: N801
    """The database's clock when this statement began. Leases and due times use it alone: machines disagree about the
    time. The statement's and not the very moment's: what changes while a row is looked at can use no index.
    """

    type = Instant()
    inherit_cache = True


@compiles(clock, "postgresql")
def _clock_on_postgresql(element: Any, compiler: Any, **kw: Any) -> str:  # noqa: ARG001
    return "(extract(epoch from statement_timestamp()) * 1000)::bigint"


@compiles(clock, "sqlite")
def _clock_on_sqlite(element: Any, compiler: Any, **kw: Any) -> str:  # noqa: ARG001
    return "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"


def connect(url: str) -> sa.Engine:
    """An engine for PostgreSQL or SQLite. Connects to nothing yet.

    No transaction on it waits longer than 15 seconds for a PostgreSQL that says nothing; see `within` for less.
    """
    if url.startswith("sqlite"):
        engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": _SQLITE_BUSY_MS / 1000})
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = sa.create_engine(
        url,
        hide_parameters=True,  # an error's text must not repeat what was to be stored
        pool_size=10,
        max_overflow=20,
        pool_timeout=_CONNECT_SECONDS,
        connect_args={
            # The driver begins nothing by itself: `lines` need no transaction, and the others say BEGIN.
            "autocommit": True,
            "connect_timeout": _CONNECT_SECONDS,
            "options": f"-c statement_timeout={_STATEMENT_MS} -c lock_timeout={_SQLITE_BUSY_MS}",
        },
    )
    sa.event.listen(engine, "checkout", patience.refuse_dead)
    sa.event.listen(engine, "begin", _begin_postgresql)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # pysqlite's own transaction handling would begin DEFERRED and only at the first write: two writers then deadlock.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={_SQLITE_BUSY_MS}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _begin_postgresql(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


@contextmanager
def transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One writing transaction: committed at the end, rolled back on any error. Raises Unavailable."""
    with outages(), engine.connect() as connection, _patient(connection), connection.begin():
        yield connection


def transact(engine: sa.Engine, work: Callable[[sa.Connection], T]) -> T:
    """What `work` gives, done in one writing transaction; done again from the start where another was in its way.

    `work` must have no effect but through its connection. Raises Unavailable.
    """
    for _ in range(_TRIES - 1):
        try:
            with transaction(engine) as connection:
                return work(connection)
        except Contended:
            time.sleep(random.uniform(0.005, 0.05))  # noqa: S311
    with transaction(engine) as connection:
        return work(connection)


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that only reads, and on SQLite never waits for a writer. Raises Unavailable."""
    with (
        outages(),
        engine.connect().execution_options(reading=True) as connection,
        _patient(connection),
        connection.begin(),
    ):
        yield connection


def _patient(connection: sa.Connection) -> AbstractContextManager[None]:
    """SQLite is in our own process, and has its own limit."""
    if connection.dialect.name != "postgresql":
        return nullcontext()
    return patience.watched(connection.connection.driver_connection, _PATIENCE_SECONDS)


@contextmanager
def outages() -> Iterator[None]:
    """A database that is gone, frozen or busy becomes Unavailable; a mistake of ours stays what it is."""
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) in _CONTENDED:
            raise Contended("The database ended a transaction that was in another's way.") from None
        # Only PostgreSQL's driver has such a word: a SQLite that is busy is in our own process, and not silent.
        silent = getattr(error.orig, "sqlstate", "") is None
        # `from None`: the driver's text may repeat what was to be stored.
        raise (Silent if silent else Unavailable)("The database is not available.") from None
    except sa.exc.TimeoutError:
        raise Unavailable("The database has no connection to spare.") from None
    except DBAPIError as error:
        if error.connection_invalidated or getattr(error.orig, "sqlstate", None) == _READ_ONLY:
            raise Unavailable("The database ended the connection, or takes nothing at the moment.") from None
        raise


def after(delay: timedelta) -> sa.ColumnElement[datetime]:
    """A time from now, by the database's clock."""
    milliseconds = sa.literal(round(delay.total_seconds() * 1000), sa.BigInteger)
    return sa.type_coerce(sa.type_coerce(clock(), sa.BigInteger) + milliseconds, Instant)


def now(connection: sa.Connection) -> datetime:
    """The database's clock."""
    return connection.execute(sa.select(clock())).scalar_one()


def insert(connection: sa.Connection, table: sa.Table) -> Any:
    """An INSERT of the engine at hand, with its `on_conflict_do_nothing`."""
    from sqlalchemy.dialects import postgresql, sqlite

    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
