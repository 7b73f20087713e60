"""The browser's half, in the Pixel's own wire form."""

from urllib.parse import urlencode

WIRE = {
    "id": "100200300",
    "ev": "Purchase",
    "eid": "1001",
    "dl": "https://shop.example.com/thanks",
    "ts": "1700000000123",
    "fbp": "fb.1.1700000000000.42",
    "fbc": "fb.1.1700000000000.AbC",
    "cd[value]": "12.50",
    "cd[currency]": "EUR",
    "cd[order_id]": "1001",
    "cd[content_ids]": '["sku-1"]',
    "ud[em]": "0" * 64,
    "sw": "1280",
    "if": "false",
}


def test_the_wire_form_is_journalled_in_the_shape_of_a_server_event(sandbox):
    answer = sandbox.request("GET", "/tr/?" + urlencode(WIRE))
    assert (answer.status, answer.headers["Content-Type"], answer.body[:6]) == (200, "image/gif", b"GIF89a")
    (entry,) = sandbox.events()
    assert (entry["source"], entry["event_name"], entry["event_id"]) == ("browser", "Purchase", "1001")
    assert (entry["value"], entry["currency"], entry["order_id"]) == (12.5, "EUR", "1001")
    assert entry["payload"] == {
        "event_name": "Purchase",
        "event_id": "1001",
        "event_time": 1_700_000_000,
        "event_source_url": "https://shop.example.com/thanks",
        "user_data": {"fbp": WIRE["fbp"], "fbc": WIRE["fbc"], "em": WIRE["ud[em]"]},
        "custom_data": {"value": "12.50", "currency": "EUR", "order_id": "1001", "content_ids": ["sku-1"]},
        "pixel": {"ts": WIRE["ts"], "sw": "1280", "if": "false"},
    }


def test_a_long_event_may_be_posted_as_a_form(sandbox):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert sandbox.request("POST", "/tr/", urlencode(WIRE), form).status == 200
    assert sandbox.request("POST", "/tr", urlencode({**WIRE, "eid": "1002"}), form).status == 200
    assert [entry["event_id"] for entry in sandbox.events()] == ["1001", "1002"]


def test_the_image_of_noscript_counts_too(sandbox):
    sandbox.request("GET", "/tr?id=100200300&ev=PageView&noscript=1")
    assert sandbox.counts("PageView")["told_by_browser_only"] == 1


def test_nonsense_gets_the_image_and_tells_nothing(sandbox):
    for query in ("", "?ev=PageView", "?id=7", "?id=&ev="):
        assert sandbox.request("GET", "/tr" + query).body[:6] == b"GIF89a"
    assert sandbox.events() == []
    assert len(sandbox.requests()) == 4


def test_a_value_that_is_no_number_is_told_but_not_summed(sandbox):
    sandbox.pixel(**{"cd[value]": "nan", "cd[currency]": "EUR", "ts": "9" * 50})
    (entry,) = sandbox.events()
    assert (entry["value"], entry["payload"]["custom_data"]["value"]) == (None, "nan")
    assert sandbox.counts()["value"] == {}


def test_faults_for_graph_do_not_touch_the_browser(sandbox):
    sandbox.fault(kind="reset", times=None)
    assert sandbox.pixel().status == 200
