"""Reading back what was said."""

import threading

import pytest


def test_an_event_is_read_back_as_it_was_sent(sandbox, make):
    sent = make.event()
    sandbox.post(sent, partner_agent="tandem", test_event_code="TEST1")
    journal = sandbox.control("GET", "journal")
    (entry,) = journal["events"]
    received_at = entry.pop("received_at")
    assert entry == {
        "number": 1,
        "request": 1,
        "dataset_id": make.dataset,
        "source": "server",
        "test": True,
        "counted": True,
        "duplicate_of": None,
        "event_name": "Purchase",
        "event_id": "1001",
        "event_time": sent["event_time"],
        "value": 12.5,
        "currency": "EUR",
        "order_id": "1001",
        "payload": sent,
    }
    (visit,) = journal["requests"]
    assert visit["at"] == received_at
    assert (visit["status"], visit["events"], visit["partner_agent"], visit["source"]) == (200, 1, "tandem", "server")


def test_payloads_stay_with_their_events(sandbox, make):
    sandbox.post(make.event(event_id="a"), make.event(event_id="b"))
    sandbox.post(make.event(event_id="c"), dataset="7")
    sandbox.post(make.event(event_id="d"), make.event(event_id="e"))
    assert [entry["payload"]["event_id"] for entry in sandbox.events()] == list("abcde")


def test_refused_calls_are_in_the_journal_without_events(sandbox, make):
    sandbox.post(make.event(custom_data=None), make.event())
    sandbox.post(make.event(), token="bad")
    journal = sandbox.control("GET", "journal")
    assert journal["events"] == []
    assert [(visit["status"], visit["code"], visit["subcode"], visit["events"]) for visit in journal["requests"]] == [
        (400, 100, 2804009, 2),
        (401, 190, None, 1),
    ]


def test_the_journal_can_be_read_for_one_dataset(sandbox, make):
    for dataset in ("1", "2", "1"):
        sandbox.post(make.event(event_id=None), dataset=dataset)
    journal = sandbox.control("GET", "journal?dataset=1")
    assert [entry["dataset_id"] for entry in journal["events"]] == ["1", "1"]
    assert [visit["number"] for visit in journal["requests"]] == [1, 3]
    assert list(sandbox.control("GET", "counts?dataset=2")["datasets"]) == ["2"]


def test_payloads_can_be_left_out(sandbox, make):
    sandbox.post(make.event())
    (entry,) = sandbox.control("GET", "journal?payloads=0")["events"]
    assert entry["payload"] is None
    assert entry["value"] == 12.5


def test_deleting_the_journal_forgets_deduplication_too(sandbox, make):
    sandbox.post(make.event())
    sandbox.control("DELETE", "journal")
    assert sandbox.control("GET", "counts") == {"datasets": {}, "test_datasets": {}}
    sandbox.post(make.event())
    assert [(entry["number"], entry["counted"]) for entry in sandbox.events()] == [(1, True)]


def test_events_are_stamped_with_the_shifted_clock(sandbox, make):
    before = sandbox.control("GET", "clock")["now"]
    assert sandbox.control("POST", "clock", {"shift_seconds": 3_600})["shift_seconds"] == 3_600
    assert sandbox.advance(3_600)["shift_seconds"] == 7_200
    sandbox.post(make.event())
    assert 7_200 <= sandbox.events()[0]["received_at"] - before < 7_260


@pytest.mark.parametrize("order", [{}, [], {"shift_seconds": "1"}, {"advance_seconds": None}, {"shift_seconds": True}])
def test_an_order_to_the_clock_that_makes_no_sense_is_refused(sandbox, order):
    assert sandbox.request("POST", "/_sandbox/clock", order).status == 400


def test_64_senders_at_once_lose_nothing_and_count_nothing_twice(sandbox, make):
    def send(sender):
        for number in range(10):
            # Each id is sent by four senders.
            assert sandbox.post(make.event(event_id=f"{sender % 16}-{number}")).status == 200

    threads = [threading.Thread(target=send, args=(sender,)) for sender in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sums = sandbox.counts()
    assert (sums["received"]["server"], sums["counted"], sums["duplicates"]) == (640, 160, 480)
    assert len({entry["number"] for entry in sandbox.events()}) == 640


def test_the_doors_are_health_journal_counts_faults_clock_and_tokens(sandbox):
    assert sandbox.control("GET", "health") == {"status": "ok"}
    assert sandbox.request("GET", "/_sandbox/nothing").status == 404
    assert sandbox.request("DELETE", "/_sandbox/health").status == 405
