"""The plugin's pure classes, on every PHP that it promises. The sentences themselves are in the logic_*.php beside this."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors import registry, signature
from tests.rig import php
from tests.rig.php import Php

HERE = Path(__file__).parent
PLUGIN = registry.get("woocommerce").plugin or HERE
SECRET = "A" * 10 + "B" * 10 + "A" * 10 + "B" * 10
# __( 'text', 'domain' ) and its kin: esc_html__, esc_attr__, esc_html_e.
TRANSLATED = re.compile(r"(?:__|_e)\(\s*'((?:[^'\\]|\\.)*)',\s*'([^']*)'\s*\)")
SENTENCES = sorted(file.name for file in HERE.glob("logic_*.php") if file.name != "logic_signature.php")


@pytest.fixture(scope="module")
def all_versions() -> Iterator[Php]:
    with php.running() as found:
        yield found


@pytest.mark.parametrize("version", php.VERSIONS)
def test_every_php_reads_the_whole_plugin_without_a_word(all_versions: Php, version: str) -> None:
    files = sorted(PLUGIN.rglob("*.php"))
    assert len(files) > 20
    assert all_versions.lint(files, version) == {}


@pytest.mark.parametrize("version", php.VERSIONS)
@pytest.mark.parametrize("program", SENTENCES)
def test_what_is_said_of_the_logic_is_true(all_versions: Php, version: str, program: str) -> None:
    printed = all_versions.run(HERE / program, version, folders={"/plugin": PLUGIN})
    assert re.fullmatch(r"[1-9]\d* said, 0 untrue", printed.text.strip()), printed.text
    assert printed.code == 0


@pytest.mark.parametrize("body", ["{}", '{"city":"Z\\u00fcrich","path":"\\/x"}', '{"raw":"Zürich 東京"}'])
def test_what_the_plugin_signs_the_service_believes(all_versions: Php, body: str) -> None:
    printed = all_versions.run(HERE / "logic_signature.php", "7.4", body, "1795553623", folders={"/plugin": PLUGIN})
    of_webhook, of_call = printed.text.split()
    signature.verify(body.encode(), of_webhook, [SECRET])
    signature.verify(f"1795553623.state.{body}".encode(), of_call, [SECRET])


def test_every_sentence_for_people_can_be_translated() -> None:
    """The template that translators start from, languages/tandem-for-woocommerce.pot, has all of them: translations.sh."""
    template = (PLUGIN / "languages" / "tandem-for-woocommerce.pot").read_text()
    offered = {
        json.loads(f'"{text}"') for text in re.findall(r'^msgid(?:_plural)? "(.*)"$', _unfolded(template), re.MULTILINE)
    }
    told = [call for file in PLUGIN.rglob("*.php") for call in TRANSLATED.findall(file.read_text())]
    assert len(told) > 30
    assert {domain for _, domain in told} == {"tandem-for-woocommerce"}
    assert {text.replace("\\'", "'") for text, _ in told} <= offered


def _unfolded(template: str) -> str:
    return template.replace('""\n"', '"').replace('"\n"', "")
