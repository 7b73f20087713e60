"""Safe readers for JSON from outside: each takes any value and gives a clean one, or None.

A payload that is no JSON object is refused whole (`decode`); a part of it that does not have its shape is
treated as absent (`part`, `parts` and the leaf readers), so that one odd field never costs an order.
"""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Never, TypeVar

import msgspec

from connectors.errors import MalformedPayload

S = TypeVar("S", bound=msgspec.Struct)

MAX_TEXT = 1_000
MAX_AMOUNT = Decimal(10) ** 12
_SAFE_LENGTH = 12  # so many digits are always less
MAX_ID_DIGITS = 40
MAX_PARTS = 20_000  # members of one list that are looked at where not all have their shape
MAX_ID_TEXT = 64
MAX_TIME_TEXT = 40
# ISO 4217's own words for "no currency" and "a test".
_NO_CURRENCIES = frozenset({"XXX", "XTS"})

_BOM = b"\xef\xbb\xbf"
_ABSENT = (b"", b"null")
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_SMALL = 8 * 1024
_FIRST_ID = re.compile(rb'\{\s*"id"\s*:\s*"?([^",}\s]+)')  # every platform's bodies begin with it
_AMOUNT = re.compile(r"-?\d{1,15}(\.\d{1,12})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}")
_SURROGATES = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_GID = re.compile(r"gid://[a-z]+/[A-Za-z]+/(\d+)(\?.*)?")


def decode(body: bytes, shape: type[S]) -> S:
    """The JSON object in `body`, read into the Struct `shape`; fields it does not name are skipped unread.

    Raises MalformedPayload for everything that is not one JSON object in UTF-8: empty, truncated, NaN, too deep; and
    for one that tells a key twice (of a large one: its id), since which of the two is meant is anybody's guess.
    """
    body = body.removeprefix(_BOM)
    if not body.strip():
        raise MalformedPayload("The body is empty.")
    _require_utf8(body)
    try:
        told = msgspec.json.decode(body, type=shape)
        plain = _is_plain(body, told)
    except msgspec.ValidationError as error:
        raise MalformedPayload("The body is not a JSON object of the expected shape.") from error
    except (msgspec.DecodeError, RecursionError):
        return _decode_mended(body, shape)
    if not plain:
        _read_exactly(body)
    return told


def _require_utf8(body: bytes) -> None:
    """Refuse other encodings whole: msgspec looks at a text's bytes only where it reads it, too late for `part`."""
    if body.isascii():
        return
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise MalformedPayload("The body is not UTF-8.") from error


def _is_plain(body: bytes, told: msgspec.Struct) -> bool:
    """Whether it is clear without an exact look, which takes as long as everything else together, that no key at the top
    is told twice. Adding up takes 7 us for 8 KiB and is not done beyond: of a large body only the id is looked at.
    """
    if len(body) <= _SMALL:
        return _adds_up(body) or _adds_up(msgspec.json.format(body, indent=-1))
    first = _FIRST_ID.match(body)
    return not hasattr(told, "id") or (first is not None and first[1].decode() == str(told.id))


def _adds_up(body: bytes) -> bool:
    """Whether keys and values, with quotes, colons, commas and braces, are all there is: a key told twice hides one of
    the two. White space and escapes in keys take up room as well.
    """
    members = _MEMBERS.decode(body)
    return len("".join(members)) + len(b"".join(members.values())) + 4 * len(members) + 1 == len(body)


def _read_exactly(body: bytes) -> Any:
    """What Python's own reader makes of it: an object at all levels without a key told twice, no NaN."""
    try:
        return json.loads(body.decode(), parse_constant=_refuse_constant, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise MalformedPayload("The body is not readable JSON.") from error


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise MalformedPayload("The body tells one key twice.")
    return found


def _decode_mended(body: bytes, shape: type[S]) -> S:
    """Second chance for lone surrogates, which PHP and JavaScript emit for a cut emoji and msgspec refuses."""
    text = json.dumps(_read_exactly(body), ensure_ascii=False)
    try:
        return msgspec.json.decode(_SURROGATES.sub("\ufffd", text).encode(), type=shape)
    except (ValueError, RecursionError, msgspec.DecodeError) as error:
        raise MalformedPayload("The body is not readable JSON.") from error


def _refuse_constant(name: str) -> Never:
    raise ValueError(name)


def part(raw: msgspec.Raw | None, shape: type[S]) -> S | None:
    """One nested object, or None where there is none or it has another shape (PHP sends [] for an empty object)."""
    if raw is None or bytes(raw) in _ABSENT:
        return None
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, RecursionError):
        return None


