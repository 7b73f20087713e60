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

from integration.db import outages, patience

_MOST_IDLE = 32
_SECONDS = 15.0


class Lines:
    """The lines of one engine. Safe for many threads: each statement has a line to itself."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = ref(engine)
        self._idle: deque[Any] = deque()
        sa.event.listen(engine, "engine_disposed", lambda _engine: self.hang_up())

    def run(self, statement: str, values: Sequence[Any]) -> int:
        """How many rows it wrote; 0 also where its line was dead. Raises Unavailable, Contended, and SQLAlchemy's
        IntegrityError.
        """
        line = self._take()
        try:
            return self._execute(line, statement, values)
        except psycopg.Error as error:
            with outages():
                raise _in_our_words(error) from None
        finally:
            self._give_back(line)

    def _take(self) -> Any:
        try:
            return self._idle.pop()
        except IndexError:
            return self._new()

    def _new(self) -> Any:
        engine = self._engine()
        assert engine is not None  # noqa: S101 (whoever asks for a line has it)
        with outages():
            try:
                pooled = engine.raw_connection()
            except psycopg.Error as error:
                raise _in_our_words(error) from None
        line = pooled.driver_connection
        pooled.detach()
        return line

    def _give_back(self, line: Any) -> None:
        if len(self._idle) < _MOST_IDLE and not line.closed:
            self._idle.append(line)
        else:
            line.close()

    def _execute(self, line: Any, statement: str, values: Sequence[Any]) -> int:
        until = patience.until(_SECONDS)
        name = patience.watch(line, until)
        try:
            return int(line.execute(statement, values).rowcount)
        except psycopg.OperationalError:
            if not line.closed or time.monotonic() >= until:
                raise
            self.hang_up()  # the server ended it, and the others with it
            return 0
        finally:
            patience.forget(name)

    def hang_up(self) -> None:
        """Close those that nobody uses at the moment."""
        while self._idle:
            self._idle.pop().close()


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
