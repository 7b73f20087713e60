"""The coverage of one day, as it is summed, kept and added to other days': who told Meta, why, and how it was paid. Pure."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import msgspec

from integration.db.coverage import Told
from integration.db.deliveries import State
from integration.meta.event import PURCHASE
from integration.monitor.coverage import Cause, Value, Verdict

# Fewer say nothing of a rate.
LEAST_ORDERS = 20
MOST_PAIRS_A_DAY = 20
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


class Rate(NamedTuple):
    """Of the orders paid in one way, how many the Pixel told. `share` None: too few to say."""

    payment: str
    orders: int
    by_pixel: int
    share: float | None


class Sum(msgspec.Struct):
    """How many events, and what they were worth by currency."""

    events: int = 0
    worth: dict[str, Decimal] = {}

    def add(self, told: Told) -> None:
        """Count one more."""
        self.add_all(1, _worth(told))

    def add_all(self, events: int, worth: Mapping[str, Decimal]) -> None:
        """Count more."""
        self.events += events
        for currency, amount in worth.items():
            self.worth[currency] = self.worth.get(currency, Decimal(0)) + amount


class Payment(msgspec.Struct):
    """Of the orders paid in one way, how many the Pixel told."""

    orders: int = 0
    by_pixel: int = 0


class Day(msgspec.Struct):
    """The sums of one day, or of several. All but `payments` and `pairs` by event name."""

    totals: dict[str, dict[Value, Sum]] = {}
    causes: dict[str, dict[Cause, int]] = {}
    payments: dict[str, Payment] = {}
    pairs: list[Pair] = []

    def count(self, one: Judged, most_pairs: int) -> None:
        """Count one more event."""
        told, (value, cause) = one.told, one.verdict
        self._total(told.event_name, value).add(told)
        self._because(told.event_name, cause, 1)
        # A skipped order, as one at a till, had no page of the storefront that could have told it.
        if told.event_name == PURCHASE and told.state != State.SKIPPED:
            by_pixel = value in (Value.BOTH, Value.PIXEL_ONLY)
            self._paid(_payment(told), Payment(1, int(by_pixel)))
        pairs = (Pair(told.event_name, told.order_id, told.event_id, other) for other in one.pixel_ids)
        self._show(pairs, most_pairs)

    def add(self, other: "Day", most_pairs: int) -> None:
        """Add another day's sums."""
        for event_name, by_value in other.totals.items():
            for value, of in by_value.items():
                self._total(event_name, value).add_all(of.events, of.worth)
        for event_name, by_cause in other.causes.items():
            for cause, number in by_cause.items():
                self._because(event_name, cause, number)
        for name, paid in other.payments.items():
            self._paid(name, paid)
        self._show(other.pairs, most_pairs)

    @property
    def rates(self) -> list[Rate]:
        """By the way of paying, in the order of their names."""
        return [_rate(name, paid) for name, paid in sorted(self.payments.items())]

    def _total(self, event_name: str, value: Value) -> Sum:
        return self.totals.setdefault(event_name, {each: Sum() for each in Value})[value]

    def _because(self, event_name: str, cause: Cause, number: int) -> None:
        by_cause = self.causes.setdefault(event_name, {})
        by_cause[cause] = by_cause.get(cause, 0) + number

    def _paid(self, name: str, paid: Payment) -> None:
        before = self.payments.setdefault(name, Payment())
        before.orders += paid.orders
        before.by_pixel += paid.by_pixel

    def _show(self, pairs: Iterable[Pair], most: int) -> None:
        if len(self.pairs) < most:
            self.pairs += pairs


def _worth(told: Told) -> Mapping[str, Decimal]:
    """By currency; of what is no amount, nothing."""
    try:
        return {told.currency: Decimal(told.value)} if told.value and told.currency else {}
    except InvalidOperation:
        return {}


class _Paid(msgspec.Struct):
    """Of the facts of an order, how it was paid."""

    payment: str | None = None


def _payment(told: Told) -> str:
    paid = msgspec.json.decode(told.facts, type=_Paid).payment or _UNNAMED
    # Unverified: how a Shop Pay order names its gateway; no real body with one has been seen.
    spoken = paid.lower().replace("_", " ")
    return "Shop Pay" if "shop pay" in spoken or "shoppay" in spoken else paid


def _rate(name: str, paid: Payment) -> Rate:
    share = paid.by_pixel / paid.orders if paid.orders >= LEAST_ORDERS else None
    return Rate(name, paid.orders, paid.by_pixel, share)


def packed(day: Day) -> str:
    """As the database keeps it."""
    return msgspec.json.encode(day).decode()


def read(counts: str) -> Day:
    """A day as it was packed."""
    return msgspec.json.decode(counts, type=Day)
