"""The judgement of one event: four values, and nothing claimed without evidence."""

from itertools import product

import pytest

from integration.monitor.coverage import SENTENCES, Cause, Seen, Value, judge

_TOLD = Seen(delivered=True, withheld=False, pixels=True)
_EVERY = [Seen(*flags) for flags in product((False, True), repeat=len(Seen._fields))]


@pytest.mark.parametrize(
    ("seen", "value", "cause"),
    [
        (_TOLD._replace(sent=True), Value.BOTH, Cause.TOLD_BY_BOTH),
        (_TOLD._replace(sent=True, delivered=False), Value.PIXEL_ONLY, Cause.SERVER_DID_NOT_TELL),
        (_TOLD._replace(script_ran=True), Value.SERVER_ONLY, Cause.NO_THANK_YOU_PAGE),
        (_TOLD._replace(called=True), Value.SERVER_ONLY, Cause.BLOCKED),
        (_TOLD._replace(called=True, loaded=True), Value.UNKNOWN, Cause.DID_NOT_LEAVE),
        (_TOLD._replace(neighbours_sent=True), Value.SERVER_ONLY, Cause.ONLY_THIS_ONE_SILENT),
        (_TOLD, Value.UNKNOWN, Cause.PIXEL_SILENT),
        (_TOLD._replace(script_ran=True, old_enough=False), Value.UNKNOWN, Cause.TOO_EARLY),
        (_TOLD._replace(script_ran=True, pixels=False), Value.UNKNOWN, Cause.NOT_THE_PIXELS),
        (_TOLD._replace(script_ran=True, withheld=True, delivered=False), Value.UNKNOWN, Cause.NO_CONSENT),
        (_TOLD._replace(script_ran=True, delivered=False), Value.UNKNOWN, Cause.NOT_TOLD),
        (_TOLD._replace(script_ran=True, sent_otherwise=True), Value.UNKNOWN, Cause.OTHER_ID),
    ],
)
def test_each_story_has_its_value_and_cause(seen: Seen, value: Value, cause: Cause) -> None:
    assert judge(seen) == (value, cause)


def test_server_only_is_never_said_without_the_server_and_evidence() -> None:
    claimed = [seen for seen in _EVERY if judge(seen).value is Value.SERVER_ONLY]
    assert claimed
    for seen in claimed:
        assert all((seen.delivered, seen.pixels, seen.old_enough))
        assert not any((seen.sent, seen.withheld, seen.sent_otherwise))
        assert any((seen.loaded, seen.called, seen.script_ran, seen.neighbours_sent))


def test_both_is_said_exactly_where_both_told_it_under_one_id() -> None:
    for seen in _EVERY:
        assert (judge(seen).value is Value.BOTH) == (seen.delivered and seen.sent)
        assert (judge(seen).value is Value.PIXEL_ONLY) == (seen.sent and not seen.delivered)


def test_every_cause_is_given_for_one_value_only_and_has_a_sentence() -> None:
    values: dict[Cause, set[Value]] = {}
    for seen in _EVERY:
        value, cause = judge(seen)
        values.setdefault(cause, set()).add(value)
    assert set(values) == set(Cause) == set(SENTENCES)
    assert all(len(found) == 1 for found in values.values())
