"""What the page is given to show of a survey: one sentence, three tables, the reasons, and what to keep in mind."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.access import PastOrder
from connectors.event import Source, Standing
from integration.db.surveys import Survey
from integration.store_settings import StoreSettings
from integration.stores import report, tally
from integration.stores.report import BAR, ROWS, Progress, Summary
from integration.stores.tally import Fate, Tally
from tests.stores.past_orders import NOW, past

DEFAULTS = StoreSettings()
MIXED = [past()] * 6 + [past(region="DE")] * 2 + [past(source="pos", door=Source.POS, region=None)] * 2


def counted(*orders: PastOrder) -> Tally:
    return tally.count(orders, DEFAULTS, NOW)


def row(told: Tally, done_at: datetime | None = NOW) -> Survey:
    cursor = None if done_at else "further on"
    return Survey("st_1", NOW - timedelta(days=30), cursor, told.orders, told.encoded(), NOW, done_at)


def summary(*orders: PastOrder, settings: StoreSettings = DEFAULTS, **more: Any) -> Summary:
    return report.summarise(row(msgspec.structs.replace(counted(*orders), **more)), settings)


def test_one_sentence_says_what_all_of_it_comes_to() -> None:
    waiting = past(standing=Standing.PLACED, status="pending")

    assert summary(*MIXED, waiting).headline == (
        "11 orders since 25 October, read on 24 November: 6 would be sent to Meta, 1 would not be sent yet, "
        "2 would be skipped, 2 would be withheld."
    )
    assert summary(past()).headline == "1 order since 25 October, read on 24 November: 1 would be sent to Meta."


def test_that_none_would_be_sent_is_said_too() -> None:
    assert "0 would be sent to Meta, 1 would be withheld" in summary(past(region="DE")).headline


def test_a_store_nobody_has_looked_at_says_so_and_why() -> None:
    never = report.summarise(None, DEFAULTS, "Shopify wants us to wait.")

    assert never == Summary(
        Progress.NEVER, "The orders of the last 30 days have not been read yet.", "Shopify wants us to wait."
    )


def test_counts_of_another_version_are_not_shown() -> None:
    old = msgspec.structs.replace(counted(past()), version=0)
    assert report.summarise(row(old), DEFAULTS).progress is Progress.NEVER


def test_half_of_it_is_shown_as_numbers_and_draws_no_conclusions() -> None:
    told = report.summarise(row(counted(*MIXED), done_at=None), DEFAULTS, "Shopify wants us to wait.")

    assert told.progress is Progress.UNDER_WAY
    assert told.headline == "The orders since 25 October are being read: 10 so far."
    assert told.trouble == "Shopify wants us to wait."
    assert len(told.tables) == 3
    assert (told.loud, told.consent) == ((), None)


def test_all_of_it_draws_them() -> None:
    told = summary(*MIXED)

    assert told.progress is Progress.DONE
    assert [one.label for one in told.loud] == ["pos"]
    assert (told.consent or "").startswith("2 of your last 10 orders (20 %) came from the EEA")


def test_what_went_wrong_before_it_was_done_is_over() -> None:
    assert report.summarise(row(counted(past())), DEFAULTS, "An old trouble.").trouble is None


def test_a_store_without_orders_shows_no_empty_tables() -> None:
    told = summary()

    assert told.headline == "There were no orders since 25 October when they were read on 24 November."
    assert not any((told.tables, told.reasons, told.caveats, told.loud))


def test_three_tables_show_each_fate_and_mark_what_is_left_out() -> None:
    sources, payments, regions = summary(*MIXED).tables

    shown = [(one.label, one.orders, one.share, [part.orders for part in one.parts]) for one in sources.rows]
    assert shown == [("web", 8, "80 %", [6, 0, 0, 2]), ("pos", 2, "20 %", [0, 0, 2, 0])]
    assert [one.loud for one in sources.rows] == [False, True]
    assert [one.label for one in payments.rows] == ["card"]
    assert [one.label for one in regions.rows] == ["United States", "European Economic Area", "Unknown"]


def test_reasons_come_with_their_numbers_largest_first() -> None:
    refused = past(standing=Standing.CANCELLED)
    told = [(one.fate, one.words, one.orders, one.share) for one in summary(*MIXED, refused).reasons]

    assert told == [
        (Fate.SKIPPED, "sold in a shop, not on the website", 2, "18 %"),
        (Fate.WITHHELD, "no consent was stated", 2, "18 %"),
        (Fate.SKIPPED, "cancelled", 1, "9.1 %"),
    ]


def test_the_smallest_of_many_sources_are_shown_together() -> None:
    [sources, *_] = summary(*[past(source=f"app {place}") for place in range(30)]).tables

    assert len(sources.rows) == ROWS + 1
    assert (sources.rows[-1].label, sources.rows[-1].orders) == ("all others", 30 - ROWS)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(Source)), min_size=1, max_size=60))
def test_rows_add_up_and_bars_leave_no_gap(orders: list[tuple[str, Source]]) -> None:
    told = summary(*[past(source=name, door=door) for name, door in orders])

    for table in told.tables:
        assert sum(one.orders for one in table.rows) == len(orders)
        for one in table.rows:
            assert [part.fate for part in one.parts] == list(Fate)
            assert sum(part.orders for part in one.parts) == one.orders
            assert sum(part.width for part in one.parts) == BAR * one.orders // len(orders)
            ends = [part.start + part.width for part in one.parts]
            assert [part.start for part in one.parts] == [0, *ends[:-1]]


def test_newer_orders_that_were_not_read_are_said_first() -> None:
    told = summary(*MIXED, more=True)

    assert told.caveats[0] == "There are newer orders: only the first 10 since 25 October were read."
    assert told.loud[0].sentence.startswith("2 of the first 10 orders (20 %) came from")


@pytest.mark.parametrize(
    ("values", "said"),
    [({"include_sources": "pos"}, True), ({"consent_mode": "strict"}, True), ({"value_basis": "subtotal"}, False)],
)
def test_settings_that_decide_otherwise_now_are_said(values: dict[str, str], said: bool) -> None:  # noqa: FBT001
    caveats = summary(*MIXED, settings=DEFAULTS.changed(values)).caveats
    assert caveats[0].startswith("The settings have changed since this was counted") == said


def test_what_the_numbers_never_say_is_always_said() -> None:
    assert "Whether an order names its buyer is not read" in summary(past()).caveats[-1]
