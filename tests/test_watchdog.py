"""The watchdog: what waits too long is cut, what is over in time is left alone."""

import os
import threading
import time
import warnings

from integration import watchdog
from integration.watchdog import Watchdog


def test_what_is_over_its_time_is_cut_once() -> None:
    cut = threading.Event()
    cuts: list[int] = []

    def note() -> None:
        cuts.append(1)
        cut.set()

    Watchdog().watch(time.monotonic() + 0.05, note)

    assert cut.wait(10)
    time.sleep(0.2)
    assert cuts == [1]


def test_what_was_forgotten_is_never_cut() -> None:
    dog, cuts = Watchdog(), []
    name = dog.watch(time.monotonic() + 0.05, lambda: cuts.append("forgotten"))
    over = threading.Event()
    dog.forget(name)
    dog.watch(time.monotonic() + 0.2, over.set)

    assert over.wait(10)
    assert cuts == []


def test_it_goes_on_after_a_time_without_anything_to_watch() -> None:
    dog = Watchdog()
    for _ in range(3):
        over = threading.Event()
        dog.watch(time.monotonic(), over.set)
        assert over.wait(10)
        time.sleep(0.15)


def test_a_process_has_one_and_a_child_has_another() -> None:
    """A forked child has none of its parent's threads."""
    ours = watchdog.of_this_process()
    assert watchdog.of_this_process() is ours
    readable, writable = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking with threads, which is what this is about
        child = os.fork()
    if not child:
        over = threading.Event()
        theirs = watchdog.of_this_process()
        theirs.watch(time.monotonic(), over.set)
        os.write(writable, b"1" if theirs is not ours and over.wait(10) else b"0")
        os._exit(0)
    os.close(writable)

    assert os.read(readable, 1) == b"1"
    os.waitpid(child, 0)
