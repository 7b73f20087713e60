"""The demo's walk of consent says so when an order ended otherwise than it must. The rest is in tests/journeys/test_demo.py."""

from typing import Any

import pytest

from integration.cli.consent_walk import faults, heard
from integration.cli.day import WALKS, Answer, Ending, Tell

RULED = {
    Ending.COUNTED: "whole: consent was given",
    Ending.LIMITED: "limited: the sale of data was refused",
    Ending.NOTHING: "withheld: consent was refused",
}
PURCHASE = {"dataset_id": "1", "event_name": "Purchase", "event_id": "7", "order_id": "7", "counted": True}
WHOLE, LIMITED = PURCHASE | {"payload": {}}, PURCHASE | {"payload": {"data_processing_options": ["LDU"]}}
UNDER_ANOTHER_ID = WHOLE | {"event_id": "another"}
ELSEWHERE = [WHOLE | {"dataset_id": "2"}, WHOLE | {"event_id": "8", "order_id": "8"}, WHOLE | {"event_name": "Refund"}]


@pytest.mark.parametrize(
    ("journal", "ending"),
    [
        (ELSEWHERE, Ending.NOTHING),
        ([WHOLE], Ending.COUNTED),
        ([UNDER_ANOTHER_ID], Ending.COUNTED),
        ([WHOLE, WHOLE | {"counted": False}], Ending.COUNTED),
        ([LIMITED], Ending.LIMITED),
    ],
)
def test_the_journal_tells_how_an_order_ended(journal: list[dict[str, Any]], ending: Ending) -> None:
    assert heard([*ELSEWHERE, *journal], "1", "7") == ending.value


@pytest.mark.parametrize(
    "journal", [[WHOLE, WHOLE], [LIMITED, WHOLE | {"counted": False}], [WHOLE | {"counted": False}]]
)
def test_what_was_counted_twice_or_once_without_limited_use_is_no_ending(journal: list[dict[str, Any]]) -> None:
    assert heard(journal, "1", "7") not in {one.value for one in Ending}


@pytest.mark.parametrize("must", Ending)
def test_only_the_ending_that_must_be_is_without_fault(must: Ending) -> None:
    kept = must is not Ending.NOTHING
    assert not list(faults(must, RULED[must], must.value, kept=kept))
    for other in set(Ending) - {must}:
        assert len(list(faults(must, RULED[must], other.value, kept=kept))) == 1
        assert len(list(faults(must, RULED[other], must.value, kept=kept))) == 1
    assert list(faults(must, "waits: waiting for consent", must.value, kept=kept))


def test_whoever_is_withheld_and_still_kept_is_a_fault() -> None:
    assert list(faults(Ending.NOTHING, RULED[Ending.NOTHING], Ending.NOTHING.value, kept=True)) == [
        "the shopper must not be kept, and is"
    ]


def test_each_kind_of_order_is_walked_on_both_platforms_and_is_told_by_its_shop() -> None:
    assert len({(one.what, one.platform) for one in WALKS}) == len(WALKS) == 8
    for walk in WALKS:
        assert any(isinstance(step, Tell) for step in walk.steps)
    late = [walk for walk in WALKS if walk.what == "granted late"]
    assert all(isinstance(walk.steps[-1], Answer) and walk.steps[-1].marketing for walk in late)
