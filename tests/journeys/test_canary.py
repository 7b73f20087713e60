"""A canary goes through every path: a person and secrets that are nowhere else, on the whole service with real processes. Then
each place where they must not be is searched, in every shape; and each search has first to find what does lie there.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from integration import db
from integration.db.alerts import alerts
from tests.rig import canary, canary_story, valkey
from tests.rig.canary import BROWSER, PERSON, Mark, found
from tests.rig.canary_life import DATASETS, SHOP, Life, alive

# Who bought long before anything was installed, and is only counted by the survey.
COUNTED = {"surveyed": "buyer-1@example.com", "surveyed too": "buyer-2@example.com"}
SOMEBODY = [mark for them in (PERSON, BROWSER, COUNTED) for mark in canary.everything(them)]
BY_NAME = [*canary.plain(PERSON), *canary.plain(COUNTED)]
# Which secrets a host may be shown: its own.
OWN = {
    "meta": ("Meta's",),
    "shopify": ("the app's", "token of", "refresh_token of"),
    "woocommerce": ("the shop's consumer key", "stores.webhook_secret"),
}
# Where a whole body may lie, and what somebody asked for until it is done: sealed, and said in docs/privacy.md.
WHOLE = ("quarantine.body", "tasks.payload", "privacy_requests.demand")
_UNREADABLE = "messages_nobody_could_read"  # of an export: those of quarantine that name the person who asked


@dataclass
class Remains:
    """All that was left of it."""

    life: Life
    readable: dict[str, str]
    opened: dict[str, list[str]]
    files: dict[str, bytes]
    broker: bytes
    log: str
    stdout: str
    planted: dict[str, set[str]]

    @property
    def secrets(self) -> list[Mark]:
        """What opens something. Of the session's cookie a hash is all that is kept."""
        return [mark for mark in canary.everything(self.life.secrets) if mark[:2] != ("the session", "SHA-256")]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def remains(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remains]:
    """The story is lived once on each database."""
    valkey.have_or_skip()
    home = tmp_path_factory.mktemp("canary")
    if request.param == "sqlite":
        yield from lived(home, None)
        return
    with request.getfixturevalue("cluster").empty() as url:
        yield from lived(home, url)


def lived(home: Path, database_url: str | None) -> Iterator[Remains]:
    with alive(home, database_url) as life:
        canary_story.lived(life)
        stdout = life.end()
        files = {str(path): path.read_bytes() for path in life.service.data_dir.rglob("*") if path.is_file()}
        readable, opened = canary.readable(life.engine), canary.opened(life.engine, life.sealer)
        broker, log = canary.ever_in_the_broker(life.service.data_dir), life.service.log()
        yield Remains(life, readable, opened, files, broker, log, stdout, plant_and_find(life))


def plant_and_find(life: Life) -> dict[str, set[str]]:
    """A street in a column that anybody can read, a city in a line of the log: what is found there then, and taken away again."""
    values = {"store_id": life.store("shopify").id, "kind": "canary", "sentence": f"Ship it to {PERSON['street']}"}
    with db.transaction(life.engine) as connection:
        connection.execute(sa.insert(alerts).values(first_at=datetime.now(UTC), last_at=datetime.now(UTC), **values))
    planted = {"column": found("\n".join(canary.readable(life.engine).values()), BY_NAME)}
    with db.transaction(life.engine) as connection:
        connection.execute(sa.delete(alerts).where(alerts.c.kind == "canary"))
    line = f"from integration import log; log.configure('debug'); log.logger('x').debug('sold', to={PERSON['city']!r})"
    with life.log.open("ab") as log:
        end = log.seek(0, 2)
        subprocess.run([sys.executable, "-c", line], stderr=log, check=True)
        planted["log"] = found(life.service.log(), BY_NAME)
        log.truncate(end)
    return planted


