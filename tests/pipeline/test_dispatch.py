"""Which due deliveries leave, and as what: each rule by name, with plain values and no database. Constructed.

Long: a decision table, written out row by row.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.event import Source, Stated
from integration.db import to_ms
from integration.db.datasets import ACTIVE, PAUSED, Dataset
from integration.db.deliveries import UNSETTLED, State
from integration.db.dependents import Purchaser
from integration.db.due import Due
from integration.db.stores import LIVE, OBSERVING, Store
from integration.errors import SealBroken
from integration.meta.event import INITIATE_CHECKOUT, PURCHASE, REFUND, LimitedData, ServerEvent
from integration.meta.mapping import Facts
from integration.pipeline.browsing import Heard
from integration.pipeline.dispatch import Set, Told, View, decide, most_events, next_batch
from integration.pipeline.identity import Person
from integration.pipeline.schedule import Witnessed
from integration.store_settings import StoreSettings

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))

BROWSER = {"client_ip_address": "192.0.2.7", "client_user_agent": "Test/1.0"}
ADA = Person({"em": "a" * 64, **BROWSER}, country="BR")
FACTS = Facts(
    source=Source.WEBSITE,
    order_id="5001",
    currency="EUR",
    total=Decimal("12.50"),
    subtotal=Decimal("10.00"),
    page="https://shop.example.com/",
)

STORE = Store(
    id="store-1",
    platform="shopify",
    domain="tea.myshopify.com",
    state=LIVE,
    settings=StoreSettings(),
    public_key="abcdefgh12345678",
    webhook_key="key",
    sealed_secret=None,
    since=NOW - 30 * DAY,
    created_at=NOW - 30 * DAY,
    uninstalled_at=None,
)
DATASET = Dataset(1, "store-1", "100000000000001", "sealed", None, ACTIVE, None)


def due(**more: Any) -> Due:
    """A Purchase of a minute ago that was never attempted, of the person sealed as "ada"."""
    fresh = Due(
        id=1,
        state=State.PENDING,
        attempts=0,
        doubtful=False,
        insisted=False,
        share=None,
        ended=False,
        first_attempt_ms=None,
        event_pk=11,
        event_name=PURCHASE,
        event_id="5001",
        subject="5001",
        order_id="5001",
        test=False,
        placed_ms=to_ms(NOW - MINUTE),
        event_ms=to_ms(NOW - MINUTE),
        received_ms=to_ms(NOW - MINUTE),
        facts=FACTS.encoded(),
        user_data="ada",
    )
    return fresh._replace(**{_COLUMNS.get(name, name): _stored(value) for name, value in more.items()})


_COLUMNS = {
    "placed_at": "placed_ms",
    "event_time": "event_ms",
    "received_at": "received_ms",
    "first_attempt_at": "first_attempt_ms",
}


def _stored(value: Any) -> Any:
    return to_ms(value) if isinstance(value, datetime) else value


def refund(**more: Any) -> Due:
    return due(**{"event_name": REFUND, "event_id": "refund_9001", "subject": "9001", "user_data": "nobody", **more})


def aged(age: timedelta, make: Any = due, **more: Any) -> Due:
    return make(placed_at=NOW - age, event_time=NOW - age, received_at=NOW - age, **more)


def view(
    persons: Mapping[str, Person] | None = None,
    *,
    store: Store = STORE,
    dataset: Dataset = DATASET,
    purchasers: Mapping[str, Purchaser] | None = None,
    heard: Heard | None = None,
    witnessed: Witnessed | None = None,
    told_by_pixel: frozenset[str] = frozenset(),
    **settings: str,
) -> View:
    opened = {"ada": ADA, "nobody": Person({}), **(persons or {})}

    def unseal(sealed: str) -> Person:
        if sealed not in opened:
            raise SealBroken("It does not open.")
        return opened[sealed]

    chosen = replace(store, settings=store.settings.changed(settings))
    told_already = {"5001": Purchaser(State.DELIVERED, "ada")}
    return View(
        chosen,
        dataset,
        told_already if purchasers is None else purchasers,
        unseal,
        NOW,
        heard=lambda _: heard,
        witnessed=lambda _: witnessed,
        told_by_pixel=told_by_pixel,
    )


def told(row: Due, seen: View) -> ServerEvent:
    decision = decide(row, seen)
    assert isinstance(decision, Told), decision
    assert decision.due is row
    return decision.event


def state(row: Due, seen: View) -> str:
    decision = decide(row, seen)
    return decision.state if isinstance(decision, Set) else "told"


def test_what_nothing_speaks_against_leaves_as_it_was_written_down() -> None:
    event = told(due(event_id="abcdefgh_5001", event_time=NOW - 3 * HOUR), view())

    assert (event.event_name, event.event_id, event.event_time) == (PURCHASE, "abcdefgh_5001", NOW - 3 * HOUR)
    assert event.user_data == ADA.user_data
    assert event.limited is None


def test_value_and_contents_follow_the_settings_of_today() -> None:
    assert told(due(), view()).custom_data["value"] == 12.5
    assert told(due(), view(value_basis="subtotal")).custom_data["value"] == 10


# Store and dataset


def test_nothing_of_a_disconnected_store_leaves_and_nothing_is_dropped() -> None:
    gone = replace(STORE, uninstalled_at=NOW - HOUR)

    assert decide(due(), view(store=gone)) == Set(State.HELD, "the store is disconnected")
    assert state(aged(8 * DAY), view(store=gone)) == State.HELD
    assert state(due(), view(store=replace(gone, state=OBSERVING))) == State.HELD


def test_an_observing_store_only_shows_what_would_be_sent() -> None:
    assert decide(due(), view(store=replace(STORE, state=OBSERVING))) == Set(State.OBSERVED, "would be sent")


def test_a_test_order_leaves_only_while_the_dataset_has_a_test_event_code() -> None:
    with_code = replace(DATASET, test_event_code="TEST123")

    assert decide(due(test=True), view()) == Set(State.SKIPPED, "test order")
    assert state(due(test=True), view(dataset=with_code)) == "told"
    assert state(due(test=False), view(dataset=with_code)) == "told"


def test_what_was_taken_back_during_a_call_that_was_not_counted_is_skipped() -> None:
    assert decide(due(ended=True, attempts=1), view()) == Set(State.SKIPPED, "cancelled")


@pytest.mark.parametrize("doubt", [{"doubtful": True}, {"state": State.SENDING}], ids=["ended unknown", "never ended"])
def test_what_was_perhaps_counted_is_never_skipped_even_if_taken_back(doubt: dict[str, Any]) -> None:
    assert state(due(ended=True, attempts=1, **doubt), view()) == "told"


@pytest.mark.parametrize(
    ("event_name", "route", "becomes"),
    [
        (PURCHASE, "both", "told"),
        (PURCHASE, "server", "told"),
        (PURCHASE, "pixel", Set(State.SKIPPED, "told by the Pixel alone, by your settings")),
        (PURCHASE, "off", Set(State.SKIPPED, "switched off in your settings")),
        (INITIATE_CHECKOUT, "pixel", Set(State.SKIPPED, "told by the Pixel alone, by your settings")),
        (INITIATE_CHECKOUT, "off", Set(State.SKIPPED, "switched off in your settings")),
    ],
)
def test_who_tells_an_event_is_asked_again_when_it_leaves(event_name: str, route: str, becomes: Any) -> None:
    decision = decide(due(event_name=event_name), view(routing=f"{event_name}={route}"))

    assert ("told" if isinstance(decision, Told) else decision) == becomes
    other = INITIATE_CHECKOUT if event_name == PURCHASE else PURCHASE
    assert state(due(event_name=other), view(routing=f"{event_name}={route}")) == "told"


def test_a_refund_is_in_no_table_of_routes_and_is_the_servers() -> None:
    assert state(refund(), view(routing="Purchase=pixel")) == "told", "its Purchase was told before that was decided"


# Age


@pytest.mark.parametrize("make", [due, refund])
@pytest.mark.parametrize("doubtful", [False, True])
def test_nothing_of_seven_days_leaves(*, make: Any, doubtful: bool) -> None:
    assert decide(aged(7 * DAY, make, doubtful=doubtful), view()) == Set(State.EXPIRED, "older than 7 days")
    assert state(aged(7 * DAY - MINUTE, make), view(pixel="none")) == "told"


@pytest.mark.parametrize("fraction", [0.001, 0.1, 0.9])
def test_nothing_is_told_as_older_than_seven_days(fraction: float) -> None:
    """What leaves is in whole seconds, so up to a second older; Meta refuses the whole batch for one such event."""
    row = due(event_time=NOW - 7 * DAY + timedelta(seconds=fraction), placed_at=NOW - MINUTE)
    decision = decide(row, view(pixel="none"))

    told_age = NOW.timestamp() - decision.event.payload()["event_time"] if isinstance(decision, Told) else 0
    assert told_age < (7 * DAY).total_seconds()


@pytest.mark.parametrize("doubt", [{"doubtful": True}, {"state": State.SENDING}], ids=["ended unknown", "never ended"])
@pytest.mark.parametrize("event_name", [PURCHASE, INITIATE_CHECKOUT])
def test_what_was_perhaps_counted_is_not_repeated_later_than_47_hours_after_placement(
    event_name: str, doubt: dict[str, Any]
) -> None:
    tried = {"event_name": event_name, "first_attempt_at": NOW - HOUR, "attempts": 1, **doubt}

    assert state(aged(47 * HOUR, **tried), view()) == "told"
    assert state(aged(47 * HOUR + SECOND, **tried), view()) == State.AMBIGUOUS
    assert state(aged(47 * HOUR + SECOND, **tried), view(pixel="none")) == State.AMBIGUOUS


def test_an_attempt_that_was_surely_not_counted_leaves_no_doubt() -> None:
    refused = {"attempts": 3, "first_attempt_at": NOW - 3 * DAY}

    assert state(aged(3 * DAY, **refused), view(pixel="none")) == "told"


@pytest.mark.parametrize("pixel", ["ours", "other", "none"])
def test_a_first_send_is_safe_for_47_hours_whoever_told_it_before(pixel: str) -> None:
    assert state(aged(47 * HOUR), view(pixel=pixel)) == "told"


@pytest.mark.parametrize("age", [47 * HOUR + SECOND, 3 * DAY, 6 * DAY], ids=str)
def test_a_later_first_send_leaves_only_where_no_pixel_can_have_told_it(age: timedelta) -> None:
    assert state(aged(age), view(pixel="none")) == "told"
    assert state(aged(age), view(pixel="other")) == State.AMBIGUOUS
    assert state(aged(age), view(pixel="ours")) == State.AMBIGUOUS


SILENT = Witnessed(sighted=False, before=True, after=True)


@pytest.mark.parametrize(
    ("pixel", "witnessed", "becomes"),
    [
        ("ours", SILENT, "told"),
        ("ours", replace(SILENT, sighted=True), State.AMBIGUOUS),
        ("ours", replace(SILENT, before=False), State.AMBIGUOUS),
        ("ours", replace(SILENT, after=False), State.AMBIGUOUS),
        ("ours", Witnessed(sighted=False, before=False, after=False), State.AMBIGUOUS),
        ("ours", None, State.AMBIGUOUS),
        ("other", SILENT, State.AMBIGUOUS),
        ("none", replace(SILENT, sighted=True), "told"),
    ],
    ids=str,
)
def test_our_own_pixel_surely_did_not_tell_only_if_it_was_alive_and_nothing_of_the_order_was_seen(
    pixel: str, witnessed: Witnessed | None, becomes: str
) -> None:
    assert state(aged(3 * DAY), view(pixel=pixel, witnessed=witnessed)) == becomes
    assert state(aged(47 * HOUR), view(pixel=pixel, witnessed=witnessed)) == "told", "sightings matter after 47 h alone"


def test_a_silent_pixel_does_not_undo_what_we_perhaps_told_ourselves() -> None:
    assert state(aged(3 * DAY, doubtful=True, attempts=1), view(witnessed=SILENT)) == State.AMBIGUOUS


def test_what_an_operator_insists_on_leaves_whatever_may_be_counted_but_never_too_old() -> None:
    assert state(aged(3 * DAY, doubtful=True, insisted=True), view(pixel="ours")) == "told"
    assert state(aged(7 * DAY, doubtful=True, insisted=True), view(pixel="ours")) == State.EXPIRED


@pytest.mark.parametrize("pixel", ["ours", "other", "none"])
def test_a_refund_has_no_pixel_copy_so_its_47_hours_run_from_our_own_first_attempt(pixel: str) -> None:
    doubtful = {"doubtful": True, "attempts": 1}

    assert state(aged(5 * DAY, refund), view(pixel=pixel)) == "told"
    assert state(aged(5 * DAY, refund, first_attempt_at=NOW - 47 * HOUR, **doubtful), view(pixel=pixel)) == "told"
    assert (
        state(aged(5 * DAY, refund, first_attempt_at=NOW - 47 * HOUR - SECOND, **doubtful), view(pixel=pixel))
        == State.AMBIGUOUS
    )


# Person


def test_without_a_person_there_is_nobody_to_match() -> None:
    assert decide(due(user_data=None), view()) == Set(State.SKIPPED, "no customer information")
    assert decide(due(user_data="nobody"), view()) == Set(State.SKIPPED, "no customer information")
    agent_only = Person({"client_user_agent": "Test/1.0", "country": "a" * 64}, country="BR")
    assert state(due(user_data="agent"), view({"agent": agent_only})) == State.SKIPPED


def test_an_address_and_an_agent_are_enough() -> None:
    assert told(due(user_data="visitor"), view({"visitor": Person(BROWSER, country="BR")})).user_data == BROWSER


def test_what_does_not_open_is_held_with_the_reason_and_not_lost() -> None:
    assert decide(due(user_data="of another key"), view()) == Set(State.HELD, "It does not open.")


def test_a_refund_is_told_of_the_purchases_person_without_the_browser() -> None:
    event = told(refund(), view())

    assert event.user_data == {"em": "a" * 64}
    assert (event.event_name, event.action_source, event.event_source_url) == (REFUND, "system_generated", None)


@pytest.mark.parametrize("state_of_it", sorted(UNSETTLED))
def test_a_refund_waits_while_its_purchase_may_still_be_told(state_of_it: State) -> None:
    waiting = Set(State.WAITING, "waiting for its Purchase")

    assert decide(refund(), view(purchasers={"5001": Purchaser(state_of_it, "ada")})) == waiting
    assert decide(refund(), view(purchasers={})) == waiting, "it has not come yet"
    assert decide(refund(), view(purchasers={"5002": Purchaser(State.DELIVERED, "ada")})) == waiting


@pytest.mark.parametrize("state_of_it", sorted(set(State) - set(UNSETTLED) - {State.DELIVERED}))
def test_a_refund_whose_purchase_ended_otherwise_is_not_told(state_of_it: State) -> None:
    purchasers = {"5001": Purchaser(state_of_it, "ada")}

    assert decide(refund(), view(purchasers=purchasers)) == Set(State.SKIPPED, "purchase not told")


def test_a_refund_whose_purchases_person_was_wiped_is_not_told() -> None:
    purchasers = {"5001": Purchaser(State.DELIVERED, None)}

    assert decide(refund(), view(purchasers=purchasers)) == Set(State.SKIPPED, "purchase not told")


@pytest.mark.parametrize("state_of_it", [State.SKIPPED, State.AMBIGUOUS, State.EXPIRED, State.DEAD])
def test_a_refund_is_told_where_the_pixel_told_its_purchase_and_we_know_its_person(state_of_it: State) -> None:
    told_there = {"told_by_pixel": frozenset({"5001"})}

    event = told(refund(), view(purchasers={"5001": Purchaser(state_of_it, "ada")}, **told_there))
    assert event.user_data == {"em": "a" * 64}
    nobody = view(purchasers={"5001": Purchaser(state_of_it, None)}, **told_there)
    assert decide(refund(), nobody) == Set(State.SKIPPED, "purchase not told")
    assert state(refund(order_id="5002"), view(purchasers={"5002": Purchaser(state_of_it, "ada")}, **told_there)) == (
        State.SKIPPED
    )


def test_it_may_still_be_told_while_it_is_pending_sending_waiting_or_held() -> None:
    assert set(UNSETTLED) == {State.PENDING, State.SENDING, State.WAITING, State.HELD}


def test_a_refund_of_someone_known_by_their_browser_alone_has_nobody_to_match() -> None:
    visitor = Person(BROWSER, country="BR")

    assert decide(refund(), view({"ada": visitor})) == Set(State.SKIPPED, "no customer information")


# Consent


def european(**stated: Stated) -> dict[str, Person]:
    return {"ada": replace_person(country="DE", **stated)}


def replace_person(**changes: Any) -> Person:
    return Person(ADA.user_data, **changes)


def test_unstated_consent_waits_until_ten_minutes_after_receipt() -> None:
    row = due(received_at=NOW - 9 * MINUTE)

    assert decide(row, view(european())) == Set(
        State.WAITING, "waiting for consent", NOW + MINUTE, ruling="waits: waiting for consent"
    )


@pytest.mark.parametrize("waited", [10 * MINUTE, HOUR], ids=str)
def test_after_ten_minutes_it_is_withheld_and_the_person_forgotten(waited: timedelta) -> None:
    row = due(received_at=NOW - waited)

    assert decide(row, view(european())) == Set(
        State.WITHHELD, "no consent was stated", wipe=True, ruling="withheld: no consent was stated"
    )


def test_a_refusal_is_withheld_at_once_and_the_person_forgotten() -> None:
    for mode in ("regional", "strict", "assumed"):
        seen = view(european(marketing=Stated.REFUSED), consent_mode=mode)
        assert decide(due(), seen) == Set(
            State.WITHHELD, "consent was refused", wipe=True, ruling="withheld: consent was refused"
        )


def test_a_grant_lets_it_go() -> None:
    assert state(due(), view(european(marketing=Stated.GRANTED))) == "told"
    assert state(due(), view(european(), consent_mode="assumed")) == "told"
    assert state(due(), view(consent_mode="strict")) == State.WAITING


def test_a_withheld_refund_wipes_nothing_since_the_person_is_the_purchases() -> None:
    refused = view(european(marketing=Stated.REFUSED))

    assert decide(refund(), refused) == Set(
        State.WITHHELD, "consent was refused", wipe=False, ruling="withheld: consent was refused"
    )


def test_an_opt_out_of_sale_in_the_us_leaves_under_limited_data_use() -> None:
    opted_out = {"ada": replace_person(sale_of_data=Stated.REFUSED, country="US", state="CA")}

    assert told(due(), view(opted_out)).limited == LimitedData(0, 0)
    assert told(refund(), view(opted_out)).limited == LimitedData(1, 1000), "a refund is told without an address"
    assert state(due(), view(opted_out, limited_data_use="never")) == State.WITHHELD


# What a browser told of itself


HEARD = Heard(fbp="fb.1.1794854000500.7", ip="203.0.113.9", user_agent="Heard/1.0")


def test_a_browsers_word_fills_what_the_order_lacks_and_is_to_be_written_down() -> None:
    decision = decide(due(), view(heard=HEARD))

    assert isinstance(decision, Told)
    assert decision.event.user_data == {**ADA.user_data, "fbp": HEARD.fbp}
    assert decision.learnt is not None
    assert decision.learnt.user_data == decision.event.user_data
    assert decision.learnt.country == "BR"


def test_what_adds_nothing_is_not_written_again() -> None:
    decision = decide(due(), view(heard=Heard(ip="203.0.113.9")))

    assert isinstance(decision, Told)
    assert decision.learnt is None


def test_somebody_known_by_their_browser_alone_is_enough() -> None:
    assert told(due(user_data="nobody"), view(heard=HEARD)).user_data.keys() == {
        "fbp",
        "client_ip_address",
        "client_user_agent",
    }


def test_address_and_agent_are_not_taken_for_an_order_that_is_not_the_websites() -> None:
    at_the_till = msgspec.structs.replace(FACTS, source=Source.POS).encoded()
    event = told(due(user_data="bare", facts=at_the_till), view({"bare": Person({"em": "a" * 64})}, heard=HEARD))

    assert event.user_data == {"em": "a" * 64, "fbp": HEARD.fbp}


@pytest.mark.parametrize("make", [due, refund])
def test_a_browsers_refusal_withholds_what_the_order_allowed(make: Any) -> None:
    seen = view(european(marketing=Stated.GRANTED), heard=Heard(marketing=Stated.REFUSED))

    assert decide(make(), seen) == Set(
        State.WITHHELD, "consent was refused", wipe=make is due, ruling="withheld: consent was refused"
    )


def test_a_browsers_grant_lets_an_order_go_but_no_refund() -> None:
    seen = view(european(), heard=Heard(marketing=Stated.GRANTED))

    assert state(due(), seen) == "told"
    assert state(refund(), seen) == State.WAITING, "of a refund only a refusal is asked for"


def test_a_refund_is_told_nothing_that_its_purchase_did_not_have() -> None:
    assert told(refund(), view(heard=HEARD)).user_data == {"em": "a" * 64}


# The order of the rules


def test_what_the_store_forbids_comes_before_age_and_age_before_consent() -> None:
    refused = european(marketing=Stated.REFUSED)

    assert state(aged(8 * DAY), view(refused, store=replace(STORE, state=OBSERVING))) == State.OBSERVED
    assert state(aged(8 * DAY), view(refused)) == State.EXPIRED
    assert state(aged(8 * DAY, user_data="of another key"), view()) == State.EXPIRED


# The next call


def ready(*rows: Due) -> list[Told]:
    seen = view(dataset=replace(DATASET, test_event_code="TEST123"))
    decided = [decide(row, seen) for row in rows]
    return [one for one in decided if isinstance(one, Told)]


def batch(*rows: Due) -> list[int]:
    assert len(ready(*rows)) == len(rows)
    return [one.due.id for one in next_batch(ready(*rows))]


def test_nothing_makes_no_call() -> None:
    assert next_batch([]) == []


def test_ordinary_events_leave_together_in_their_order() -> None:
    assert batch(due(id=3), due(id=1), refund(id=2)) == [3, 1, 2]


def test_test_orders_and_real_ones_never_share_a_call() -> None:
    assert batch(due(id=1), due(id=2, test=True), due(id=3)) == [1, 3]
    assert batch(due(id=1, test=True), due(id=2), due(id=3, test=True)) == [1, 3]


def test_a_part_of_a_refused_batch_leaves_by_itself() -> None:
    assert batch(due(id=1, share=8), due(id=2), due(id=3, share=8), due(id=4, share=9)) == [1, 3]
    assert batch(due(id=1), due(id=2, share=8), due(id=3)) == [1, 3]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([None, 8, 9])), max_size=12))
def test_calls_go_on_until_each_has_left_exactly_once(kinds: list[tuple[bool, int | None]]) -> None:
    left = ready(*(due(id=number, test=test, share=share) for number, (test, share) in enumerate(kinds)))
    sent: list[int] = []
    while left:
        call = next_batch(left)
        assert call[0] is left[0]
        assert len({(one.due.test, one.due.share) for one in call}) == 1
        sent += [one.due.id for one in call]
        left = [one for one in left if one not in call]

    assert sorted(sent) == list(range(len(kinds)))


# How many events a call may hold


@pytest.mark.parametrize(
    ("trouble", "most"),
    [
        ({}, 1_000),
        ({"failures": 4}, 1_000),
        ({"failures": 5}, 1),
        ({"state": PAUSED}, 1),
        ({"crashes": 1}, 1_000),
        ({"crashes": 2}, 100),
        ({"crashes": 3}, 10),
        ({"crashes": 4}, 1),
        ({"crashes": 40}, 1),
    ],
    ids=str,
)
def test_a_troubled_dataset_is_told_few_events_at_a_time(trouble: dict[str, Any], most: int) -> None:
    assert most_events(replace(DATASET, **trouble)) == most


def test_a_limited_call_holds_the_first_events() -> None:
    told = ready(*(due(id=number) for number in range(1, 6)))

    assert [one.due.id for one in next_batch(told, 2)] == [1, 2]
