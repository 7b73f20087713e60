"""Part g: what our code in a storefront weighs compressed, and what it costs a page in Chromium: with it and without it, in
turns, on a processor held back to a quarter, as of a cheap phone. Meta's own script is replaced by one that does nothing.
"""

import dataclasses
import gzip
import importlib
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import pages
from bench.ground import Ground
from bench.table import Table, Target
from connectors import registry
from tests.rig.plans import PLAN

_HOME = Path(__file__).parents[1] / "connectors"
_NOT_FOR_SHOPPERS = (
    "admin.js",
    "custom-pixel",
)  # wp-admin's script; the template of the snippet, which is counted made
_SIZE = Target(6, at_most=True)
_NONE = Target(0, at_most=True)
_SLOWER = 4
_LONG_MS = 50.0


def measure(_ground: Ground, *, quick: bool) -> Table:
    """Sizes of every platform; timings of those whose Pixel is pasted, as that can be played without the platform."""
    rounds = 5 if quick else 20
    table = Table(
        "(g) Our code in the storefront, without Meta's own script",
        f"gzip of each file by itself, summed; a page with it and without it in turns, medians of {rounds} pairs, CPU held back {_SLOWER}x",
    )
    for connector in registry.connectors():
        table.add(f"{connector.label}: compressed", _kilobytes(code_of(connector.name).values()), " KB", _SIZE)
    for connector in registry.connectors():
        if connector.pixel_snippet(PLAN) is not None:
            _time(table, connector.name, connector.label, rounds)
    return table


def code_of(platform: str) -> Mapping[str, str]:
    """What shoppers' browsers load of ours, by file; the snippet as a store with the usual plan pastes it."""
    folder = _HOME / platform / "storefront"
    found = {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.js"))
        if not set(_NOT_FOR_SHOPPERS) & set(path.relative_to(folder).parts)
    }
    snippet = registry.get(platform).pixel_snippet(PLAN)
    return found if snippet is None else {**found, "snippet": snippet}


def _kilobytes(texts: Any) -> float:
    return sum(len(gzip.compress(text.encode(), mtime=0)) for text in texts) / 1_024


def _time(table: Table, platform: str, label: str, rounds: int) -> None:
    texts: dict[str, str] = {"/without": pages.page()}
    with pages.serving(texts, {"version": 1, **dataclasses.asdict(PLAN)}) as shop:
        plan = dataclasses.replace(PLAN, beacon=f"{shop}/s/{PLAN.beacon.rpartition('/')[2]}")
        texts["/with"] = pages.page(sandboxed=registry.get(platform).pixel_snippet(plan) or "")
        # Not imported by name: the tests' rig is not typed as strictly as what is imported here.
        with importlib.import_module("tests.rig.browser").running("browser_timing.mjs") as chromium:
            pairs = [
                (_asked(chromium, f"{shop}/with", tells=True), _asked(chromium, f"{shop}/without"))
                for _ in range(rounds + 1)
            ][1:]
    _tell(table, label, pairs)


def _asked(chromium: Any, url: str, *, tells: bool = False) -> dict[str, Any]:
    """One visit. Raises RuntimeError where a Pixel that is there tells nothing: that would be quick."""
    answer: dict[str, Any] = chromium.ask("time", url=url, slower=_SLOWER)
    if tells != any(asked.endswith("/sighting") for asked in answer["asked"]):
        raise RuntimeError(f"the Pixel told what it should not, or nothing: {answer['asked']}")
    return answer


def _tell(table: Table, label: str, pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    for name, what in (("load", "until load"), ("work", "main thread's work")):
        ours = statistics.median(one[name] for one, _ in pairs)
        theirs = statistics.median(other[name] for _, other in pairs)
        ratio = statistics.median(one[name] / other[name] for one, other in pairs)
        table.add(f"{label}: {what}, with", ours, " ms")
        table.add(f"{label}: {what}, without", theirs, " ms")
        table.add(f"{label}: {what}, with / without", ratio)
    script = statistics.median(one["script"] - other["script"] for one, other in pairs)
    table.add(f"{label}: scripts' work, with less without", script, " ms")
    more = statistics.median(len(one["tasks"]) - len(other["tasks"]) for one, other in pairs)
    table.add(f"{label}: long tasks ({_LONG_MS:.0f} ms) more than without", more, "", _NONE)
    table.add(f"{label}: layout shift", max(one["shift"] - other["shift"] for one, other in pairs), "", _NONE)
    table.add(f"{label}: render-blocking files of ours", max(len(one["blocking"]) for one, _ in pairs), "", _NONE)
