"""What came from a store last, each in one line, for a merchant who waits. Pure."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from integration.db.deliveries import State
from integration.db.setup_steps import Arrived
from integration.pipeline.scribe import WOULD_BE_SENT

_ON_ITS_WAY = (State.PENDING, State.SENDING)
_WAITS = (State.WAITING, State.HELD, State.AMBIGUOUS)
_OBSERVING = "the store is observing"
_WORDS: Mapping[bool, str] = MappingProxyType(
    {True: "received, and sent to Meta as a test", False: "received, and told to Meta"}
)


def line(one: Arrived) -> str:
    """What became of it, beginning with "received"."""
    if one.state == State.DELIVERED:
        return _WORDS[one.test]
    if one.state in _ON_ITS_WAY:
        return "received, on its way to Meta"
    if one.state in _WAITS:
        return f"received, waiting: {one.reason}" if one.reason else "received, waiting"
    if one.test:
        return "received, not sent: test"
    return f"received, not sent: {_why(one)}"


def _why(one: Arrived) -> str:
    if one.state == State.OBSERVED and one.reason in (None, WOULD_BE_SENT):
        return _OBSERVING
    return one.reason or one.state


def lines(arrived: Sequence[Arrived]) -> Sequence[tuple[Arrived, str]]:
    """Each with its words."""
    return [(one, line(one)) for one in arrived]
