"""How a store's orders come to us, said in one sentence, and how often we ask for them. Pure but for `of_store`.

A platform that never tells twice is asked for its orders as well. Each of the last orders had come by webhook when we
asked, so and so long after it was placed (or paid, where it waited for that); or it had not, and was found by asking.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

import msgspec

from connectors.access import Told
from integration.db import Connection, chores, sweeps, to_ms
from integration.db.events import Received
from integration.db.stores import Store

MOST = 20
# What changed a shorter while ago may still come by webhook.
TAKES_ITS_TIME = timedelta(minutes=2)
# Webhooks arrive: asked only for what got lost now and then. They do not: asking is how orders come.
WHILE_THEY_ARRIVE, WHILE_THEY_DO_NOT = timedelta(minutes=15), timedelta(minutes=5)
# One order may get lost on the way, and two by chance; three in a row have a cause.
STUCK_AFTER = 3
# Above this the server's event is far behind the browser's, though Meta takes it.
LATE = timedelta(minutes=5)

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_WHY = "Either Tandem could not be reached, or the shop's scheduled tasks, which send them, did not run."


class Arrival(msgspec.Struct, frozen=True):
    """One order. `seconds`: how long after it the webhook came; None: it was found by asking."""

    order_id: str
    seconds: float | None


@dataclass(slots=True)
class Found:
    """What was found out of one page's orders. `late`: nobody had told us of them, though there was time."""

    late: list[str] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)


def compare(
    told: Sequence[Told],
    known: Mapping[str, Received],
    there: Mapping[str, Received],
    *,
    since: datetime,
    seen_to: datetime,
    swept_at: datetime | None,
    now: datetime,
) -> Found:
    """Which orders had come by webhook, how long after they were placed or paid, and which had not though there was time.

    `known` and `there`: the ledger before and after these orders were received by us at `now`; the page before, which may
    hold some of them too, was at `swept_at`. Orders placed before `since` prove nothing. Each counts in the first reading
    that sees it: it was placed or paid after `seen_to`, up to which all was read before.
    """
    by_us = {to_ms(moment) for moment in (now, swept_at) if moment}
    found = Found()
    for one in {one.order_id: one for one in told}.values():
        row = there.get(one.order_id)
        if row is None or row.ended or row.placed_at < since:
            continue
        if to_ms(row.received_at) in by_us:
            if one.order_id not in known and now - one.changed_at > TAKES_ITS_TIME:
                found.late.append(one.order_id)
                found.arrivals.append(Arrival(one.order_id, None))
        elif (counted := _counted_at(one, row)) > seen_to:
            took = (row.received_at - counted).total_seconds()
            found.arrivals.append(Arrival(one.order_id, max(0.0, took)))
    return found


def _counted_at(one: Told, row: Received) -> datetime:
    """When a webhook had something to tell: placed, or paid if we only heard of it then."""
    placed = one.placed_at or row.placed_at
    return max(placed, one.paid_at) if one.paid_at and one.paid_at <= row.received_at else placed


def joined(before: str, newer: Sequence[Arrival]) -> str:
    """The last of them, as the column holds them; an order that is there already is not there twice."""
    arrivals = list(decoded(before))
    there = {one.order_id for one in arrivals}
    arrivals += (one for one in newer if one.order_id not in there)
    return msgspec.json.encode(arrivals[-MOST:]).decode()


def decoded(text: str) -> Sequence[Arrival]:
    """Oldest first; none where the text is not ours."""
    try:
        return msgspec.json.decode(text, type=list[Arrival])
    except msgspec.DecodeError:
        return ()


def stuck(arrivals: Sequence[Arrival]) -> int:
    """How many of the last orders in a row did not come by webhook; 0 while that proves nothing. A single one does where
    none ever came.
    """
    came = [place for place, one in enumerate(arrivals) if one.seconds is not None]
    if not came:
        return len(arrivals)
    missed = len(arrivals) - 1 - came[-1]
    return missed if missed >= STUCK_AFTER else 0


def interval(arrivals: Sequence[Arrival]) -> timedelta:
    """How long until the store is asked again."""
    return WHILE_THEY_DO_NOT if stuck(arrivals) else WHILE_THEY_ARRIVE


def sentence(arrivals: Sequence[Arrival], *, asking: bool = True) -> str:
    """For the merchant. `asking`: whether the store answers when it is asked."""
    every = f"every {_span(interval(arrivals).total_seconds())}"
    if not arrivals:
        return f"How soon orders come by webhook is not known yet. {_also(every, asking=asking)}"
    missed = stuck(arrivals)
    if missed:
        last = "The last order" if missed == 1 else f"The last {missed} orders"
        found = f"Tandem asks your shop {every}." if asking else "At the moment your shop cannot be asked either."
        return f"{last} did not come by webhook; Tandem found {_it(missed)} by asking your shop. {_WHY} {found}"
    return f"{_timing(arrivals)} {_also(every, asking=asking)}"


def _it(number: int) -> str:
    return "it" if number == 1 else "them"


def _also(every: str, *, asking: bool) -> str:
    return f"Tandem also asks your shop {every}." if asking else "At the moment your shop cannot be asked for orders."


def _timing(arrivals: Sequence[Arrival]) -> str:
    seconds = median(one.seconds for one in arrivals if one.seconds is not None)
    late = ", which is late" if seconds > LATE.total_seconds() else ""
    missed = sum(one.seconds is None for one in arrivals)
    told = f"Webhooks arrive {_span(seconds)} after the order{late}"
    return f"{told}; {missed} of the last {len(arrivals)} orders came only by asking." if missed else f"{told}."


def _span(seconds: float) -> str:
    """In the largest unit of which there are two, or one exactly: "90 seconds" says more than "2 minutes"."""
    whole = max(1, round(seconds))
    size, unit = next((size, unit) for size, unit in _UNITS if whole >= 2 * size or whole == size)
    number = round(whole / size)
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def of_store(connection: Connection, store: Store) -> str | None:
    """The sentence on this store; None for one that is not asked for its orders, or was not yet."""
    sweep = sweeps.of_store(connection, store.id)
    planned = {chore.kind: chore for chore in chores.of_store(connection, store.id)}
    if sweep is None or chores.ORDERS not in planned:
        return None
    return sentence(decoded(sweep.arrivals), asking=planned[chores.ORDERS].trouble is None)
