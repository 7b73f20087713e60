"""The fuse before the database: one waits for its silence, the others do not; an answer of any kind mends it."""

import threading
import time
from contextlib import suppress

import pytest

from integration.errors import Contended, NotFound, Silent, Unavailable
from integration.web import fuse as room
from integration.web.fuse import Fuse

LONG = room._LONG_SECONDS + 0.1


def ask(fuse: Fuse, error: Exception | None = None, seconds: float = 0.0) -> None:
    with fuse.guarded():
        time.sleep(seconds)
        if error:
            raise error


def blown() -> Fuse:
    fuse = Fuse()
    with pytest.raises(Silent):
        ask(fuse, Silent("nothing"), LONG)
    assert fuse.blown
    return fuse


def test_while_one_waits_for_a_silent_database_the_others_are_sent_away_at_once() -> None:
    fuse, inside, leave = blown(), threading.Event(), threading.Event()

    def wait() -> None:
        with fuse.guarded():
            inside.set()
            leave.wait()

    waiting = threading.Thread(target=wait)
    waiting.start()
    inside.wait()
    for _ in range(3):
        with pytest.raises(Unavailable):
            ask(fuse)
    leave.set()
    waiting.join()
    ask(fuse)


def test_while_it_stays_silent_one_after_another_tries() -> None:
    fuse = blown()
    for _ in range(3):
        with pytest.raises(Silent):
            ask(fuse, Silent("nothing"))
        assert fuse.blown


@pytest.mark.parametrize("error", [None, NotFound("who?"), Contended("in the way"), ValueError("a fault of ours")])
def test_any_answer_mends_it(error: Exception | None) -> None:
    fuse = blown()
    if error is None:
        ask(fuse)
    else:
        with pytest.raises(type(error)):
            ask(fuse, error)
    assert not fuse.blown


@pytest.mark.parametrize(
    ("error", "seconds"), [(Silent("refused at once"), 0.0), (Unavailable("a lock another holds"), LONG), (None, LONG)]
)
def test_what_is_quick_or_speaks_does_not_blow_it(error: Exception | None, seconds: float) -> None:
    """One store's locked row must not send another store's webhook away: WooCommerce does not come again."""
    fuse = Fuse()
    with suppress(Unavailable):
        ask(fuse, error, seconds)
    assert not fuse.blown
