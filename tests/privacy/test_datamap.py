"""The data map names every column there is, every kind of retention, every key of a person; the document shows it."""

import importlib
import inspect
import pkgutil
import re
import string
from dataclasses import fields
from pathlib import Path

import integration.db
from connectors.event import Customer
from integration.db import erasing, events, metadata, sealed, tasks
from integration.meta import mapping
from integration.meta.event import USER_DATA_KEYS
from integration.privacy import datamap
from integration.privacy.datamap import HELD, PERSON, How, Kind
from integration.retention import Retention
from integration.store_settings import Field

_DOCUMENT = Path(__file__).parents[2] / "docs" / "privacy.md"
_BEGIN, _END = "<!-- the data map: integration/privacy/datamap.py -->\n", "\n<!-- the end of the data map -->"
# Nobody we read from tells these, and nothing makes them.
_NEVER_HELD = {"db", "ge"}

for _module in pkgutil.iter_modules(integration.db.__path__):
    importlib.import_module(f"integration.db.{_module.name}")
_COLUMNS = {f"{table.name}.{column.name}": column for table in metadata.tables.values() for column in table.columns}


def test_every_column_is_in_the_map_and_the_map_names_none_that_is_not_there() -> None:
    assert set(HELD) == set(_COLUMNS)
    assert len(_COLUMNS) > 200


def test_the_document_shows_the_map_as_it_is() -> None:
    text = _DOCUMENT.read_text(encoding="utf-8")
    shown = text.partition(_BEGIN)[2].partition(_END)[0]
    assert shown == datamap.table(), "put into docs/privacy.md what integration.privacy.datamap.table() says"


def test_every_kind_of_retention_keeps_something_and_no_other_is_named() -> None:
    named = {kind for one in HELD.values() for _, kind, _, _ in string.Formatter().parse(one.kept) if kind}
    assert named == {one.name for one in fields(Retention)}


def test_what_tells_of_a_person_is_sealed_and_so_is_every_secret_that_is_not_only_a_hash() -> None:
    readable = {
        name for name, one in HELD.items() if one.kind in (Kind.PERSONAL, Kind.SECRET) and one.how is How.READABLE
    }
    assert readable == {"stores.webhook_key"}  # looked up by it, at each webhook
    assert {one.how for one in HELD.values() if one.kind is Kind.PERSONAL} == {How.SEALED}


def test_a_column_whose_name_says_hash_or_hmac_is_told_as_that() -> None:
    for name, one in HELD.items():
        if name.endswith("hmac"):
            assert one.how is How.HMAC, name
        if name.endswith("sha256"):
            assert one.how is How.HASH, name


def test_every_key_of_meta_s_that_we_may_hold_is_told_and_hashed_where_it_is() -> None:
    assert set(PERSON) == set(USER_DATA_KEYS) - _NEVER_HELD
    assert {key for key, one in PERSON.items() if one.hashed} == set(mapping.normalised(Customer(), None))


def test_every_word_of_leave_out_keeps_back_what_the_map_says() -> None:
    said = {word: tuple(key for key, one in PERSON.items() if one.field is word) for word in Field}
    assert said == dict(mapping.KEYS_OF)
    assert all(said.values())


def test_what_is_told_as_sealed_is_what_is_sealed_anew_when_keys_change() -> None:
    assert {name for name, one in HELD.items() if one.how is How.SEALED} == {place.spot for place in sealed.PLACES}


def test_every_column_that_tells_of_a_person_is_emptied_or_deleted_where_persons_are_erased() -> None:
    words = inspect.getsource(erasing) + inspect.getsource(tasks.finish)
    deleted = set(re.findall(r"sa\.delete\((\w+)\)", words))
    emptied = {*events.NOBODY, *re.findall(r"\b(\w+)\"?[=:] ?None", words)}
    changed = set(re.findall(r"sa\.update\((\w+)\)", words))
    personal = [name.split(".") for name, one in HELD.items() if one.kind is Kind.PERSONAL]
    assert len(personal) > 5
    left = [(table, column) for table, column in personal if table not in deleted and column not in emptied]
    assert left == []
    assert {table for table, _ in personal} <= deleted | changed