def test_the_search_finds_what_is_planted_and_what_lies_where_it_may(remains: Remains) -> None:
    """Else all that follows would prove nothing."""
    assert {"street (plain)"} <= remains.planted["column"]
    assert {"city (plain)"} <= remains.planted["log"]
    life, whole = remains.life, {f"{name} (plain)" for name in PERSON}
    assert found(remains.opened["quarantine.body"], BY_NAME) >= whole
    assert "email (SHA-256)" in found(remains.opened["events.user_data"], SOMEBODY)
    assert {"ip (plain)", "user_agent (plain)"} <= found(remains.opened["signals.sealed"], SOMEBODY)
    assert {"email (SHA-256)", "click (plain)", "city (SHA-256)"} <= found(life.taps["meta"].everything, SOMEBODY)
    assert "Meta's token (plain)" in found(life.taps["meta"].everything, remains.secrets)
    assert found(life.taps["shopify"].everything, remains.secrets)
    assert b'"integration.jobs.deliver"' in remains.broker
    assert b"Traceback" in remains.broker
    assert "Traceback" in remains.log
    assert "email (SHA-256)" in found(life.said["preview shopify"], SOMEBODY)
    assert remains.readable["surveys.counts"].count("orders") >= 2
    assert DATASETS["another"] in life.said["export another.example.com"]


def test_nobody_can_read_anything_of_them_in_the_database(remains: Remains) -> None:
    hits = {name: found(text, [*SOMEBODY, *remains.secrets]) for name, text in remains.readable.items()}
    assert {name: told for name, told in hits.items() if told} == {}


def test_nobody_can_read_anything_of_them_in_a_file_of_the_data_directory(remains: Remains) -> None:
    hits = {name: found(told, [*SOMEBODY, *remains.secrets]) for name, told in remains.files.items()}
    assert {name: told for name, told in hits.items() if told} == {}


def test_whoever_has_the_keys_too_finds_hashes_and_nobody_by_name(remains: Remains) -> None:
    opened = {name: text for name, text in remains.opened.items() if name not in WHOLE}
    [export] = map(json.loads, opened.pop("privacy_requests.export"))
    assert found(json.dumps(export.pop(_UNREADABLE)), BY_NAME) >= {"email (plain)"}
    hits = {name: found(text, BY_NAME) for name, text in (opened | {"the export": [json.dumps(export)]}).items()}
    assert {name: told for name, told in hits.items() if told} == {}


def test_nothing_of_them_was_ever_in_the_broker(remains: Remains) -> None:
    assert found(remains.broker, [*SOMEBODY, *remains.secrets]) == set()


def test_no_process_ever_wrote_anything_of_them(remains: Remains) -> None:
    assert found(remains.log, [*SOMEBODY, *remains.secrets]) == set()
    assert found(remains.stdout, [*SOMEBODY, *remains.secrets]) == set()


def test_no_page_no_answer_and_no_metric_says_anything_of_them(remains: Remains) -> None:
    life = remains.life
    # Their hashes are the merchant's to have: what is kept, and what exactly Meta was sent of one event.
    own = ("/store/privacy/everything", "/store/events/")
    hits = {
        path: found(told, [*(BY_NAME if path.startswith(own) else SOMEBODY), *remains.secrets])
        for path, told in life.pages.items()
    }
    assert {path: told for path, told in hits.items() if told} == {}
    assert found(b"\n".join(life.answers), [*SOMEBODY, *remains.secrets]) == set()


def test_no_command_says_anything_of_them_but_the_preview_and_the_export_of_their_hashes(remains: Remains) -> None:
    """What is exported of a store names somebody only in a body that nobody could read."""
    said, hashes = dict(remains.life.said), ("preview shopify", f"export {SHOP}", f"export {remains.life.domain}")
    lines = said[f"export {SHOP}"].splitlines()
    said[f"export {SHOP}"] = "\n".join(line for line in lines if json.loads(line)["table"] != "quarantine")
    hits = {
        name: found(told, [*(BY_NAME if name in hashes else SOMEBODY), *remains.secrets]) for name, told in said.items()
    }
    assert {name: told for name, told in hits.items() if told} == {}


def test_meta_got_hashes_and_its_own_token_and_nobody_else_got_any(remains: Remains) -> None:
    taps, secrets = remains.life.taps, remains.secrets
    for name, tap in taps.items():
        strange = [mark for mark in secrets if not mark.of.startswith(OWN[name])]
        assert found(tap.everything, [*(BY_NAME if name == "meta" else SOMEBODY), *strange]) == set(), name
        shown = [mark for mark in secrets if mark.of != "the shop's consumer key"]  # OAuth over http names it there
        assert found(tap.addresses, [*SOMEBODY, *shown]) == set(), name
