"""What an order and a browser say of the same shopper's data, put together: who counts, and since when."""

from datetime import UTC, datetime

import pytest

from connectors.event import Consent, Stated
from integration.pipeline import statements
from integration.pipeline.browsing import Heard
from integration.pipeline.statements import SILENCE, Said, Statements, Voice, of_order

GRANTED, REFUSED, UNSTATED = Stated.GRANTED, Stated.REFUSED, Stated.UNSTATED
PLACED = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
AT = round(PLACED.timestamp() * 1000)


@pytest.mark.parametrize(
    ("order", "browser", "later", "counts", "by"),
    [
        (UNSTATED, UNSTATED, True, UNSTATED, None),
        (UNSTATED, GRANTED, False, GRANTED, Voice.SCRIPT),
        (UNSTATED, REFUSED, False, REFUSED, Voice.SCRIPT),
        (GRANTED, UNSTATED, True, GRANTED, Voice.ORDER),
        (GRANTED, GRANTED, True, GRANTED, Voice.ORDER),
        (GRANTED, REFUSED, True, REFUSED, Voice.SCRIPT),
        (GRANTED, REFUSED, False, REFUSED, Voice.SCRIPT),
        (REFUSED, UNSTATED, True, REFUSED, Voice.ORDER),
        (REFUSED, REFUSED, True, REFUSED, Voice.ORDER),
        (REFUSED, GRANTED, True, GRANTED, Voice.SCRIPT),
        (REFUSED, GRANTED, False, REFUSED, Voice.ORDER),
        (REFUSED, GRANTED, None, REFUSED, Voice.ORDER),
    ],
    ids=str,
)
def test_of_two_answers_a_refusal_counts_unless_it_was_taken_back_later(order, browser, later, counts, by) -> None:
    moment = None if later is None else AT + (1 if later else -1)
    for purpose, time in (("marketing", "marketing_at"), ("sale_of_data", "sale_at")):
        told = of_order(Consent(**{purpose: order}), PLACED).heard(Heard(**{purpose: browser, time: moment}))
        said = getattr(told, purpose)
        assert statements.word(said) is counts
        assert (said.by if said else None) is by


def test_a_refusal_is_not_taken_back_where_nobody_knows_when_it_was_given() -> None:
    told = of_order(Consent(REFUSED), None).heard(Heard(marketing=GRANTED, marketing_at=AT))

    assert told.marketing == Said(REFUSED, Voice.ORDER)


def test_global_privacy_control_speaks_for_the_sale_of_data_alone() -> None:
    told = SILENCE.heard(Heard(marketing=GRANTED, sale_of_data=REFUSED, gpc=True, marketing_at=AT, sale_at=AT))

    assert told == Statements(Said(GRANTED, Voice.SCRIPT, AT), Said(REFUSED, Voice.GPC, AT))


def test_what_the_shops_default_says_is_kept_apart_and_is_no_answer() -> None:
    told = SILENCE.heard(Heard(default_marketing=True))

    assert (told.marketing, told.default_marketing) == (None, True)


def test_what_a_browser_refused_is_all_that_a_refund_takes_of_it() -> None:
    heard = Heard(marketing=GRANTED, sale_of_data=REFUSED, marketing_at=AT, sale_at=AT)

    assert SILENCE.refusals(heard) == Statements(None, Said(REFUSED, Voice.SCRIPT, AT))
    assert of_order(Consent(GRANTED), PLACED).refusals(Heard(marketing=REFUSED)).marketing == Said(
        REFUSED, Voice.SCRIPT
    )


@pytest.mark.parametrize(
    ("known", "newer", "counts"),
    [
        (SILENCE, SILENCE, SILENCE),
        (of_order(Consent(REFUSED), PLACED), SILENCE, of_order(Consent(REFUSED), PLACED)),
        (of_order(Consent(REFUSED), PLACED), of_order(Consent(GRANTED), PLACED), of_order(Consent(GRANTED), PLACED)),
        (
            Statements(Said(REFUSED, Voice.SCRIPT, AT + 1)),
            of_order(Consent(GRANTED), PLACED),
            Statements(Said(REFUSED, Voice.SCRIPT, AT + 1)),
        ),
    ],
    ids=["silence", "a silent payload", "a new answer", "withdrawn in the browser"],
)
def test_a_payload_takes_back_only_what_an_order_said(known: Statements, newer: Statements, counts: Statements) -> None:
    assert newer.after(known) == counts


def test_the_column_holds_nothing_for_silence_and_reads_what_it_wrote() -> None:
    told = Statements(Said(GRANTED, Voice.SCRIPT, AT), Said(REFUSED, Voice.GPC), default_marketing=False)

    assert SILENCE.encoded() is None
    assert statements.decode(None) == SILENCE
    assert statements.decode(told.encoded()) == told
