"""What came last, in the words for a merchant who waits."""

from datetime import UTC, datetime

import pytest

from integration.db.setup_steps import Arrived
from integration.pipeline.qualify import TEST_ORDER
from integration.pipeline.scribe import WOULD_BE_SENT, WOULD_BE_SKIPPED
from integration.stores.arriving import line


@pytest.mark.parametrize(
    ("state", "reason", "test", "words"),
    [
        ("skipped", TEST_ORDER, True, "received, not sent: test"),
        ("observed", WOULD_BE_SKIPPED, True, "received, not sent: test"),
        ("delivered", None, True, "received, and sent to Meta as a test"),
        ("delivered", None, False, "received, and told to Meta"),
        ("observed", WOULD_BE_SENT, False, "received, not sent: the store is observing"),
        ("observed", "no consent was stated", False, "received, not sent: no consent was stated"),
        ("pending", None, False, "received, on its way to Meta"),
        ("held", "no dataset yet", False, "received, waiting: no dataset yet"),
        ("waiting", None, False, "received, waiting"),
        ("dead", None, False, "received, not sent: dead"),
    ],
)
def test_what_came_is_said_in_one_line(state: str, reason: str | None, words: str, *, test: bool) -> None:
    at = datetime(2026, 11, 30, 14, 2, 7, tzinfo=UTC)
    assert line(Arrived(1, "Purchase", "1042", test, at, state, reason)) == words
