"""One statement for a page of a store's deliveries with their events: which rows are wanted, and how an index finds them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from integration.db import Instant
from integration.db.datasets import datasets
from integration.db.deliveries import State, deliveries
from integration.db.events import events

_ESCAPE = "!"


class Row(NamedTuple):
    """A delivery with its event. `dataset_id` is Meta's, None while the store has none."""

    id: int
    state: str
    reason: str | None
    ruling: str | None
    attempts: int
    next_at: datetime | None
    delivered_at: datetime | None
    event_pk: int
    event_name: str
    event_id: str
    subject: str
    order_id: str | None
    test: bool
    placed_at: datetime
    received_at: datetime
    value: str | None
    currency: str | None
    facts: str
    checkout_key: str | None
    dataset_id: str | None


_COLUMNS = [next(table.c[name] for table in (deliveries, events, datasets) if name in table.c) for name in Row._fields]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries; what is not said is not asked. `since` and `until` are about when their events were received."""

    states: Sequence[State] = ()
    event_name: str | None = None
    source: str | None = None
    payment: str | None = None
    number: str | None = None  # the order's, as its shop says it
    reason: str | None = None
    test: bool | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def asked(self) -> Mapping[str, Any]:
        """What is asked beyond the states, which the index does not know."""
        given = {name: getattr(self, name) for name in _ASKED}
        return {
            name: _pattern(name, value) if name in _OF_FACTS else value
            for name, value in given.items()
            if value is not None
        }


_OF_FACTS = frozenset({"source", "payment", "number"})


def _in_facts(pattern: Any) -> sa.ColumnElement[bool]:
    return events.c.facts.like(pattern, escape=_ESCAPE)


_ASKED: Mapping[str, Callable[[Any], sa.ColumnElement[bool]]] = MappingProxyType(
    {
        "event_name": lambda name: events.c.event_name == name,
        "reason": lambda reason: deliveries.c.reason == reason,
        "since": lambda moment: events.c.received_at >= moment,
        "until": lambda moment: events.c.received_at < moment,
        "test": lambda test: events.c.test == test,
        **dict.fromkeys(sorted(_OF_FACTS), _in_facts),
    }
)
_TYPES: Mapping[str, sa.types.TypeEngine[Any]] = {"since": Instant(), "until": Instant(), "test": sa.Boolean()}


def _pattern(name: str, text: str) -> str:
    """What the facts have where that name has that text: they are JSON as we write it, without a blank."""
    packed = msgspec.json.encode(text).decode()
    for special in (_ESCAPE, "%", "_"):
        packed = packed.replace(special, f"{_ESCAPE}{special}")
    return f'%"{name}":{packed}%'


_STORE = sa.bindparam("of_store", type_=sa.String())
_BELOW, _ABOVE = (sa.bindparam(name, type_=sa.BigInteger()) for name in ("below", "above"))
_CHUNK, _MOST = (sa.bindparam(name, type_=sa.Integer()) for name in ("chunk", "most"))


@lru_cache(maxsize=256)
def statement(states: tuple[State, ...], asked: frozenset[str], *, upwards: bool) -> sa.Select[Any]:
    """The next ids between `below` and `above`, and of those rows at most `most` that are as `asked`.

    Each beside the last id of the chunk and how many there are; that alone, where none fits.
    """
    looked = next_ids(states, upwards=upwards).cte("looked")
    edge = sa.func.max(looked.c.id) if upwards else sa.func.min(looked.c.id)
    seen = sa.select(edge.label("edge"), sa.func.count().label("number")).select_from(looked).subquery("seen")
    fitting = [_ASKED[name](sa.bindparam(name, type_=_TYPES.get(name, sa.String()))) for name in sorted(asked)]
    rows = with_events(looked.join(deliveries, deliveries.c.id == looked.c.id)).where(*fitting)
    page = rows.order_by(_way(looked.c.id, upwards=upwards)).limit(_MOST).subquery("page")
    both = sa.select(seen.c.edge, seen.c.number, *page.c).select_from(seen.outerjoin(page, sa.true()))
    return both.order_by(_way(page.c.id, upwards=upwards))


def next_ids(states: Sequence[State], *, upwards: bool) -> sa.Select[Any]:
    """The next `chunk` of a store's ids: of each state the next by the index, and of those together again the next."""
    parts = [_next_of(state, upwards=upwards) for state in states]
    together = sa.union_all(*parts).subquery()
    return sa.select(together.c.id).order_by(_way(together.c.id, upwards=upwards)).limit(_CHUNK)


def _next_of(state: State, *, upwards: bool) -> sa.Select[Any]:
    """Those of one state.

    State and id are asked for as a pair, so that only the index has them in the order asked for, and is entered where they
    begin: in the order of ids alone another store's rows would be walked through, where this one has been quiet for long.
    Where they end is looked at afterwards: an index is read on behind such an end to the state's last row.
    """
    place = sa.tuple_(deliveries.c.state, deliveries.c.id)
    begins = place > _pair(state, _ABOVE) if upwards else place < _pair(state, _BELOW)
    same = deliveries.c.state <= state if upwards else deliveries.c.state >= state
    part = (
        sa.select(deliveries.c.id)
        .where(deliveries.c.store_id == _STORE, begins, same)
        .order_by(_way(deliveries.c.state, upwards=upwards), _way(deliveries.c.id, upwards=upwards))
        .limit(_CHUNK)
        .subquery()
    )
    return sa.select(part.c.id).where(part.c.id < _BELOW if upwards else part.c.id > _ABOVE)


def _pair(state: State, pk: sa.BindParameter[int]) -> sa.ColumnElement[Any]:
    return sa.tuple_(sa.literal(state, sa.String()), pk)


def _way(column: sa.ColumnElement[Any], *, upwards: bool) -> sa.ColumnElement[Any]:
    return column.asc() if upwards else column.desc()


def with_events(rows: sa.FromClause) -> sa.Select[Any]:
    """The columns of `Row`, for deliveries or what they are joined to."""
    joined = rows.join(events, events.c.id == deliveries.c.event_pk)
    return sa.select(*_COLUMNS).select_from(joined.outerjoin(datasets, datasets.c.id == deliveries.c.dataset_pk))
