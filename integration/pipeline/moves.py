"""What a further payload of something we know does to its ledger row. Pure: times and a verdict in, a word out."""

from datetime import datetime
from enum import Enum

from integration.pipeline.qualify import Counts, Never, Verdict


class Move(Enum):
    """What a further payload of a known subject does to its row."""

    STALE = "older than what was judged last"
    LATE = "too late to begin, but this was begun"
    SKIP = "taken back, or not counting any more"
    OPEN = "counts"


def judge(*, last: datetime | None, ended: bool, version: datetime | None, revives: bool, verdict: Verdict) -> Move:
    """By the platform's own time, not by arrival. In one and the same second a cancellation wins, whichever came
    first: WooCommerce tells whole seconds, and a purchase wrongly told cannot be taken back.
    """
    ends = isinstance(verdict, Never) and verdict.ended
    if version is None and ended and not ends and not revives:
        return Move.STALE  # what tells no time of its own cannot be newer than a cancellation
    if not revives and last is not None and version is not None and (version, ends) < (last, ended):
        return Move.STALE
    if isinstance(verdict, Counts):
        return Move.OPEN
    return Move.LATE if isinstance(verdict, Never) and verdict.late else Move.SKIP
