"""What a pair test has shown: every outcome has a sentence, and only two riders that told are called both."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integration.db.pair_tests import PairTest
from integration.stores import pair_verdict
from integration.stores.pair_verdict import Mark, Pixel, Server

NOW = datetime(2026, 11, 21, 13, 2, 7, tzinfo=UTC)
T = Mark.TOLD, Mark.WAITS, Mark.FAILED
TOLD, WAITS, FAILED = T


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def a_test(**more: Any) -> PairTest:
    usual: dict[str, Any] = dict.fromkeys(PairTest._fields)
    begun = {"id": 1, "store_id": "s", "dataset_id": "1", "event_id": "tandem_test_abc", "created_at": ago(60)}
    return PairTest(**{**usual, **begun, "code_sha256": "", "expires_at": ago(-840), **more})


OPENED = {"opened_at": ago(50)}
SENT = {**OPENED, "pixel_state": "sent", "pixel_at": ago(5)}
TOLD_BY_SERVER = {"server_at": ago(4), "fbtrace_id": "AbC"}
DEAD = {"trouble": "Meta refused the access token. Paste a new one; nothing is lost."}


def called(seconds: float, state: str = "called") -> dict[str, Any]:
    return {**OPENED, "pixel_state": state, "pixel_at": ago(seconds)}


CASES = {
    "not opened": ({}, Pixel.UNOPENED, Server.WAITING, "under way", False),
    "just opened": ({"opened_at": ago(3)}, Pixel.ANSWERING, Server.WAITING, "under way", False),
    "no answer": (OPENED, Pixel.SILENT, Server.WAITING, "told nobody yet", False),
    "held by the banner": (called(9, "held"), Pixel.HELD, Server.WAITING, "told nobody yet", False),
    "held, long ago": (called(500, "held"), Pixel.HELD, Server.WAITING, "told nobody yet", False),
    "called, server due": ({**called(1), "due_at": ago(1)}, Pixel.CALLED, Server.DUE, "under way", False),
    "called, server calling": (called(1), Pixel.CALLED, Server.DUE, "under way", False),
    "blocked": ({**called(20), **TOLD_BY_SERVER}, Pixel.BLOCKED, Server.TOLD, "Only the server told Meta", False),
    "loading": ({**called(1, "loaded"), **TOLD_BY_SERVER}, Pixel.LOADED, Server.TOLD, "Pixel is under way", False),
    "not left": ({**called(20, "loaded"), **TOLD_BY_SERVER}, Pixel.UNSENT, Server.TOLD, "Only the server", False),
    "both": ({**SENT, **TOLD_BY_SERVER}, Pixel.SENT, Server.TOLD, "Both, Pixel and server, told Meta", True),
    "a dead token": ({**SENT, **DEAD}, Pixel.SENT, Server.FAILED, "the server could not", True),
    "dead and blocked": ({**called(20), **DEAD}, Pixel.BLOCKED, Server.FAILED, "Neither rider", False),
    "Meta wants rest": ({**SENT, "due_at": ago(-60)}, Pixel.SENT, Server.RESTING, "server is under way", False),
    "no worker": ({**SENT, "due_at": ago(40)}, Pixel.SENT, Server.LATE, "server is under way", False),
    "a worker died": ({**SENT, "pixel_at": ago(40)}, Pixel.SENT, Server.LOST, "the server could not", True),
    "out of time": ({**OPENED, "expires_at": ago(1)}, Pixel.SILENT, Server.WAITING, "15 minutes are over", True),
    "both, later": (
        {**SENT, **TOLD_BY_SERVER, "expires_at": ago(1)},
        Pixel.SENT,
        Server.TOLD,
        "Both, Pixel and server",
        True,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_how_far_both_came_is_said(case: str) -> None:
    row, pixel, server, words, over = CASES[case]
    verdict = pair_verdict.of(a_test(**row), NOW)
    assert (verdict.pixel_state, verdict.server_state, verdict.over) == (pixel, server, over)
    assert words in verdict.sentence


def test_the_cases_leave_no_state_out() -> None:
    seen = list(CASES.values())
    assert ({one[1] for one in seen}, {one[2] for one in seen}) == (set(Pixel), set(Server))


def test_the_halves_say_when_and_why() -> None:
    both, dead = (pair_verdict.of(a_test(**SENT, **more), NOW) for more in (TOLD_BY_SERVER, DEAD))
    assert (both.pixel.at, both.server.at) == (ago(5), ago(4))
    assert (both.server.sentence, both.server.trace) == ("Meta accepted it", "AbC")
    assert (dead.server.mark, dead.server.at) == (FAILED, None)
    assert "refused the access token" in dead.server.sentence


def test_what_the_merchant_can_mend_has_advice_and_what_is_done_has_none() -> None:
    advised = {case for case, (row, *_) in CASES.items() if pair_verdict.of(a_test(**row), NOW).advice}
    assert {"no answer", "held by the banner", "blocked", "not left"} <= advised
    assert advised.isdisjoint({"not opened", "both", "a dead token"})
    assert "cookie" in pair_verdict.of(a_test(**called(9, "held")), NOW).pixel.sentence


def test_only_two_riders_that_told_are_called_both() -> None:
    for pixel, server in ((one, other) for one in T for other in T):
        is_both = (pixel, server) == (TOLD, TOLD)
        assert ("Both" in pair_verdict._SENTENCES[pixel, server]) is is_both
