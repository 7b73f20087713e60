"""The page of one event: what is said of it, to its own store alone."""

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.event import Stated
from integration.db import deliveries, events, reading, reports, transaction
from integration.pipeline import consent
from integration.pipeline.consent import Shopper
from integration.pipeline.statements import Said, Statements, Voice
from integration.store_settings import ConsentMode, LimitedDataUse
from integration.web import consent_words
from tests.rig.own_page import OwnPage
from tests.rig.pages import Pages, Read

AT = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
DATASETS = map(str, itertools.count(300_000_000_000_031))
TRIED = "Tries 2, the first on 21 November 2026, 14:05 UTC Delivered 21 November 2026, 14:05 UTC Meta’s trace id AbCdEf"


def told(store: OwnPage, number: str = "61001") -> int:
    """An order of the store; the id of its event."""
    store.order(number)
    with reading(store.pages.engine) as connection:
        [row] = list(reports.listing(connection, store_id=store.id, newest=1))
    return int(row["event_pk"])


def changed(store: OwnPage, pk: int, delivery: dict[str, Any] | None = None, **values: Any) -> None:
    with transaction(store.pages.engine) as connection:
        if values:
            connection.execute(events.events.update().where(events.events.c.id == pk).values(values))
        if delivery:
            mine = deliveries.deliveries.c.event_pk == pk
            connection.execute(deliveries.deliveries.update().where(mine).values(delivery))


def page(store: OwnPage, pk: int) -> str:
    answer = store.browser().get(f"/store/events/{pk}")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.data.decode()


def test_the_store_s_page_leads_to_each_event_and_the_event_says_what_happened(pages: Pages) -> None:
    store = OwnPage.of(pages)
    pk = told(store)
    assert f"/store/events/{pk}" in [link["href"] for link in store.page().all("a")]
    assert f"/store/events/{pk}" in store.browser().get("/store/state").data.decode()
    changed(store, pk, value="12.50", currency="EUR", later_value="10.00")
    text = Read(page(store, pk)).text
    assert "Purchase of order 61001" in text
    assert "EUR 12.50 The store says 10.00 since; Meta was not told." in text
    assert "from WooCommerce (read by version 1 of our rules for it)" in text


def test_another_store_s_event_is_as_unknown_as_one_that_never_was(pages: Pages) -> None:
    mine, other = OwnPage.of(pages), OwnPage.of(pages)
    theirs = told(other, "61002")
    answers = [mine.browser().get(f"/store/events/{pk}") for pk in (theirs, 999_999_999, 2**63, 10**30)]
    assert [answer.status for answer in answers] == [404] * 4
    assert len({answer.data for answer in answers}) == 1
    assert "61002" not in answers[0].data.decode()
    assert pages.browser().get(f"/store/events/{theirs}").status == 303
    assert mine.browser().ask("HEAD", f"/store/events/{theirs}").status == 405


def test_statements_are_told_by_whom_and_when_and_the_shop_s_default_is_kept_apart(pages: Pages) -> None:
    store = OwnPage.of(pages)
    pk = told(store)
    changed(store, pk, stated=None, region=None)
    assert "Neither a yes nor a no has reached us. Region Not written down" in Read(page(store, pk)).text

    said = Statements(
        Said("granted", Voice.SCRIPT, round(AT.timestamp() * 1000)), Said("refused", Voice.GPC), default_marketing=True
    )
    changed(store, pk, stated=said.encoded(), region="CH", granted_at=AT)
    text = Read(page(store, pk)).text
    asks = "by our script in your shop, which asks the WP Consent API or your banner, on 21 November 2026, 14:05 UTC"
    assert f"Marketing yes, {asks} Sale of data no, by Global Privacy Control of the browser Shop’s default" in text
    assert "your shop allows marketing. That is no statement of the shopper, and decides nothing." in text
    assert "Region Switzerland Yes came later 21 November 2026, 14:05 UTC" in text


@pytest.mark.parametrize(
    ("delivery", "words"),
    [
        (
            {"ruling": None, "state": "skipped", "reason": "a test order"},
            "Consent Makes no difference: the event is not told anyway. State skipped A test order Tries None",
        ),
        (
            {"ruling": "withheld: no consent was stated", "state": "withheld", "reason": "no consent was stated"},
            "Consent May not leave: a yes is needed, and nobody said anything. State withheld Tries None",
        ),
        (
            {
                "ruling": "limited: the sale of data was refused",
                "state": "delivered",
                "reason": None,
                "attempts": 2,
                "first_attempt_at": AT,
                "delivered_at": AT,
                "fbtrace_id": "AbCdEf",
            },
            f"Consent May leave under Meta’s limited data use: the shopper said no to the sale of data. State delivered {TRIED}",
        ),
    ],
)
def test_each_dataset_s_decision_state_and_attempts_are_said(
    pages: Pages, delivery: dict[str, Any], words: str
) -> None:
    store = OwnPage.of(pages)
    dataset = next(DATASETS)
    store.attach(dataset)
    pk = told(store)
    changed(store, pk, delivery)
    text = Read(page(store, pk)).text
    assert f"Dataset {dataset} {words}" in text


def test_every_reason_consent_can_have_is_said_in_a_merchant_s_words() -> None:
    answers, places = list(Stated), ("AT", "US", "NZ", None)
    shoppers = itertools.starmap(Shopper, itertools.product(answers, answers, places, [None], [True, False]))
    cases = itertools.product(shoppers, ConsentMode, LimitedDataUse, [True, False])
    reasons = {consent.decide(one, mode, ldu, patience_over=over).reason for one, mode, ldu, over in cases}
    assert reasons == set(consent_words.REASONS)


def test_which_keys_of_the_person_are_held_is_said_in_words_and_never_their_values(pages: Pages) -> None:
    store = OwnPage.of(pages)
    pk = told(store)
    changed(store, pk, user_data="sealed-text", key_mask=0b1 | 1 << 11 | 1 << 14)
    markup = page(store, pk)
    read = Read(markup)
    assert "sealed-text" not in markup
    assert "says: e-mail address (hashed) IP address Meta’s id of the browser" in read.text
    changed(store, pk, **events.NOBODY)
    assert "Nothing of the person is kept." in Read(page(store, pk)).text


def test_what_a_shop_calls_its_orders_and_states_is_text(pages: Pages) -> None:
    store = OwnPage.of(pages)
    pk = told(store)
    hostile = '"><svg/onload=1>{{ 7*7 }}'
    changed(
        store, pk, {"reason": hostile, "ruling": hostile, "fbtrace_id": hostile}, order_id=hostile, event_id=hostile
    )
    markup = page(store, pk)
    assert "<svg/onload" not in markup
    assert "{{ 7*7 }}" in markup
