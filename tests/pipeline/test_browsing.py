"""Words of browsers are put together: the first value wins, the last statement stands, and a refusal wipes at once."""

import itertools

import msgspec
import pytest

from connectors.event import Stated
from integration.pipeline import browsing
from integration.pipeline.browsing import Heard, updated

GRANTED, REFUSED, UNSTATED = Stated.GRANTED, Stated.REFUSED, Stated.UNSTATED
FIRST = Heard(
    fbp="fb.1.1700000000000.1", fbc="fb.1.1700000000000.a", ip="203.0.113.1", user_agent="A", page="https://a/"
)
SECOND = Heard(
    fbp="fb.1.1700000000000.2", fbc="fb.1.1700000000000.b", ip="203.0.113.2", user_agent="B", page="https://b/"
)
MEMBERS = ("fbp", "fbc", "ip", "user_agent", "page")


def saying(heard: Heard, marketing: Stated, sale: Stated = UNSTATED) -> Heard:
    return msgspec.structs.replace(heard, marketing=marketing, sale_of_data=sale)


def members(heard: Heard) -> set[str]:
    return {name for name in MEMBERS if getattr(heard, name)}


def test_the_first_value_of_each_member_wins() -> None:
    assert updated(FIRST, SECOND) == FIRST


def test_a_later_word_fills_what_is_missing() -> None:
    assert updated(Heard(fbp=FIRST.fbp), SECOND) == Heard(
        fbp=FIRST.fbp, fbc=SECOND.fbc, ip=SECOND.ip, user_agent="B", page="https://b/"
    )


@pytest.mark.parametrize(("older", "newer"), list(itertools.product(Stated, Stated)))
def test_the_last_statement_stands_and_silence_is_none(older: Stated, newer: Stated) -> None:
    kept = updated(saying(FIRST, older, older).lawful, saying(SECOND, newer, newer))
    expected = older if newer is UNSTATED else newer

    assert (kept.marketing, kept.sale_of_data) == (expected, expected)
    assert members(kept) == (set() if expected is REFUSED else set(MEMBERS))


def test_a_refusal_wipes_what_was_kept_and_what_comes_with_it() -> None:
    assert updated(FIRST, saying(SECOND, REFUSED)) == Heard(marketing=REFUSED)
    assert updated(None, saying(SECOND, REFUSED)) == Heard(marketing=REFUSED)


def test_after_a_refusal_nothing_personal_is_kept_until_a_grant_and_then_only_what_comes_with_it() -> None:
    refused = updated(FIRST, Heard(marketing=REFUSED))

    assert members(updated(refused, SECOND)) == set()
    assert updated(refused, Heard(fbp=SECOND.fbp, marketing=GRANTED)) == Heard(fbp=SECOND.fbp, marketing=GRANTED)


def test_an_opt_out_of_sale_outlives_a_refusal_and_its_grant() -> None:
    opted_out = updated(saying(FIRST, REFUSED, REFUSED), Heard(marketing=GRANTED))
    assert opted_out.sale_of_data is REFUSED


def test_a_default_is_kept_apart_and_decides_nothing() -> None:
    kept = updated(FIRST, Heard(default_marketing=False))

    assert kept.marketing is UNSTATED
    assert kept.default_marketing is False
    assert members(kept) == set(MEMBERS)


def test_who_refused_by_one_key_and_said_nothing_by_another_refused_by_both() -> None:
    kept = browsing.agreed({"cart": Heard(marketing=REFUSED), "checkout": FIRST})
    assert kept == {"cart": Heard(marketing=REFUSED), "checkout": Heard(marketing=REFUSED)}


def test_who_granted_by_one_key_keeps_that() -> None:
    granted = saying(FIRST, GRANTED)
    assert browsing.agreed({"cart": Heard(marketing=REFUSED), "checkout": granted})["checkout"] == granted


def test_several_keys_of_one_event_add_up_and_a_refusal_under_any_counts() -> None:
    assert browsing.together([Heard(fbp=FIRST.fbp), SECOND]) == Heard(
        fbp=FIRST.fbp, fbc=SECOND.fbc, ip=SECOND.ip, user_agent="B", page="https://b/"
    )
    assert browsing.together([saying(FIRST, GRANTED), Heard(marketing=REFUSED)]) == Heard(marketing=REFUSED)
    assert browsing.together([saying(FIRST, GRANTED), SECOND]) == saying(FIRST, GRANTED)


def test_what_is_sealed_comes_back_as_it_was() -> None:
    whole = saying(FIRST, GRANTED, REFUSED)
    assert browsing.decode(whole.encoded()) == whole
