"""Where the marks of a chart stand: numbers in, places out, for the kit's macros to draw as SVG. Pure.

Across, places are shares of whatever width there is ("12.5%"), so that text is never stretched; up and down they are
pixels, so that nothing moves while a page loads. What has no data (None) has no mark, and is not drawn as nothing.
Longer than most modules: the shapes stand beside what fills them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from integration.web import times

Amount = int | float | Decimal
Label = date | str

HEIGHT, TOP, BASE = 168, 20, 144  # of a chart; where its highest bar may end, and where all begin
SPARK_WIDTH, SPARK_HEIGHT = 96, 24
_FEW = 8  # bars: each has its word below, and more air around it
_LETTER = 7  # the width of one, in pixels


class Part(NamedTuple):
    """One kind's piece of a bar."""

    kind: str
    y: float
    height: float


class Bar(NamedTuple):
    """One day or hour. No parts: no data, or none of anything; `known` tells them apart."""

    label: str
    x: str
    middle: str
    width: str
    top: float
    parts: Sequence[Part]
    values: Sequence[str]
    known: bool
    said: str


class Line(NamedTuple):
    """An amount's line across."""

    words: str
    y: float


class Mark(NamedTuple):
    """A word at a place."""

    words: str
    x: str
    y: float
    anchor: str


class Chart(NamedTuple):
    """What `ui.bars` draws. `series`: each kind's words, bottom up; `gutter`: how wide the words
    of the lines are; `peak`: the highest bar's own words, at its top.
    """

    bars: Sequence[Bar]
    series: Mapping[str, str]
    totals: Mapping[str, str]
    lines: Sequence[Line]
    gutter: int
    below: Sequence[Mark]
    peak: Mark | None


class Piece(NamedTuple):
    """One kind's piece of a whole."""

    kind: str
    words: str
    amount: str
    share: str
    x: str
    width: str


class Share(NamedTuple):
    """What `ui.share` draws."""

    pieces: Sequence[Piece]
    said: str


class Spark(NamedTuple):
    """What `ui.sparkline` draws: a line for each run of values without a gap, and the last value's dot."""

    lines: Sequence[str]
    last: tuple[float, float] | None


def stacked(
    points: Sequence[tuple[Label, Mapping[str, Amount] | None]],
    series: Mapping[str, str],
    *,
    say: Callable[[Amount], str] = times.number,
) -> Chart:
    """A bar for each point, of a piece for each kind of `series` (kind to words, bottom up). `say` words an amount."""
    sums = [None if values is None else _sum(values, series) for _, values in points]
    ceiling = _ceiling(max((it for it in sums if it is not None), default=Decimal(0)))
    slot = 100 / max(len(points), 1)
    bars = [_bar(point, n * slot, slot, ceiling, series, say) for n, point in enumerate(points)]
    totals = {kind: say(_plain(sum((_sum(it, [kind]) for _, it in points if it), Decimal(0)))) for kind in series}
    known = [(it, -n) for n, it in enumerate(sums) if it]  # of equals, the first
    amounts = (Decimal(0), ceiling / 2, ceiling) if known else ()
    lines = [Line(say(_plain(it)), _y(it, ceiling)) for it in amounts]
    return Chart(
        bars=bars,
        series=series,
        totals=totals,
        lines=lines,
        gutter=max((_LETTER * len(it.words) for it in lines), default=0) + 8,
        below=_below(points, slot),
        peak=_peak(bars[-max(known)[1]], max(known)[0], say) if known else None,
    )


def bars(
    points: Sequence[tuple[Label, Amount | None]],
    words: str,
    *,
    kind: str = "server",
    say: Callable[[Amount], str] = times.number,
) -> Chart:
    """A plain bar for each point, of one kind, which `words` name."""
    return stacked([(at, None if it is None else {kind: it}) for at, it in points], {kind: words}, say=say)


def share(
    counts: Mapping[str, Amount], words: Mapping[str, str], *, say: Callable[[Amount], str] = times.number
) -> Share:
    """The pieces of a whole, side by side in the order of `words`; a kind that is nothing has a word and no width."""
    whole = _sum(counts, words)
    pieces, x = [], Decimal(0)
    for kind, name in words.items():
        amount = counts.get(kind, 0)
        width = Decimal(str(amount)) * 100 / whole if whole else Decimal(0)
        pieces.append(
            Piece(kind, name, say(amount), times.percent(float(amount), float(whole)), _across(x), _across(width))
        )
        x += width
    return Share(pieces, ", ".join(f"{it.words}: {it.amount}" for it in pieces))


