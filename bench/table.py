"""How results are printed: one table a part, each line with its target and whether it was met."""

from collections.abc import Sequence
from dataclasses import dataclass, field

_HEADS = ("what", "measured", "target", "")


@dataclass(frozen=True, slots=True)
class Target:
    """A bound, and on which side of it one should be."""

    bound: float
    at_most: bool = False

    def met(self, value: float) -> bool:
        """Whether a measured value keeps it."""
        return value <= self.bound if self.at_most else value >= self.bound

    def __str__(self) -> str:
        return f"{'<=' if self.at_most else '>='} {figure(self.bound)}"


@dataclass(slots=True)
class Table:
    """A part's lines."""

    title: str
    note: str
    lines: list[tuple[str, ...]] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    heads: tuple[str, ...] = _HEADS

    def add(self, what: str, value: float, unit: str = "", target: Target | None = None) -> None:
        """One measured value."""
        met = target is None or target.met(value)
        if not met:
            self.missed.append(what)
        verdict = "" if target is None else ("met" if met else "MISSED")
        self.lines.append((what, f"{figure(value)}{unit}", str(target or ""), verdict))

    def __str__(self) -> str:
        rows = [self.heads, *self.lines]
        widths = [max(len(row[column]) for row in rows) for column in range(len(self.heads))]
        body = ["  ".join(_padded(row, widths)).rstrip() for row in rows]
        return "\n".join(["", self.title, self.note, *body])


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Numbers to the right, words to the left."""
    first, *others = (
        text.rjust(width) if text[:1].isdigit() else text.ljust(width) for text, width in zip(row, widths, strict=True)
    )
    return [first, *others]


def figure(value: float) -> str:
    """Three digits that count, and thousands apart."""
    if value >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
