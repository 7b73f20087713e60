"""The journal by id: the same deed, as each rider told it."""

from tests.sandbox.conftest import event


def pairs(sandbox, query=""):
    return sandbox.request("GET", f"/_sandbox/pairs{query}").json["pairs"]


def test_an_id_is_heard_by_the_browser_by_the_server_or_by_both(sandbox):
    sandbox.pixel(event_id="1001", **{"cd[value]": "12.50", "cd[currency]": "EUR"})
    sandbox.pixel(event_id="1002")
    sandbox.post(event(event_id="1001"), event(event_id="1003"))
    found = {one["event_id"]: one for one in pairs(sandbox)}
    assert {name: one["heard_by"] for name, one in found.items()} == {
        "1001": "both",
        "1002": "browser",
        "1003": "server",
    }
    assert found["1001"]["browser"] == {"copies": 1, "value": 12.5, "currency": "EUR", "order_id": None}
    assert found["1001"]["server"] == {"copies": 1, "value": 12.5, "currency": "EUR", "order_id": "1001"}
    assert found["1001"]["counted"] == 1


def test_the_same_id_in_another_dataset_or_of_another_event_is_no_pair(sandbox):
    sandbox.pixel(event_id="1001", dataset="7")
    sandbox.pixel("InitiateCheckout", event_id="1001")
    sandbox.post(event(event_id="1001"))
    assert [one["heard_by"] for one in pairs(sandbox)] == ["browser", "browser", "server"]
    assert [one["dataset_id"] for one in pairs(sandbox, "?dataset=7")] == ["7"]


def test_a_test_code_parts_what_else_would_be_a_pair(sandbox):
    sandbox.pixel(event_id="1001")
    sandbox.post(event(event_id="1001"), test_event_code="TEST1")
    assert [(one["test"], one["heard_by"]) for one in pairs(sandbox)] == [(False, "browser"), (True, "server")]


def test_copies_are_counted_and_what_has_no_id_is_nobodys_pair(sandbox):
    sandbox.post(event(event_id="1001"), event(event_id="1001"), event(event_id=None))
    (one,) = pairs(sandbox)
    assert (one["server"]["copies"], one["counted"], "browser" in one) == (2, 1, False)
