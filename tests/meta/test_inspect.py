"""Whether a token opens a dataset: what the stand-in for Meta says, by name, and what was told it to find out."""

import json
import threading
from datetime import UTC, datetime

import pytest

from integration.meta.client import GraphClient
from integration.meta.errors import from_reply
from integration.meta.inspect import Finding, Inspector, judged
from tests.rig.wire import answering, http, serving
from tests.stores.at_meta import TOKEN, inspector, tokens

DATASET = "100000000000001"
OTHER = "100000000000002"
NOW = datetime.now(UTC)

RULES = [
    ([], Finding.OPENS),
    ([{"expire": TOKEN}], Finding.EXPIRED),
    ([{"dataset": DATASET, "deny": "190/460"}], Finding.WITHDRAWN),
    ([{"dataset": DATASET, "deny": "200"}], Finding.NO_PERMISSION),
    ([{"dataset": DATASET, "deny": "10"}], Finding.NO_PERMISSION),
    ([{"dataset": DATASET, "deny": "100/33"}], Finding.FOREIGN_DATASET),
    ([{"dataset": DATASET, "deny": "803"}], Finding.UNKNOWN_DATASET),
    ([{"dataset": OTHER, "valid": [TOKEN]}, {"dataset": DATASET, "valid": ["another"]}], Finding.FOREIGN_DATASET),
    ([{"dataset": DATASET, "valid": ["another"]}], Finding.UNREADABLE_TOKEN),
]


@pytest.mark.parametrize(("rules", "finding"), RULES)
def test_what_meta_says_of_a_token_has_a_name_and_counts_nothing(sandbox, rules, finding) -> None:
    with tokens(sandbox, *rules):
        seen = inspector(sandbox).look(DATASET, TOKEN, NOW)

    assert seen.finding is finding
    assert finding.refused == (finding is not Finding.OPENS)
    assert seen.name == ("Dataset 0001" if finding is Finding.OPENS else None)
    assert sandbox.events() == []
    assert TOKEN not in repr(seen)


@pytest.mark.parametrize(
    ("code", "subcode", "finding"),
    [
        (100, 2804050, Finding.OPENS),  # it speaks of the event: token and dataset were fine
        (100, None, Finding.UNCLEAR),
        (4, 1504022, Finding.SILENT),
        (2635, None, Finding.OLD_VERSION),
        (190, 467, Finding.WITHDRAWN),
        (294, None, Finding.NO_PERMISSION),
    ],
)
def test_an_answer_that_does_not_speak_of_the_token_neither_proves_nor_refuses_it(code, subcode, finding) -> None:
    answer = from_reply(400, {"error": {"code": code, "error_subcode": subcode}}, sent=1)
    assert judged(answer) is finding


def test_the_token_is_in_no_address_and_the_name_is_only_for_the_eye() -> None:
    """Reading may be refused to a token that may send: it opens the dataset all the same."""
    refusal = json.dumps({"error": {"code": 100, "error_subcode": 2804003}}).encode()
    with serving(answering(http(refusal, status="400 Bad Request"))) as wire:
        seen = Inspector(GraphClient(wire.url, "v26.0")).look(DATASET, TOKEN, NOW)

    assert (seen.finding, seen.name) == (Finding.OPENS, None)
    lines = [head.splitlines()[0] for head in wire.heads]
    assert [line.split()[0] for line in lines] == ["POST", "GET"]
    assert not any(TOKEN in line for line in lines)
    assert f"Authorization: Bearer {TOKEN}" in wire.heads[1]


def test_meta_may_let_nobody_wait_longer_than_is_said_nor_all_threads(sandbox) -> None:
    sandbox.fail(kind="hang", seconds=3, dataset=DATASET)
    asking, found = inspector(sandbox, seconds=0.5, most_at_once=1), []
    first = threading.Thread(target=lambda: found.append(asking.look(DATASET, TOKEN, NOW).finding))
    first.start()
    while first.is_alive() and not found:
        if asking._free._value == 0:
            found.append(asking.look(OTHER, TOKEN, NOW).finding)
            break
    first.join(timeout=2.5)

    assert found == [Finding.BUSY, Finding.SILENT]
    assert asking.look(OTHER, TOKEN, NOW).finding is Finding.OPENS
