"""What a merchant must not overlook: sources of some weight that are left out, and consent that does not reach us."""

import pytest

from connectors.access import PastOrder
from connectors.event import Source, Standing, Stated
from integration.store_settings import StoreSettings
from integration.stores import findings, tally
from integration.stores.tally import Tally
from tests.stores.past_orders import NOW, past

APP = {"source": "6167201", "door": Source.OTHER}


def counted(*orders: PastOrder, **values: str) -> Tally:
    return tally.count(orders, StoreSettings().changed(values), NOW)


def mixed(left_out: int, orders: int, source: str = "6167201", door: Source = Source.OTHER, **values: str) -> Tally:
    """So many orders of one source, the others from the website."""
    return counted(*[past(source=source, door=door)] * left_out, *[past()] * (orders - left_out), **values)


def sentences(told: Tally) -> list[str]:
    return [one.sentence for one in findings.loud(told)]


def test_a_source_with_over_two_per_cent_is_told_with_the_setting_that_includes_it() -> None:
    [sentence] = sentences(mixed(146, 1_020))

    assert sentence == (
        "146 of your last 1,020 orders (14 %) came from app 6167201 and would not be told to Meta. If they are sales of "
        "your website, through another checkout for instance, tick them in Settings, among the orders from elsewhere (other). "
        "It then holds for every app that makes orders."
    )


@pytest.mark.parametrize(("left_out", "orders", "loud"), [(2, 100, 0), (3, 100, 1), (20, 1_000, 0), (21, 1_000, 1)])
def test_exactly_two_per_cent_is_not_loud_and_one_more_is(left_out: int, orders: int, loud: int) -> None:
    assert len(sentences(mixed(left_out, orders))) == loud


@pytest.mark.parametrize(
    ("door", "source", "words"),
    [
        (Source.POS, "pos", "came from the point of sale (“pos”) and would not be told"),
        (Source.DRAFT, "shopify_draft_order", "came from drafts made by hand (“shopify_draft_order”) and"),
        (Source.SUBSCRIPTION, "subscription_contract", "came from renewals of subscriptions (“subscription_contract”)"),
        (Source.OTHER, "flow", "came from “flow” and would"),
        (Source.OTHER, "", "came from a source without a name and would"),
        (Source.OTHER, "{0.__class__}{}%s", "came from “{0.__class__}{}%s” and would"),
    ],
)
def test_each_door_has_words_of_its_own(door: Source, source: str, words: str) -> None:
    [sentence] = sentences(mixed(5, 100, source, door))

    assert words in sentence
    assert f"among the orders from elsewhere ({door})." in sentence
    assert ("every app" in sentence) == (door is Source.OTHER)


def test_what_is_included_already_is_not_loud_and_each_sentence_adds_to_it() -> None:
    told = mixed(5, 100, "pos", Source.POS, include_sources="draft")
    included = mixed(5, 100, "pos", Source.POS, include_sources="draft,pos")

    assert "among the orders from elsewhere (pos)." in sentences(told)[0]
    assert sentences(included) == []


def test_a_source_that_is_skipped_for_another_reason_is_not_loud() -> None:
    assert sentences(counted(*[past(test=True, source="web")] * 50, *[past()] * 50)) == []


def test_a_status_that_reads_like_a_source_s_reason_makes_nothing_loud() -> None:
    status = "sold in a shop, not on the website"[: tally.MAX_WORD]
    waiting = past(standing=Standing.PLACED, status=status)

    assert sentences(counted(*[waiting] * 50)) == []


def test_many_sources_too_small_for_a_name_do_not_hide_behind_one_another() -> None:
    small = [past(source=str(app), door=Source.OTHER) for app in range(400)]
    [sentence] = sentences(counted(*small, *[past()] * 600))

    assert sentence.startswith("341 of your last 1,000 orders (34 %) came from many small sources and")


def test_the_largest_comes_first() -> None:
    told = counted(
        *[past(source="pos", door=Source.POS)] * 5, *[past(source="9", door=Source.OTHER)] * 9, *[past()] * 80
    )
    assert [one.label for one in findings.loud(told)] == ["9", "pos"]


def test_an_alert_tells_the_largest_and_how_many_more_there_are() -> None:
    apps = [past(source=str(app), door=Source.OTHER) for app in (1, 1, 2, 3)]

    warned = findings.warning(findings.loud(counted(*apps)))
    pair = findings.warning(findings.loud(counted(*apps[:3])))
    assert warned
    assert pair
    assert warned.startswith("2 of your last 4 orders (50 %) came from app 1 and")
    assert warned.endswith(" 2 further sources are left out as well: see the last 30 days.")
    assert pair.endswith(" 1 further source is left out as well: see the last 30 days.")
    assert findings.warning([]) is None


@pytest.mark.parametrize("door", sorted(set(Source) - {Source.WEBSITE}))
def test_the_longest_alert_fits_its_column(door: Source) -> None:
    others = ",".join(sorted(set(Source) - {Source.WEBSITE, door}))
    orders = [past(source=f"{place}{'W' * 5_000}", door=door) for place in range(40)] * 500
    warned = findings.warning(findings.loud(counted(*orders, include_sources=others)))

    assert warned
    assert "39 further sources" in warned
    assert len(warned) <= findings.LONGEST_WARNING


def test_the_only_order_is_not_one_of_many() -> None:
    assert sentences(counted(past(**APP)))[0].startswith("Your only order came from app 6167201 and would not be told")


def test_orders_withheld_for_want_of_consent_are_told_in_numbers() -> None:
    told = counted(*[past(region="DE")] * 128, *[past()] * 22)

    assert findings.consent_sentence(told) == (
        "128 of your last 150 orders (85 %) came from the EEA and would be withheld: no consent reaches us. "
        "Let our script in your shop hear your banner, or vouch that your shoppers consent: choose the consent mode "
        "Assumed in Settings."
    )


def test_consent_names_the_places_that_need_it() -> None:
    told = counted(past(region="DE"), past(region="GB"), past(region="CH"), past())

    assert "came from the EEA, the UK or Switzerland and would" in (findings.consent_sentence(told) or "")


def test_a_strict_store_withholds_whatever_the_place() -> None:
    said = findings.consent_sentence(counted(past(), past(region="DE"), consent_mode="strict"))

    assert said
    assert said.startswith("2 of your last 2 orders (100 %) would be withheld: no consent reaches us.")


def test_refusals_are_no_missing_consent() -> None:
    assert findings.consent_sentence(counted(past(region="DE", marketing=Stated.REFUSED), past())) is None


@pytest.mark.parametrize(
    ("some", "orders", "said"),
    [
        (0, 10, "0 %"),
        (10, 10, "100 %"),
        (1, 20_000, "under 0.1 %"),
        (19_999, 20_000, "over 99 %"),
        (21, 1_020, "2.1 %"),
        (3, 31, "9.7 %"),
        (1, 10, "10 %"),
        (146, 1_020, "14 %"),
        (199, 2_000, "10 %"),
        (0, 0, "0 %"),
    ],
)
def test_shares_never_round_to_nothing_or_all(some: int, orders: int, said: str) -> None:
    assert findings.share(some, orders) == said
