"""What the plugin says in the list of orders, whom it finds beside us, and which addresses it takes: on every PHP we promise."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors import registry
from tests.rig import php
from tests.rig.php import Php

PROGRAM = Path(__file__).parent / "admin_calls.php"
PLUGIN = registry.get("woocommerce").plugin
AT = "2026-11-24T14:02:11Z"

WORDS = [
    ({"state": "delivered", "told_by": ["server"], "at": AT}, "Server, 14:02"),
    ({"state": "delivered", "told_by": ["server", "pixel"], "at": AT}, "Pixel and server, 14:02"),
    ({"state": "skipped", "told_by": ["pixel"], "reason": "cancelled", "at": AT}, "Pixel, 14:02"),
    ({"state": "delivered", "told_by": ["server"], "at": None}, "Server"),
    ({"state": "delivered", "told_by": ["server"], "at": "yesterday, perhaps"}, "Server"),
    ({"state": "withheld", "told_by": [], "reason": "no consent was stated", "at": None}, "not sent: no consent"),
    ({"state": "withheld", "told_by": [], "reason": "consent was refused"}, "not sent: consent refused"),
    ({"state": "skipped", "told_by": [], "reason": "deleted"}, "not sent: the order was deleted"),
    ({"state": "held", "told_by": [], "reason": "no dataset yet"}, "held: no dataset yet"),
    ({"state": "expired", "told_by": [], "reason": None}, "too late to be sent"),
    (
        {"state": "dead", "told_by": [], "reason": "a word nobody translated"},
        "refused by Meta: a word nobody translated",
    ),
    ({"state": "a state of later days", "told_by": []}, ""),
    ({"state": ["no text"], "told_by": "server", "reason": 7, "at": 7}, ""),
    ({}, ""),
]
IDS = [
    ("1234567890123456", [], ["1234567890123456"]),
    (1234567890, [], ["1234567890"]),
    ({"pixel_id": ["1234567890", "", "9876543210"], "other": "5555555555"}, ["pixel_id"], ["1234567890", "9876543210"]),
    ({"pixel_id": "1234567890, 9876543210;1234567890"}, ["pixel_id"], ["1234567890", "9876543210"]),
    ({"facebook": {"pixel_id": "1234567890"}}, ["facebook", "pixel_id"], ["1234567890"]),
    ({"gtm-code": "GTM-ABC1234"}, ["gtm-code"], ["GTM-ABC1234"]),
    ({"facebook": "text where a list was"}, ["facebook", "pixel_id"], []),
    (False, [], []),
    (None, ["pixel_id"], []),
    ("<script>alert(1)</script>", [], []),
    ({"pixel_id": {"deep": {"deeper": "1234567890"}}}, ["pixel_id"], []),
    ([str(10**9 + n) for n in range(30)], [], [str(10**9 + n) for n in range(10)]),
]
ADDRESSES = [
    ("https://tandem.example.com", "https://tandem.example.com"),
    (" tandem.example.com/ ", "https://tandem.example.com"),
    ("https://example.com/tandem/", "https://example.com/tandem"),
    ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ("http://tandem.example.com", ""),
    ("https://tandem.example.com/?next=https://evil.example", ""),
    ("https://tandem.example.com@evil.example", ""),
    ("javascript:alert(1)", ""),
    ("https://", ""),
    ("", ""),
]


@pytest.fixture(scope="module")
def all_versions() -> Iterator[Php]:
    with php.running() as found:
        yield found


def came(found: Php, version: str, calls: list[Any]) -> list[Any]:
    printed = found.run(PROGRAM, version, json.dumps(calls), folders={"/plugin": PLUGIN})
    complaints, _, answer = printed.text.rpartition("came ")
    assert (printed.code, complaints.strip()) == (0, ""), printed.text
    return list(json.loads(answer))


@pytest.mark.parametrize("version", php.VERSIONS)
def test_an_order_is_told_of_in_a_few_words(all_versions: Php, version: str) -> None:
    calls = [["Order_Words", "of", [told, "tandem_clock"]] for told, _ in WORDS]
    assert came(all_versions, version, calls) == [words for _, words in WORDS]


@pytest.mark.parametrize("version", php.VERSIONS)
def test_ids_are_found_in_any_shape_and_nothing_else_is_taken_for_one(all_versions: Php, version: str) -> None:
    calls = [["Other_Pixels", "ids", [option, way]] for option, way, _ in IDS]
    assert came(all_versions, version, calls) == [found for _, _, found in IDS]


@pytest.mark.parametrize("version", php.VERSIONS)
def test_a_typed_address_of_tandem_is_taken_in_one_spelling_or_not_at_all(all_versions: Php, version: str) -> None:
    calls = [["Service_Address", "clean", [typed]] for typed, _ in ADDRESSES]
    assert came(all_versions, version, calls) == [clean for _, clean in ADDRESSES]


@pytest.mark.parametrize("version", php.VERSIONS)
def test_every_file_of_the_plugin_is_php_of_that_version(all_versions: Php, version: str) -> None:
    assert PLUGIN
    files = sorted(PLUGIN.rglob("*.php"))
    assert len(files) > 15
    assert all_versions.lint(files, version) == {}
