"""Coverage of a store over some days: each event judged, and what the sums say. Reads; writes nothing.

Days are UTC. Money is summed per currency, in major units, of what the ledger holds as told or to be told. Evidence ages:
signals are kept for two weeks, so an older order is known by sightings alone.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import msgspec

from integration.db import Connection
from integration.db import coverage as rows
from integration.db.coverage import Told
from integration.db.deliveries import State
from integration.db.sightings import Sighting
from integration.db.stores import Store
from integration.meta.event import INITIATE_CHECKOUT, PURCHASE
from integration.monitor.coverage import Cause, Seen, Value, Verdict, judge
from integration.pipeline import joining
from integration.pipeline.joining import By
from integration.store_settings import PixelOwner

EVENT_NAMES = (PURCHASE, INITIATE_CHECKOUT)
AN_HOUR = timedelta(hours=1)
MOST_DAYS = 62
# Fewer say nothing of a rate.
LEAST_ORDERS = 20
MOST_PAIRS = 200
_UNNAMED = "not told by the platform"


class Judged(NamedTuple):
    """One event at one dataset, and who told Meta of it."""

    told: Told
    verdict: Verdict
    pixel_ids: tuple[str, ...]  # under which its Pixel told it, where that was another id


class Pair(NamedTuple):
    """One order that two riders told under two ids."""

    event_name: str
    order_id: str | None
    server_id: str
    pixel_id: str


@dataclass(slots=True)
class Sum:
    """How many events, and what they were worth by currency."""

    events: int = 0
    worth: dict[str, Decimal] = field(default_factory=dict)

    def add(self, told: Told) -> None:
        """Count one more."""
        self.events += 1
        if told.value is not None and told.currency:
            self.worth[told.currency] = self.worth.get(told.currency, Decimal(0)) + Decimal(told.value)


class Rate(NamedTuple):
    """Of the orders paid in one way, how many the Pixel told. `share` None: too few to say."""

    payment: str
    orders: int
    by_pixel: int
    share: float | None


@dataclass(slots=True)
class Report:
    """The sums of some days. `days` and `causes` by event name."""

    since: date
    until: date  # the last day of it
    totals: dict[str, dict[Value, Sum]] = field(default_factory=dict)
    causes: dict[str, Counter[Cause]] = field(default_factory=dict)
    days: dict[date, dict[str, Counter[Value]]] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)
    rates: list[Rate] = field(default_factory=list)
    last_heard: datetime | None = None

    @property
    def sentence(self) -> str:
        """What may honestly be said of purchases that only the server told."""
        return sentence(self.totals.get(PURCHASE, {}).get(Value.SERVER_ONLY, Sum()))


class _Paid(msgspec.Struct):
    """Of the facts of an order, how it was paid."""

    payment: str | None = None


def sentence(told: Sum) -> str:
    """The one claim there is, in its own words; a claim of nothing is none."""
    if not told.events:
        return "No order is known to have been told to Meta only by the server."
    orders = "1 order" if told.events == 1 else f"{told.events:,} orders"
    money = "".join(f", {currency} {amount:,}" for currency, amount in sorted(told.worth.items()))
    them = "it" if told.events == 1 else "them"
    return (
        f"Told to Meta only by the server: {orders}{money}. Without it we saw no other report of {them}. "
        "This is not extra sales and not attributed sales."
    )


def report(connection: Connection, store: Store, *, since: date, until: date, now: datetime) -> Report:
    """The coverage of the days from `since` to `until`, both of them included."""
    made = Report(since, until, last_heard=pixel_seen(connection, store))
    payments: dict[str, Counter[bool]] = defaultdict(Counter)
    for one in judged(connection, store, since=_midnight(since), until=_midnight(until + timedelta(days=1)), now=now):
        _add(made, one)
        if one.told.event_name == PURCHASE and one.told.state != State.SKIPPED:
            # A skipped order, as one at a till, had no page of the storefront that could have told it.
            payments[_payment(one.told)][one.verdict.value in (Value.BOTH, Value.PIXEL_ONLY)] += 1
    made.rates = [_rate(payment, by_pixel) for payment, by_pixel in sorted(payments.items())]
    return made


def pixel_seen(connection: Connection, store: Store) -> datetime | None:
    """When our script in this store's pages was last heard of; None: never, or longer ago than its words are kept."""
    return rows.last_heard(connection, store.id)


def _midnight(day: date) -> datetime:
    return datetime.fromisoformat(f"{day}T00:00:00+00:00")


