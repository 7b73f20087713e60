"""Counting as Meta counts: the first copy of (dataset, event_name, event_id), for 48 hours, whoever tells it."""

import pytest

HOUR = 3_600


def counted(sandbox):
    return [entry["counted"] for entry in sandbox.events()]


def test_a_second_copy_is_one_event(sandbox, make):
    assert sandbox.post(make.event()).json["events_received"] == 1
    assert sandbox.post(make.event()).json["events_received"] == 1
    first, second = sandbox.events()
    assert (first["counted"], first["duplicate_of"]) == (True, None)
    assert (second["counted"], second["duplicate_of"]) == (False, first["number"])
    assert sandbox.counts()["duplicates"] == 1


def test_a_second_copy_by_the_same_rider_is_told_by_that_rider_only(sandbox, make):
    sandbox.post(make.event(), make.event())
    sums = sandbox.counts()
    assert (sums["told_by_server_only"], sums["told_by_both"]) == (1, 0)


def test_two_copies_in_one_batch_are_one_event(sandbox, make):
    sandbox.post(make.event(), make.event())
    assert counted(sandbox) == [True, False]


@pytest.mark.parametrize("change", [{"name": "Lead"}, {"event_id": "1002"}, {"event_id": "1001 "}])
def test_another_name_or_id_is_another_event(sandbox, make, change):
    sandbox.post(make.event(), make.event(**change))
    assert counted(sandbox) == [True, True]


def test_another_dataset_counts_for_itself(sandbox, make):
    sandbox.post(make.event(), dataset="1")
    sandbox.post(make.event(), dataset="2")
    assert counted(sandbox) == [True, True]


def test_an_event_without_an_id_always_counts(sandbox, make):
    sandbox.post(make.event(event_id=None), make.event(event_id=None))
    assert counted(sandbox) == [True, True]
    assert sandbox.counts()["told_by_server_only"] == 2


def test_after_48_hours_a_copy_counts_again(sandbox, make):
    sandbox.post(make.event())
    sandbox.advance(48 * HOUR - 30)
    sandbox.post(make.event())
    sandbox.advance(60)
    sandbox.post(make.event())
    assert counted(sandbox) == [True, False, True]
    assert sandbox.counts()["value"] == {"EUR": "25.0"}


def test_the_48_hours_run_from_the_first_copy_not_from_the_last(sandbox, make):
    sandbox.post(make.event())
    for _ in range(3):
        sandbox.advance(20 * HOUR)
        sandbox.post(make.event())
    assert counted(sandbox) == [True, False, False, True]


def test_what_counted_again_opens_a_window_of_its_own(sandbox, make):
    sandbox.post(make.event())
    sandbox.advance(49 * HOUR)
    sandbox.post(make.event())
    sandbox.advance(47 * HOUR)
    sandbox.post(make.event())
    assert [entry["duplicate_of"] for entry in sandbox.events()] == [None, None, 2]


def test_a_refused_copy_opens_no_window(sandbox, make):
    sandbox.post(make.event(event_time=1))
    sandbox.post(make.event())
    assert counted(sandbox) == [True]


@pytest.mark.parametrize("first", ["server", "browser"])
def test_browser_and_server_are_one_event_whoever_comes_first(sandbox, make, first):
    tell = {"server": lambda: sandbox.post(make.event()), "browser": sandbox.pixel}
    for source in (first, *(tell.keys() - {first})):
        tell[source]()
    assert counted(sandbox) == [True, False]
    sums = sandbox.counts()
    assert sums["received"] == {"server": 1, "browser": 1}
    assert (sums["told_by_server_only"], sums["told_by_browser_only"], sums["told_by_both"]) == (0, 0, 1)


def test_after_48_hours_the_server_alone_told_the_new_one(sandbox, make):
    sandbox.pixel(**{"cd[value]": "12.50", "cd[currency]": "EUR"})
    sandbox.advance(49 * HOUR)
    sandbox.post(make.event())
    sums = sandbox.counts()
    assert (sums["counted"], sums["told_by_browser_only"], sums["told_by_server_only"]) == (2, 1, 1)
    assert sums["value"] == {"EUR": "25.0"}


def test_what_counted_is_the_sum_of_who_told_it(sandbox, make):
    sandbox.post(make.event(event_id="server"), make.event(event_id="both"), make.event(event_id="both"))
    sandbox.pixel(event_id="both")
    sandbox.pixel(event_id="both")
    sandbox.pixel(event_id="browser")
    sums = sandbox.counts()
    assert sums["counted"] == 3
    assert (sums["told_by_server_only"], sums["told_by_browser_only"], sums["told_by_both"]) == (1, 1, 1)
    assert sums["duplicates"] == 3


def test_a_test_event_neither_swallows_nor_counts_with_a_real_one(sandbox, make):
    sandbox.post(make.event(), test_event_code="TEST1")
    sandbox.post(make.event())
    sandbox.post(make.event(), test_event_code="TEST1")
    assert [(entry["test"], entry["counted"]) for entry in sandbox.events()] == [
        (True, True),
        (False, True),
        (True, False),
    ]
    counts = sandbox.control("GET", "counts")
    assert counts["datasets"][make.dataset]["Purchase"]["counted"] == 1
    assert counts["test_datasets"][make.dataset]["Purchase"]["duplicates"] == 1


def test_a_real_event_does_not_swallow_a_test_event(sandbox, make):
    sandbox.post(make.event())
    sandbox.post(make.event(), test_event_code="TEST1")
    assert counted(sandbox) == [True, True]


def test_value_is_summed_per_currency_and_only_where_it_counted(sandbox, make):
    for event_id, value, currency in (("1", 0.1, "EUR"), ("2", 0.2, "eur"), ("2", 0.2, "EUR"), ("3", "7", "USD")):
        sandbox.post(make.event(event_id=event_id, custom_data={"value": value, "currency": currency}))
    assert sandbox.counts()["value"] == {"EUR": "0.3", "USD": "7.0"}
