"""What the page shows of a survey: one sentence, three tables, the reasons, and what to keep in mind. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from integration.db.surveys import Survey
from integration.pipeline.consent import EEA, ELSEWHERE, SWITZERLAND, UK, UNKNOWN, USA
from integration.store_settings import StoreSettings
from integration.stores import findings, tally
from integration.stores.findings import Loud, share
from integration.stores.tally import REST, Fate, Numbers, Tally

ROWS = 12  # of a table; the smaller ones are shown together
BAR = 1_000

_IN_WORDS: Mapping[Fate, str] = {
    Fate.SENT: "would be sent to Meta",
    Fate.NOT_YET: "would not be sent yet",
    Fate.SKIPPED: "would be skipped",
    Fate.WITHHELD: "would be withheld",
}
_REGIONS: Mapping[str, str] = {
    EEA: "European Economic Area",
    UK: "United Kingdom",
    SWITZERLAND: "Switzerland",
    USA: "United States",
    ELSEWHERE: "Elsewhere",
    UNKNOWN: "Unknown",
}
# What the numbers never say.
_ALWAYS = (
    "Orders are judged as they stand today: one that was paid and then cancelled would have been sent before that. "
    "Whether an order names its buyer is not read; without that it would be skipped. Only these counts are kept."
)


class Progress(StrEnum):
    """How far a survey has come."""

    NEVER = "never"
    UNDER_WAY = "under way"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Part:
    """How many orders of a row share a fate. `start` and `width` are its place in a bar that is BAR wide for all."""

    fate: Fate
    orders: int
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class Row:
    """One source, payment method or region. `parts` has every fate, in its order. `loud`: left out, and not small."""

    label: str
    orders: int
    share: str
    parts: Sequence[Part]
    loud: bool


@dataclass(frozen=True, slots=True)
class Table:
    """The orders by one property, largest first."""

    heading: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why orders would not be sent, or not yet. `words` is empty for those too rare to be kept apart."""

    fate: Fate
    words: str
    orders: int
    share: str


@dataclass(frozen=True, slots=True)
class Summary:
    """All that the page shows. `loud` and `consent` come when all is read: of a part of it they might not be true.

    `consent`: a sentence, where nobody tells us what shoppers chose.
    """

    progress: Progress
    headline: str
    trouble: str | None = None
    loud: Sequence[Loud] = ()
    consent: str | None = None
    tables: Sequence[Table] = ()
    reasons: Sequence[Reason] = ()
    caveats: Sequence[str] = ()


def summarise(survey: Survey | None, settings: StoreSettings, trouble: str | None = None) -> Summary:
    """What to show of a store's survey under its present settings. `trouble`: why the last try came to nothing."""
    counted = tally.decode(survey.counts) if survey else None
    if survey is None or counted is None:
        return Summary(Progress.NEVER, "The orders of the last 30 days have not been read yet.", trouble)
    loud, done = findings.loud(counted), survey.done_at is not None
    return Summary(
        progress=Progress.DONE if done else Progress.UNDER_WAY,
        headline=_headline(survey, counted),
        trouble=None if done else trouble,
        loud=loud if done else (),
        consent=findings.consent_sentence(counted) if done else None,
        tables=_tables(counted, {one.label for one in loud}) if counted.orders else (),
        reasons=_reasons(counted),
        caveats=_caveats(survey, counted, settings) if counted.orders else (),
    )


def _headline(survey: Survey, counted: Tally) -> str:
    orders, since = counted.orders, _day(survey.since)
    if survey.done_at is None:
        return f"The orders since {since} are being read: {orders:,} so far."
    if not orders:
        return f"There were no orders since {since} when they were read on {_day(survey.done_at)}."
    fates = tally.by_fate(_overall(counted))
    told = [f"{fates[fate]:,} {words}" for fate, words in _IN_WORDS.items() if fates[fate] or fate is Fate.SENT]
    return (
        f"{orders:,} order{'s' if orders > 1 else ''} since {since}, read on {_day(survey.done_at)}: {', '.join(told)}."
    )


def _caveats(survey: Survey, counted: Tally, settings: StoreSettings) -> Sequence[str]:
    """What to keep in mind, the gravest first."""
    said = [_ALWAYS]
    if counted.more:
        said.insert(
            0, f"There are newer orders: only the first {counted.orders:,} since {_day(survey.since)} were read."
        )
    if counted.judged_by != tally.deciding(settings):
        said.insert(0, "The settings have changed since this was counted; what new orders come to may differ.")
    return said


def _overall(counted: Tally) -> Numbers:
    return tally.total(counted.regions.values())


def _reasons(counted: Tally) -> Sequence[Reason]:
    ranked = sorted(_overall(counted).items(), key=lambda one: (-one[1], one[0]))
    parted = [(*tally.parted(key), orders) for key, orders in ranked]
    return [
        Reason(fate, words, orders, share(orders, counted.orders))
        for fate, words, orders in parted
        if fate is not Fate.SENT
    ]


def _tables(counted: Tally, loud: Collection[str]) -> Sequence[Table]:
    regions = {_REGIONS[label]: of for label, of in counted.regions.items() if label in _REGIONS}
    return (
        Table("Source", _rows(counted.sources, counted.orders, loud)),
        Table("Payment", _rows(counted.payments, counted.orders)),
        Table("Region", _rows(regions, counted.orders)),
    )


def _rows(table: tally.Table, orders: int, loud: Collection[str] = ()) -> Sequence[Row]:
    ranked = tally.folded(table, ROWS).items()
    return [
        Row(
            "all others" if label == REST else label,
            some := tally.size(of),
            share(some, orders),
            _parts(of, orders),
            label in loud,
        )
        for label, of in ranked
    ]


def _parts(numbers: Numbers, orders: int) -> Sequence[Part]:
    """Each part ends where all orders up to it end, so that rounding adds no gap."""
    parts, before = [], 0
    for fate, some in tally.by_fate(numbers).items():
        start, before = before * BAR // orders, before + some
        parts.append(Part(fate, some, start, before * BAR // orders - start))
    return parts


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B}"