def _add(made: Report, one: Judged) -> None:
    told, (value, cause) = one.told, one.verdict
    by_value = made.totals.setdefault(told.event_name, {each: Sum() for each in Value})
    by_value[value].add(told)
    made.causes.setdefault(told.event_name, Counter())[cause] += 1
    made.days.setdefault(told.placed_at.date(), {}).setdefault(told.event_name, Counter())[value] += 1
    if len(made.pairs) < MOST_PAIRS:
        made.pairs += [Pair(told.event_name, told.order_id, told.event_id, other) for other in one.pixel_ids]


def _payment(told: Told) -> str:
    paid = msgspec.json.decode(told.facts, type=_Paid).payment or _UNNAMED
    # Unverified: how a Shop Pay order names its gateway; no real body with one has been seen.
    spoken = paid.lower().replace("_", " ")
    return "Shop Pay" if "shop pay" in spoken or "shoppay" in spoken else paid


def _rate(payment: str, by_pixel: Counter[bool]) -> Rate:
    orders = by_pixel.total()
    share = by_pixel[True] / orders if orders >= LEAST_ORDERS else None
    return Rate(payment, orders, by_pixel[True], share)


def judged(
    connection: Connection, store: Store, *, since: datetime, until: datetime, now: datetime
) -> Iterator[Judged]:
    """Every event of those days with its verdict. Neighbours are looked for an hour beyond either end."""
    found = list(rows.told(connection, store.id, EVENT_NAMES, since=since - AN_HOUR, until=until + AN_HOUR))
    keys = sorted({key for told in found for key in _keys(told)})
    seen = _by_proof(rows.proven(connection, store.id, keys))
    ran = rows.heard(connection, store.id, keys)
    neighbours = _Neighbours(found, seen)
    for told in found:
        if since <= told.placed_at < until:
            yield _judged(told, store, _sightings(told, seen), ran, neighbours, now)


def _keys(told: Told) -> list[str]:
    """By which a sighting of this very event is proven."""
    by_order = joining.key(By.ORDER, told.order_id) if told.order_id else None
    return [key for key in (told.checkout_key, by_order) if key]


ByProof = Mapping[tuple[str, str, str], Sequence[Sighting]]


def _by_proof(found: Sequence[Sighting]) -> ByProof:
    by_proof: dict[tuple[str, str, str], list[Sighting]] = defaultdict(list)
    for one in found:
        by_proof[one.proof_key, one.dataset_id, one.event_name].append(one)
    return by_proof


def _sightings(told: Told, seen: ByProof) -> list[Sighting]:
    return [one for key in _keys(told) for one in seen.get((key, told.dataset_id, told.event_name), ())]


def _judged(
    told: Told, store: Store, mine: Sequence[Sighting], ran: set[str], neighbours: "_Neighbours", now: datetime
) -> Judged:
    same = [one for one in mine if one.event_id == told.event_id]
    others = tuple(sorted({one.event_id for one in mine if one.event_id != told.event_id}))
    settings = store.settings
    seen = Seen(
        delivered=told.state == State.DELIVERED,
        withheld=told.state == State.WITHHELD,
        pixels=store.live and settings.pixel is PixelOwner.OURS and settings.route(told.event_name).by_pixel,
        sent=any(one.sent_at for one in same),
        loaded=any(one.loaded_at for one in same),
        called=any(one.called_at for one in same),
        sent_otherwise=bool(others),
        script_ran=told.event_name == PURCHASE and told.checkout_key in ran,
        neighbours_sent=neighbours.sent_around(told),
        old_enough=now - max(told.placed_at, told.received_at) >= AN_HOUR,
    )
    return Judged(told, judge(seen), others)


class _Neighbours:
    """When the orders were placed whose Pixels left, by dataset and event."""

    def __init__(self, found: Sequence[Told], seen: ByProof) -> None:
        self._sent: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        for told in found:  # in the order of placement
            if any(one.sent_at for one in _sightings(told, seen)):
                self._sent[told.dataset_id, told.event_name].append(told.placed_at)

    def sent_around(self, told: Told) -> bool:
        """Whether another's left within the hour before this one, and another's within the hour after."""
        times = self._sent[told.dataset_id, told.event_name]
        before = bisect_left(times, told.placed_at) - bisect_left(times, told.placed_at - AN_HOUR)
        after = bisect_right(times, told.placed_at + AN_HOUR) - bisect_right(times, told.placed_at)
        return before > 0 and after > 0
