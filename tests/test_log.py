"""The net under the log: whatever is passed in, no token, address or secret comes out on standard error."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EMAIL = "ada.lovelace+shop@example.com"
META_TOKEN = "EAAconstructedTokenOfMeta0123456789"
SHOPIFY_TOKENS = [f"{kind}_{'0123456789abcdef' * 2}" for kind in ("shpat", "shprt", "shpss", "shpua", "shpca")]
SESSION_TOKEN = "eyJjb25zdHJ1Y3RlZCI6MX0.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJlLW9mLW5vLXdvcnRo"
WOOCOMMERCE_KEYS = [f"{kind}_{'0123456789' * 4}" for kind in ("ck", "cs")]
LOOK_SECRET = [EMAIL, META_TOKEN, SESSION_TOKEN, *SHOPIFY_TOKENS, *WOOCOMMERCE_KEYS]
TELLING_KEYS = [
    *("token", "access_token", "proxy_tokens", "secret", "SECRET_KEY", "webhook_secret", "password", "Password"),
    *("authorization", "Authorization", "signature", "hmac_signature", "email", "customer_email", "phone"),
    *("first_name", "last_name", "firstname", "LastName", "address", "ip_address", "body", "raw_body", "payload"),
    *("user_data",),
]

# Logging is set up once in a process, so each way of writing has a process of its own.
SCRIPT = """
import json, sys
from integration import log

lines = json.load(sys.stdin)
log.configure(machine=sys.argv[1] == "machine")
for line in lines:
    words = line["words"]
    if line.get("as") == "error":
        words = {name: ValueError(text) for name, text in words.items()}
    elif line.get("as") == "bytes":
        words = {name: text.encode() for name, text in words.items()}
    try:
        if line.get("as") == "raised":
            person = words["why"]
            raise ValueError(person)
        log.logger("tests").bind(**line.get("bound", {})).info(line["event"], **words)
    except ValueError:
        log.logger("tests").exception(line["event"])
"""


def logged(way, *lines):
    """What comes out on standard error; nothing may come out elsewhere."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, way],
        cwd=ROOT,
        input=json.dumps([{"event": "said", "words": {}, **line} for line in lines]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr.count("said") >= 1
    return done.stderr


both_ways = pytest.mark.parametrize("way", ["machine", "people"])


@both_ways
def test_values_under_telling_keys_never_come_out(way):
    told = logged(way, *({"words": {key: f"the value of {number}"}} for number, key in enumerate(TELLING_KEYS)))
    assert "the value of" not in told
    assert told.count("[hidden]") == len(TELLING_KEYS)


@both_ways
def test_numbers_and_lists_under_telling_keys_never_come_out(way):
    told = logged(way, {"words": {"phone": 15550001234, "tokens": ["first-token"], "body": {"id": "of-a-body"}}})
    assert not [text for text in ("15550001234", "first-token", "of-a-body") if text in told]


@both_ways
def test_what_looks_like_a_token_or_an_address_never_comes_out_of_any_text(way):
    lines = [{"words": {"why": f"refused: {text}, asked again"}} for text in LOOK_SECRET]
    lines += [{"event": f"said {text}"} for text in LOOK_SECRET]
    lines += [{"bound": {"about": text}} for text in LOOK_SECRET]
    told = logged(way, *lines)
    assert not [text for text in LOOK_SECRET if text in told]
    assert told.count("[hidden]") == len(lines)
    assert told.count("refused: [hidden], asked again") == len(LOOK_SECRET)


@both_ways
def test_a_token_inside_an_address_or_json_is_found(way):
    url = f"https://graph.facebook.com/v26.0/1/events?access_token={META_TOKEN}&x=1"
    told = logged(way, {"words": {"url": url, "text": json.dumps({"em": EMAIL})}})
    assert not [text for text in LOOK_SECRET if text in told]
    assert "https://graph.facebook.com/v26.0/1/events" in told


@both_ways
def test_names_of_events_and_ids_come_out(way):
    ids = {
        "event_name": "Purchase",
        "event_id": "order-5001",
        "order_id": 5001,
        "store_id": "5f0c2d9a",
        "dataset": "100000000000001",
        "fbtrace_id": "AbCdEf123",
        "topic": "orders/paid",
        "count": 17,
        "kind": "ValueError",
        "process": "web",
    }
    told = logged(way, {"words": ids})
    assert "[hidden]" not in told
    assert not [text for text in ids.values() if str(text) not in told]
    assert "tests" in told


def test_a_machine_reads_one_object_a_line():
    told = logged("machine", {"words": {"event_name": "Purchase", "email": EMAIL}}, {"words": {"why": "two\nlines"}})
    first, second = (json.loads(line) for line in told.splitlines())
    assert {name: first[name] for name in ("event", "room", "level", "event_name", "email")} == {
        "event": "said",
        "room": "tests",
        "level": "info",
        "event_name": "Purchase",
        "email": "[hidden]",
    }
    assert first["timestamp"].endswith("Z")
    assert second["why"] == "two\nlines"


@both_ways
def test_a_line_end_in_a_value_makes_no_second_line(way):
    """W66: nobody writes log lines of their own."""
    told = logged(way, {"words": {"why": "first\r\n2026-01-01T00:00:00Z [critical ] forged"}})
    assert len(told.splitlines()) == 1


@both_ways
def test_what_is_nested_in_a_value_never_comes_out(way):
    nested = [
        {"details": {"email": "under-a-telling-key", "order_id": 1}},
        {"details": {"deep": [{"why": EMAIL}]}},
        {"headers": [["from", EMAIL]]},
    ]
    told = logged(way, *({"words": words} for words in nested))
    assert not [text for text in (EMAIL, "under-a-telling-key") if text in told]


@both_ways
def test_an_error_or_bytes_as_a_value_never_tell_either(way):
    assert EMAIL not in logged(way, *({"as": kind, "words": {"why": EMAIL}} for kind in ("error", "bytes")))


@both_ways
def test_a_traceback_never_tells_its_errors_text_nor_its_variables(way):
    told = logged(way, {"as": "raised", "words": {"why": EMAIL}})
    assert EMAIL not in told
