"""`python -m bench [--parts a,b,c,d,e,f,g,h,i] [--quick]`: measures the named parts, prints a table each and what missed."""

import argparse
import sys
import time
from collections.abc import Callable

from bench import ack, beacon, delivery, growth, latency, mapping, neighbour, screens, storefront
from bench.ground import Ground, laid
from bench.table import Table

_PARTS: dict[str, Callable[..., Table]] = {
    "a": ack.measure,
    "b": delivery.measure,
    "c": mapping.measure,
    "d": latency.measure,
    "e": growth.measure,
    "f": neighbour.measure,
    "g": storefront.measure,
    "h": beacon.measure,
    "i": screens.measure,
}


def _words() -> argparse.Namespace:
    words = argparse.ArgumentParser(prog="bench", description=__doc__)
    words.add_argument("--parts", default=",".join(_PARTS), help="letters, separated by commas")
    words.add_argument("--quick", action="store_true", help="fewer and shorter runs: a first impression")
    return words.parse_args()


def _measure(ground: Ground, part: str, *, quick: bool) -> list[str]:
    """Measure and print one part; what was missed comes back. A part that breaks off does not take the others along."""
    begun = time.monotonic()
    try:
        table = _PARTS[part](ground, quick=quick)
    except RuntimeError as error:
        print(f"\n({part}) broke off: {error}\n{ground.said()}", flush=True)
        return [f"({part}) all of it"]
    print(f"{table}\n[{time.monotonic() - begun:.0f} s]", flush=True)
    return [f"({part}) {what}" for what in table.missed]


def main() -> None:
    """Measure. The exit code is 1 where a part broke off, for a bench that measures nothing has failed."""
    words = _words()
    wanted = [part.strip() for part in words.parts.split(",") if part.strip()]
    if unknown := set(wanted) - set(_PARTS):
        sys.exit(f"bench: there is no part {', '.join(sorted(unknown))}")
    with laid() as ground:
        missed = [what for part in wanted for what in _measure(ground, part, quick=words.quick)]
    print("\nAll targets met." if not missed else "\n".join(["", "Missed:", *missed]))
    sys.exit(any(what.endswith("all of it") for what in missed))


if __name__ == "__main__":
    main()
