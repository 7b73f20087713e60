"""A person and secrets that are nowhere else, each shape they could be found in, and the places where they could lie."""

import base64
import binascii
import hashlib
import html
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote, quote_plus

import sqlalchemy as sa

from integration import db
from integration.crypto import Sealer
from integration.db import sealed
from integration.pipeline import joining
from integration.pipeline.joining import By

PERSON: Mapping[str, str] = MappingProxyType(
    {
        "email": "zephyrine.quillfeather@canary.example.com",
        "phone": "+4915127776661",
        "first_name": "Zephyrine",
        "last_name": "Quillfeather",
        "street": "Xylographenweg 4711",
        "city": "Quittelbrünn",
    }
)
BROWSER: Mapping[str, str] = MappingProxyType(
    {
        "ip": "203.0.113.213",
        "user_agent": "Canaryfox/9.7",
        "click": "IwCanaryClick7700770077",
        "browser_id": "7700770077001",
    }
)
_NATIONAL = "15127776661"
_GROUPED = "1512 7776661"
_BULK = re.compile(rb"\$(\d+)\r\n")


class Mark(NamedTuple):
    """What is looked for: whose, in which shape, and the text, in lower case."""

    of: str
    shape: str
    text: str


def plain(values: Mapping[str, str]) -> list[Mark]:
    """As they are, as an address or a document would spell them, and in base64 wherever it began."""
    told = [(name, text) for name, text in values.items()]
    told += [("phone", more) for more in (_NATIONAL, _GROUPED) if "phone" in values]
    marks = [Mark(name, shape, one.casefold()) for name, text in told for shape, one in _spelled(text)]
    return list({mark[::2]: mark for mark in reversed(marks)}.values())  # each text once, by its simplest shape


def hashed(values: Mapping[str, str]) -> list[Mark]:
    """As SHA-256 of what was typed and of what Meta wants hashed; and as the keys that signals are joined by."""
    return [Mark(name, shape, one) for name, text in values.items() for shape, one in _digests(name, text)]


def everything(values: Mapping[str, str]) -> list[Mark]:
    """In every shape."""
    return [*plain(values), *hashed(values)]


def _spelled(text: str) -> Iterator[tuple[str, str]]:
    yield "plain", text
    yield "URL-encoded", quote(text, safe="")
    yield "URL-encoded", quote_plus(text)
    yield "JSON", json.dumps(text)[1:-1]
    yield "HTML", html.escape(text)
    raw = text.encode()
    for skipped in range(3):
        for letters in (base64.b64encode, base64.urlsafe_b64encode):
            yield "base64", _sure(letters(b"\0" * skipped + raw).decode(), skipped, len(raw) + skipped)


def _sure(letters: str, before: int, length: int) -> str:
    """Without the letters that depend on what stands before and behind."""
    return letters[(0, 2, 3)[before] : len(letters) - (0, 3, 2)[length % 3]]


def _digests(name: str, text: str) -> Iterator[tuple[str, str]]:
    bare = "".join(letter for letter in text.casefold() if letter.isascii() and letter.isalnum())
    ways = {text, text.casefold(), text.removeprefix("+"), bare}
    for way in ways:
        digest = hashlib.sha256(way.encode())
        yield "SHA-256", digest.hexdigest()
        yield "SHA-256 in base64", base64.b64encode(digest.digest()).decode().rstrip("=").casefold()
        if name in PERSON:
            yield from (("join key", joining.key(by, way)) for by in By)


def found(haystack: str | bytes | list[str], marks: Iterable[Mark]) -> set[str]:
    """Which of them are in there, in words that repeat none of it but its name."""
    whole = "\n".join(haystack) if isinstance(haystack, list) else haystack
    text = (whole if isinstance(whole, str) else whole.decode(errors="replace")).casefold()
    return {f"{mark.of} ({mark.shape})" for mark in marks if mark.text in text}


def columns(engine: db.Engine) -> dict[str, str]:
    """All that the database holds, by table and column as the database itself names them."""
    told: dict[str, list[str]] = {}
    with db.reading(engine) as connection:
        tables = sa.inspect(connection).get_table_names()
        for table in tables:
            for row in connection.execute(sa.text(f'SELECT * FROM "{table}"')).mappings():
                for name, value in row.items():
                    told.setdefault(f"{table}.{name}", []).append(str(value))
    return {name: "\n".join(values) for name, values in told.items()}


def readable(engine: db.Engine) -> dict[str, str]:
    """What whoever has the database alone can read."""
    shut = {place.spot for place in sealed.PLACES}
    return {name: text for name, text in columns(engine).items() if name not in shut}


def opened(engine: db.Engine, sealer: Sealer) -> dict[str, list[str]]:
    """The sealed columns, opened. What does not open is not skipped: it raises SealBroken."""
    told: dict[str, list[str]] = {}
    with db.reading(engine) as connection:
        for place in sealed.PLACES:
            wanted = sa.select(place.bound, place.column).where(place.column.is_not(None), place.column != "")
            told[place.spot] = [
                sealer.unseal(text, store=store or "", column=place.name).decode(errors="replace")
                for store, text in connection.execute(wanted)
            ]
    return told


def ever_in_the_broker(data_dir: Path) -> bytes:
    """All that was ever written to the bundled Valkey, which keeps each command; what RQ packed is unpacked."""
    logs = b"".join(path.read_bytes() for path in sorted((data_dir / "valkey").rglob("*.aof")))
    bulks = [logs[one.end() : one.end() + int(one[1])] for one in _BULK.finditer(logs)]
    return b"\n".join([logs, *(more for bulk in bulks for more in _unpacked(bulk))])


def _unpacked(bulk: bytes) -> Iterator[bytes]:
    for made in (bytes, base64.b64decode):
        try:
            yield zlib.decompress(made(bulk))
        except (zlib.error, binascii.Error, ValueError):
            continue
