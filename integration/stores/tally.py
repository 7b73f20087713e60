"""What a store's past orders would come to, counted. Pure: orders and settings in; counts out, and nothing of who bought.

Each order is judged by the road's own rules (`qualify`, `consent`), by the settings the tally was begun with. Left out
are age, since all of them are past, and whether an order names its buyer, since that is not read. A tally crosses
source, payment and region with the outcome, and never with one another: a cell of all three would soon be one person.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from connectors.access import PastOrder
from connectors.event import Event, Source
from integration.pipeline import consent, identity
from integration.pipeline.consent import UNKNOWN, region
from integration.pipeline.qualify import TEST_ORDER, Counts, Horizon, Never, NotYet, qualify
from integration.store_settings import StoreSettings

VERSION = 1
# An order's source may be the id of any app: a shop can have hundreds. The smallest are counted together.
MAX_LABELS, MAX_OUTCOMES, MAX_WORD = 60, 20, 40
REST = ""
_DECIDING = ("purchase_when", "cod_when", "include_sources", "consent_mode", "limited_data_use", "phone_country")

Numbers = dict[str, int]  # by outcome: a fate, and its reason where it has one
Table = dict[str, Numbers]  # by label, the platform's own word


class Fate(StrEnum):
    """What an order would come to."""

    SENT = "sent"
    NOT_YET = "not yet"
    SKIPPED = "skipped"
    WITHHELD = "withheld"


class Tally(msgspec.Struct, frozen=True):
    """Counts of orders. `judged_by`: the settings that decided. `more`: there are newer orders that were not read."""

    judged_by: dict[str, str]
    orders: int = 0
    sources: Table = {}
    payments: Table = {}
    regions: Table = {}
    more: bool = False
    version: int = VERSION

    def encoded(self) -> str:
        """JSON, to be stored."""
        return msgspec.json.encode(self).decode()


def decode(text: str) -> Tally | None:
    """A stored tally; None for one of another version."""
    try:
        tally = msgspec.json.decode(text, type=Tally)
    except msgspec.DecodeError:
        return None
    return tally if tally.version == VERSION else None


def deciding(settings: StoreSettings) -> dict[str, str]:
    """The settings that decide what an order comes to."""
    return {name: text for name, text in settings.as_text().items() if name in _DECIDING}


def count(orders: Sequence[PastOrder], settings: StoreSettings, now: datetime) -> Tally:
    """The tally of some orders, each of which is counted once in every table."""
    outcomes = [outcome(one.event, settings, now) for one in orders]
    countries = [identity.person(one.event, {}, settings).country for one in orders]
    return Tally(
        deciding(settings),
        len(orders),
        _table(zip((word(one.source) for one in orders), outcomes, strict=True)),
        _table(zip((word(one.payment) for one in orders), outcomes, strict=True)),
        _table(zip(map(region, countries), outcomes, strict=True)),
    )


def merged(one: Tally, other: Tally) -> Tally:
    """Both together; of what they say beside numbers, the first stands."""
    return Tally(
        one.judged_by,
        one.orders + other.orders,
        _merged(one.sources, other.sources),
        _merged(one.payments, other.payments),
        _merged(one.regions, other.regions),
        one.more or other.more,
    )


def outcome(event: Event, settings: StoreSettings, now: datetime) -> str:
    """A fate, with its reason after a colon where it has one."""
    match qualify(event, settings, Horizon(now, since=None)):
        case NotYet(status):
            return because(Fate.NOT_YET, word(status))
        case Never(reason):
            return because(Fate.SKIPPED, reason)
        case Counts(test=True):
            return because(Fate.SKIPPED, TEST_ORDER)
        case Counts():
            return _consented(event, settings)


def _consented(event: Event, settings: StoreSettings) -> str:
    """As the road decides once it has waited. The shopper's address is not read; orders of the website bring theirs."""
    from_website = event.order is not None and event.order.source is Source.WEBSITE
    shopper = msgspec.structs.replace(identity.person(event, {}, settings).shopper, has_ip=from_website)
    decision = consent.decide(shopper, settings.consent_mode, settings.limited_data_use, patience_over=True)
    return because(Fate.WITHHELD, decision.reason) if isinstance(decision, consent.Withhold) else Fate.SENT.value


def because(fate: Fate, reason: str) -> str:
    """The outcome of a fate and its reason."""
    return f"{fate}: {reason}"


def parted(key: str) -> tuple[Fate, str]:
    """An outcome's fate and reason; the reason is empty where it has none."""
    fate, _, reason = key.partition(": ")
    return Fate(fate), reason


def word(text: str) -> str:
    """A platform's word as a label: printable, of one line, not long; never REST."""
    printable = "".join(one if one.isprintable() else " " for one in text[: 4 * MAX_WORD])
    return " ".join(printable.split())[:MAX_WORD].rstrip() or UNKNOWN


def size(numbers: Mapping[str, int]) -> int:
    """How many orders."""
    return sum(numbers.values())


def total(many: Iterable[Numbers]) -> Numbers:
    """The numbers of several rows together."""
    together: Counter[str] = Counter()
    for numbers in many:
        together.update(numbers)
    return dict(together)


def by_fate(numbers: Numbers) -> dict[Fate, int]:
    """How many orders share each fate, none left out."""
    fates = dict.fromkeys(Fate, 0)
    for key, orders in numbers.items():
        fates[parted(key)[0]] += orders
    return fates


def folded(table: Table, most: int) -> Table:
    """At most so many labels, the largest first; the orders of all others under REST, which comes last."""
    ranked = sorted(table.items(), key=lambda row: (row[0] == REST, -size(row[1]), row[0]))
    kept, rest = ranked[:most], ranked[most:]
    return dict(kept) | ({REST: total(numbers for _, numbers in rest)} if rest else {})


def _table(pairs: Iterable[tuple[str, str]]) -> Table:
    table: Table = {}
    for (label, key), orders in Counter(pairs).items():
        table.setdefault(label, {})[key] = orders
    return _bounded(table)


def _merged(one: Table, other: Table) -> Table:
    return _bounded({label: total((one.get(label, {}), other.get(label, {}))) for label in one | other})


def _bounded(table: Table) -> Table:
    return {label: _fewer(numbers) for label, numbers in folded(table, MAX_LABELS).items()}


def _fewer(numbers: Numbers) -> Numbers:
    """The rarest reasons are forgotten, never an order: a platform's statuses are words without number."""
    ranked = Counter(numbers).most_common()
    rare = {fate.value: orders for fate, orders in by_fate(dict(ranked[MAX_OUTCOMES:])).items() if orders}
    return total((dict(ranked[:MAX_OUTCOMES]), rare))
