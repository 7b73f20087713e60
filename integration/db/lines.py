"""Lines to PostgreSQL for single statements that commit themselves: no round trips to begin and to end, nothing to reset.

Beside the engine's pool, which costs a webhook a third of what its statement does. A line is never asked whether it
lives: a statement whose line turns out dead is told as not written, and its caller goes the careful way, which looks.
"""

import time
from collections import deque
from collections.abc import Sequence
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary, ref

import psycopg
import sqlalchemy as sa
from psycopg import pq

from integration.db import outages, patience

_MOST_IDLE = 32
_SECONDS = 15.0

Value = str | int | bool | None


class Line:
    """One connection, and the statements it has prepared. libpq is used as it is: the driver's own way to a prepared
    statement takes three times as long as the statement's journey.
    """

    def __init__(self, driver: Any) -> None:
        if driver.info.encoding != "utf-8":
            driver.execute("SET client_encoding TO 'UTF8'")
        self.driver = driver
        self._names: dict[str, bytes] = {}

    def execute(self, statement: str, values: Sequence[Value]) -> int:
        """How many rows it wrote; none for a text that PostgreSQL cannot hold. Raises psycopg's errors."""
        told = [_written(value) for value in values]
        if b"\0" in b"".join(filter(None, told)):
            return 0  # libpq would take it for the end of the text
        name = self._names.get(statement) or self._prepare(statement)
        return int(self._checked(self.driver.pgconn.exec_prepared(name, told)).command_tuples or 0)

    def _prepare(self, statement: str) -> bytes:
        name = b"line_%d" % len(self._names)
        self._checked(self.driver.pgconn.prepare(name, statement.encode()))
        self._names[statement] = name
        return name

    def _checked(self, result: Any) -> Any:
        if result.status in _GOOD:
            return result
        if self.driver.closed:
            raise psycopg.OperationalError("The connection is gone.")
        raise psycopg.errors.error_from_result(result)


_GOOD = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK)


def _written(value: Value) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, str):
        return value.encode()
    return b"%d" % value


class Lines:
    """The lines of one engine. Safe for many threads: each statement has a line to itself."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = ref(engine)
        self._idle: deque[Line] = deque()
        sa.event.listen(engine, "engine_disposed", lambda _engine: self.hang_up())

    def run(self, statement: str, values: Sequence[Value]) -> int:
        """How many rows it wrote; 0 also where its line was dead. `values` are those of $1, $2, ... Raises Unavailable,
        Contended, and SQLAlchemy's IntegrityError.
        """
        line = self._take()
        try:
            return self._execute(line, statement, values)
        except psycopg.Error as error:
            with outages():
                raise _in_our_words(error) from None
        finally:
            self._give_back(line)

    def _take(self) -> Line:
        try:
            return self._idle.pop()
        except IndexError:
            return self._new()

    def _new(self) -> Line:
        engine = self._engine()
        assert engine is not None  # noqa: S101 (whoever asks for a line has it)
        with outages():
            try:
                pooled = engine.raw_connection()
                driver = pooled.driver_connection
                pooled.detach()
                return Line(driver)
            except psycopg.Error as error:
                raise _in_our_words(error) from None

    def _give_back(self, line: Line) -> None:
        if len(self._idle) < _MOST_IDLE and not line.driver.closed:
            self._idle.append(line)
        else:
            line.driver.close()

    def _execute(self, line: Line, statement: str, values: Sequence[Value]) -> int:
        until = patience.until(_SECONDS)
        name = patience.watch(line.driver, until)
        try:
            return line.execute(statement, values)
        except psycopg.OperationalError:
            if not line.driver.closed or time.monotonic() >= until:
                raise
            self.hang_up()  # the server ended it, and the others with it
            return 0
        finally:
            patience.forget(name)

    def hang_up(self) -> None:
        """Close those that nobody uses at the moment."""
        while self._idle:
            self._idle.pop().driver.close()


def _in_our_words(error: psycopg.Error) -> BaseException:
    """SQLAlchemy's, and without what was to be stored."""
    return sa.exc.DBAPIError.instance(None, None, error, psycopg.Error, hide_parameters=True)


_of: "WeakKeyDictionary[sa.Engine, Lines]" = WeakKeyDictionary()
_making = Lock()


def of(engine: sa.Engine) -> Lines:
    """Those of this engine."""
    found = _of.get(engine)
    if found is None:
        with _making:
            found = _of.get(engine) or _of.setdefault(engine, Lines(engine))
    return found
