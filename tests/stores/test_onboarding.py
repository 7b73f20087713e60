"""The way of a store from connected to proven: what each step says by the facts, and which one waits for the merchant."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from integration.stores.onboarding import Facts, Name, Progress, Side, Step, next_of, steps

AT = datetime(2026, 11, 30, 14, 2, 7, tzinfo=UTC)
DONE, NOW, LATER, TROUBLE = Progress
NEW = Facts(
    survey="The orders of the last 30 days have not been read yet.",
    surveyed=False,
    survey_trouble=None,
    sides=(),
    looked_at=None,
    look_trouble="",
    rivals=(),
    half="Custom pixel",
    half_trouble=None,
    heard_at=None,
    pair_passed_at=None,
    pair_trouble=None,
    pair_skipped_at=None,
    paired_at=None,
    live=False,
    live_at=None,
    overridden=None,
    hindrance="Give the store a dataset first: without one there is nobody to tell.",
    proof=None,
    proven_at=None,
)
GIVEN = replace(NEW, sides=(Side("1", verified=True),), hindrance=None)
LOOKED = replace(GIVEN, surveyed=True, looked_at=AT)
READY = replace(LOOKED, heard_at=AT, pair_passed_at=AT)
LIVE = replace(READY, live=True, live_at=AT)
RIVAL = "Their channel tells dataset 1 too. Switch that channel off, or give it another dataset."


def progress(facts: Facts) -> list[Progress]:
    return [one.progress for one in steps(facts)]


def step(facts: Facts, name: Name) -> Step:
    return next(one for one in steps(facts) if one.name is name)


def test_steps_are_taken_in_their_order_and_what_needs_another_waits_for_it() -> None:
    assert progress(NEW) == [NOW, NOW, LATER, LATER, LATER, LATER, LATER]
    assert progress(GIVEN) == [NOW, DONE, NOW, NOW, LATER, NOW, LATER]
    assert progress(READY) == [DONE, DONE, DONE, DONE, DONE, NOW, LATER]
    assert progress(LIVE) == [DONE] * 6 + [NOW]
    assert progress(replace(LIVE, proof="Told by Pixel", proven_at=AT)) == [DONE] * 7


@pytest.mark.parametrize(
    ("facts", "name", "words"),
    [
        (NEW, Name.DATASET, "Add your dataset"),
        (LOOKED, Name.BROWSER, "Switch it on"),
        (READY, Name.LIVE, "Go live"),
        (replace(LOOKED, rivals=(RIVAL,)), Name.SENDERS, "Look again"),
        (replace(LIVE, sides=(Side("1", verified=True, trouble="The token is dead."),)), Name.DATASET, "Mend it"),
    ],
)
def test_one_step_waits_for_the_merchant_and_trouble_comes_first(facts: Facts, name: Name, words: str) -> None:
    asked = next_of(steps(facts))
    assert asked
    assert (asked.name, asked.way, asked.path) == (name, words, "/setup")


def test_nothing_is_asked_of_a_merchant_who_waits_for_the_first_order() -> None:
    assert next_of(steps(LIVE)) is None
    assert step(LIVE, Name.PROOF).progress is NOW


@pytest.mark.parametrize(
    ("facts", "name", "expected", "words"),
    [
        (replace(NEW, survey_trouble="The shop does not answer."), Name.SURVEY, TROUBLE, "tried again by itself"),
        (replace(GIVEN, sides=(Side("1", verified=False),)), Name.DATASET, NOW, "whether the token opens dataset 1"),
        (replace(GIVEN, sides=(Side("1", True, "The token is dead."),)), Name.DATASET, TROUBLE, "The token is dead."),
        (replace(LOOKED, rivals=(RIVAL,)), Name.SENDERS, TROUBLE, "Switch that channel off"),
        (replace(LOOKED, look_trouble="The shop asks for a password."), Name.SENDERS, TROUBLE, "a password"),
        (replace(LOOKED, half_trouble="The app embed is off."), Name.BROWSER, TROUBLE, "The app embed is off."),
        (replace(LOOKED, heard_at=AT, half_trouble="It was off."), Name.BROWSER, DONE, "are heard"),
        (replace(LOOKED, pair_trouble="The Pixel was blocked."), Name.PAIR, TROUBLE, "The Pixel was blocked."),
        (replace(LOOKED, pair_skipped_at=AT, pair_trouble="Blocked."), Name.PAIR, DONE, "Skipped; that is on record."),
        (replace(LOOKED, paired_at=AT), Name.PAIR, DONE, "Both told Meta the first real order"),
        (replace(LOOKED, hindrance=RIVAL), Name.LIVE, NOW, "Switch that channel off"),
        (replace(LIVE, overridden="It is switched off tonight."), Name.LIVE, DONE, "It is switched off tonight."),
        (replace(LIVE, proof="Told by Pixel", proven_at=AT), Name.PROOF, DONE, "Told by Pixel"),
    ],
)
def test_a_step_says_where_it_stands(facts: Facts, name: Name, expected: Any, words: str) -> None:
    found = step(facts, name)
    assert found.progress is expected
    assert words in found.sentence


def test_a_token_that_nobody_proved_yet_holds_up_nothing_else() -> None:
    unsure = replace(GIVEN, sides=(Side("1", verified=False),))
    assert progress(unsure) == [NOW, NOW, NOW, NOW, LATER, NOW, LATER]


def test_a_step_that_comes_later_offers_no_way_on() -> None:
    assert [one.way for one in steps(NEW) if one.progress is LATER] == [""] * 5
    assert all(one.title and one.sentence for one in steps(NEW))