def parts(raw: msgspec.Raw | None, shape: type[S]) -> list[S]:
    """A nested list of objects; the members that are no such objects are left out."""
    if raw is None or bytes(raw) in _ABSENT:
        return []
    try:
        return msgspec.json.decode(raw, type=list[shape])  # type: ignore[valid-type]
    except (msgspec.DecodeError, RecursionError):
        return [member for member in (part(one, shape) for one in _members(raw)) if member is not None]


def _members(raw: msgspec.Raw) -> list[msgspec.Raw]:
    try:
        return msgspec.json.decode(raw, type=list[msgspec.Raw])[:MAX_PARTS]
    except (msgspec.DecodeError, RecursionError):
        return []


def text(value: Any, limit: int = MAX_TEXT) -> str | None:
    """Text without control characters, trimmed, cut at `limit` characters; None for anything else or for nothing."""
    if not isinstance(value, str):
        return None
    if value.isprintable() and len(value) <= limit:  # as nearly always: nothing to take out, nothing to cut
        return value.strip() or None
    cleaned = _CONTROLS.sub("", value[: limit * 2]).strip()[:limit].rstrip()
    return cleaned or None


def identifier(value: Any) -> str | None:
    """A platform's id as text, whether it came as a number, as text or as gid://shopify/Order/1; None for 0 and junk.

    Ids beyond 2**53 stay exact. True is no id, though Python counts it as 1.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value) if 0 < value < 10**MAX_ID_DIGITS else None
    cleaned = text(value)
    if cleaned is None or len(cleaned) > MAX_ID_TEXT:  # cut short it would be another order's id
        return None
    gid = _GID.fullmatch(cleaned)
    cleaned = gid.group(1) if gid else cleaned
    return None if cleaned.strip("0") == "" else cleaned


def amount(value: Any) -> Decimal | None:
    """A plain decimal number, from text or from a JSON number; None for "12,50", "1e3", "" and everything unclear."""
    if isinstance(value, str):
        return _written(value)
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        # A sum made in floats carries its noise behind the twelfth decimal, where no currency has a digit.
        value = f"{value:.12f}"
    elif isinstance(value, int):
        value = str(value) if abs(value) < MAX_AMOUNT else ""
    return _written(value) if isinstance(value, str) else None


def _written(number: str) -> Decimal | None:
    number = number.strip()
    if not _AMOUNT.fullmatch(number):
        return None
    read = Decimal(number)
    return read if len(number) <= _SAFE_LENGTH or abs(read) < MAX_AMOUNT else None


def currency(value: Any) -> str | None:
    """An ISO 4217 code, upper-cased; None for anything that is not three letters."""
    cleaned = text(value, 8) or ""
    if not cleaned.isascii() or not _CURRENCY.fullmatch(cleaned.upper()):
        return None
    return None if cleaned.upper() in _NO_CURRENCIES else cleaned.upper()


def whole(value: Any) -> int | None:
    """A count from 0 to a million, from a number or from digits."""
    if type(value) is int and 0 <= value <= 1_000_000:
        return value
    number = amount(value)
    if number is None or number != number.to_integral_value() or not 0 <= number <= 1_000_000:
        return None
    return int(number)


def flag(value: Any) -> bool:
    """True only for a JSON true."""
    return value is True


def instant(value: Any, *, naive_is_utc: bool = False) -> datetime | None:
    """An aware UTC time from ISO 8601 text. Text without a zone is no time, unless the platform documents it as UTC."""
    cleaned = text(value)
    if cleaned is None or len(cleaned) > MAX_TIME_TEXT:
        return None
    try:
        moment = datetime.fromisoformat(cleaned)
        if moment.tzinfo is None:
            if not naive_is_utc:
                return None
            moment = moment.replace(tzinfo=UTC)
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if 1990 <= moment.year <= 2200 else None