def sparkline(values: Sequence[Amount | None]) -> Spark:
    """The run of some values, lowest to highest, without an axis; a gap where a value is missing. One alone is no run."""
    known = [float(it) for it in values if it is not None]
    if len(known) < 2:
        return Spark((), None)
    low, high = min(0.0, *known), max(*known, 1e-9)
    step = (SPARK_WIDTH - 6) / max(len(values) - 1, 1)
    dots = [
        None
        if it is None
        else (
            round(3 + n * step, 1),
            round(SPARK_HEIGHT - 3 - (float(it) - low) / (high - low) * (SPARK_HEIGHT - 6), 1),
        )
        for n, it in enumerate(values)
    ]
    runs = [[dot for dot in run if dot] for known_run, run in groupby(dots, key=bool) if known_run]
    return Spark([" ".join(f"{x},{y}" for x, y in run) for run in runs], runs[-1][-1])


def _bar(
    point: tuple[Label, Mapping[str, Amount] | None],
    x: float,
    slot: float,
    ceiling: Decimal,
    series: Mapping[str, str],
    say: Callable[[Amount], str],
) -> Bar:
    label, values = point
    width = slot * (0.4 if slot >= 100 / _FEW else 0.72)
    parts, foot = [], float(BASE)
    for kind in series:
        amount = Decimal(str((values or {}).get(kind, 0)))
        height = round(max(float(amount / ceiling) * (BASE - TOP), 1.0), 1) if amount > 0 else 0.0
        foot = round(foot - height, 1)
        if height:
            parts.append(Part(kind, foot, height))
    said = ["" if values is None else say(values.get(kind, 0)) for kind in series]
    told = ", ".join(f"{words}: {it}" for words, it in zip(series.values(), said, strict=True))
    name = _full(label)
    middle = x + slot / 2
    return Bar(
        name,
        _across(middle - width / 2),
        _across(middle),
        _across(width),
        foot,
        parts,
        said,
        values is not None,
        f"{name}. {told if values is not None else 'No data'}",
    )


def _peak(bar: Bar, amount: Decimal, say: Callable[[Amount], str]) -> Mark:
    at = float(bar.middle.rstrip("%"))
    anchor = "start" if at < 4 else "end" if at > 96 else "middle"
    return Mark(
        say(_plain(amount)), bar.middle if anchor == "middle" else f"{0 if at < 4 else 100}%", bar.top - 5, anchor
    )


def _below(points: Sequence[tuple[Label, object]], slot: float) -> Sequence[Mark]:
    """Of a few, each; else the first, the middle and the last: more would not fit a telephone."""
    last = len(points) - 1
    if last < _FEW and all(isinstance(label, date) for label, _ in points):
        words = [_short(label, points[n - 1][0] if n else None) for n, (label, _) in enumerate(points)]
        return [Mark(it, _across((n + 0.5) * slot), HEIGHT - 6, "middle") for n, it in enumerate(words)]
    places = {0: ("0%", "start"), last: ("100%", "end")}
    if last % 2 == 0:
        places[last // 2] = ("50%", "middle")
    return [Mark(_short(points[n][0]), x, HEIGHT - 6, anchor) for n, (x, anchor) in sorted(places.items())]


def _sum(values: Mapping[str, Amount], kinds: Iterable[str]) -> Decimal:
    return sum((Decimal(str(values.get(kind, 0))) for kind in kinds), Decimal(0))


def _ceiling(most: Decimal) -> Decimal:
    """The next of 2, 4, 10, 20, 40, 100 ...: it and its half are both whole."""
    size = Decimal(1)
    while True:
        for step in (2, 4, 10):
            if most <= step * size:
                return step * size
        size *= 10


def _y(amount: Decimal, ceiling: Decimal) -> float:
    return round(BASE - float(amount / ceiling) * (BASE - TOP), 1)


def _plain(amount: Decimal) -> Amount:
    return int(amount) if amount == amount.to_integral_value() else amount


def _across(percent: float | Decimal) -> str:
    return f"{float(percent):.3f}".rstrip("0").rstrip(".") + "%"


def _full(label: Label) -> str:
    return times.day(label) if isinstance(label, date) else label


def _short(label: Label, before: Label | None = None) -> str:
    """Without its month, where the one before it has the same."""
    if not isinstance(label, date):
        return label
    same = isinstance(before, date) and before.month == label.month
    return str(label.day) if same else f"{label.day} {label:%b}"
