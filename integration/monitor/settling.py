"""When a Pixel's silence counts as silence: an hour after its order. A demonstration cannot wait so long, and says so."""

from datetime import datetime, timedelta

AN_HOUR = timedelta(hours=1)
_patience = {"now": AN_HOUR}


def hasten(seconds: int) -> None:
    """Wait only so long, in this process; 0: an hour, as always but in a demonstration."""
    _patience["now"] = timedelta(seconds=seconds) if seconds else AN_HOUR


def is_hastened() -> bool:
    """Whether this is a demonstration."""
    return _patience["now"] < AN_HOUR


def is_settled(placed_at: datetime, received_at: datetime, now: datetime) -> bool:
    """Whether nothing more is expected of the Pixel of an order."""
    return now - max(placed_at, received_at) >= _patience["now"]
