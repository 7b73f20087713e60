"""A recorded body told again, for simulated deliveries: at another time, on another site, of another order. Pure."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from connectors import wild
from connectors.errors import MalformedPayload
from connectors.rehearsal import moved

_ADDRESSES = ("_links", "payment_url")
_NUMBERED = ("line_items", "tax_lines", "shipping_lines", "fee_lines", "coupon_lines", "refunds")
_TOKEN, _TOKEN_META, _CLICK_SEEN = "checkout_token", "_tandem_checkout_token", "_tandem_fbclid_seen"
_MILLISECONDS = re.compile(r"\d{1,15}", re.ASCII)
_ROOM = 10**6  # ids under each order, so that the parts of two orders never share one


def restage(body: bytes, *, order_id: str | None, placed_at: datetime, domain: str) -> bytes:
    """`body` with the order placed at `placed_at`, every other time moved by as much, on the site `domain`.

    Where `order_id` (digits) is given, the order's id, number, key and the ids of its lines and refunds are made
    from it: one part of one order keeps one id however often it is told. So is the token of a checkout, and that of
    the checkout that led to an order: the two still belong together. Raises MalformedPayload for what is no JSON object.
    """
    document = _decoded(body)
    distance = _distance(document, placed_at)
    document = _with_meta(moved(document, distance), _CLICK_SEEN, lambda seen: _moved_milliseconds(seen, distance))
    document = _with_addresses(document, lambda address: _on_site(address, domain))
    if order_id is not None:
        document = _renumbered(document, order_id)
    return _encoded(document)


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedPayload("The body is not readable JSON.") from error
    if not isinstance(document, dict):
        raise MalformedPayload("The body is not a JSON object.")
    return document


def _encoded(document: dict[str, Any]) -> bytes:
    """JSON as PHP writes it: pure ASCII, and every slash escaped."""
    return json.dumps(document, separators=(",", ":")).replace("/", r"\/").encode()


def _distance(document: dict[str, Any], placed_at: datetime) -> timedelta:
    made = document.get("created_at_gmt" if _TOKEN in document else "date_created_gmt")
    placed = wild.instant(made, naive_is_utc=True)
    return placed_at - placed if placed else timedelta(0)


def _with_meta(document: dict[str, Any], key: str, change: Callable[[Any], Any]) -> dict[str, Any]:
    """The document with the values of one key of its meta data changed."""
    entries = document.get("meta_data")
    if not isinstance(entries, list):
        return document
    return document | {"meta_data": [_entry_with(entry, key, change) for entry in entries]}


def _entry_with(entry: Any, key: str, change: Callable[[Any], Any]) -> Any:
    ours = isinstance(entry, dict) and entry.get("key") == key and "value" in entry
    return entry | {"value": change(entry["value"])} if ours else entry


def _moved_milliseconds(value: Any, distance: timedelta) -> Any:
    """A time in milliseconds, in digits, as all other times are moved: by whole seconds."""
    if not isinstance(value, str) or not _MILLISECONDS.fullmatch(value):
        return value
    return str(int(value) + distance // timedelta(seconds=1) * 1_000)


def _with_addresses(document: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    return document | {key: _changed(document[key], change) for key in _ADDRESSES if key in document}


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _changed(member, change) for key, member in value.items()}
    if isinstance(value, list):
        return [_changed(member, change) for member in value]
    return change(value) if isinstance(value, str) and value.startswith(("http://", "https://")) else value


def _on_site(address: str, domain: str) -> str:
    """Plain http, for the sites we simulate are as often on loopback as not, and nobody calls the address."""
    try:
        return urlunsplit(urlsplit(address)._replace(scheme="http", netloc=domain))
    except ValueError:
        return address


def _renumbered(document: dict[str, Any], order_id: str) -> dict[str, Any]:
    key = f"wc_order_{hashlib.sha256(order_id.encode()).hexdigest()[:13]}"
    own: dict[str, Any] = {"id": int(order_id), "number": order_id, "order_key": key}
    if _TOKEN in document:
        own[_TOKEN] = _other_token(document[_TOKEN], order_id)
    parts = {name: _parts_of(document[name], order_id) for name in _NUMBERED if name in document}
    addressed = _with_addresses(document, lambda address: _of_order(address, document, order_id, key))
    told = addressed | {name: value for name, value in own.items() if name in document} | parts
    return _with_meta(told, _TOKEN_META, lambda token: _other_token(token, order_id))


def _other_token(token: Any, order_id: str) -> Any:
    return hashlib.sha256(f"{token}:{order_id}".encode()).hexdigest()[:32] if isinstance(token, str) else token


def _of_order(address: str, document: dict[str, Any], order_id: str, key: str) -> str:
    """An address of the order in `document` as an address of the other one: id in the path, key in the query."""
    address = re.sub(rf"(?<=/){re.escape(str(document.get('id')))}(?=/|$)", order_id, address)
    return re.sub(r"(?<=[?&]key=)[^&]*", key, address)


def _parts_of(parts: Any, order_id: str) -> Any:
    return [_part_of(part, order_id) for part in parts] if isinstance(parts, list) else parts


def _part_of(part: Any, order_id: str) -> Any:
    number = wild.identifier(part.get("id")) if isinstance(part, dict) else None
    if number is None or not number.isdecimal():
        return part
    return part | {"id": int(order_id) * _ROOM + int(number) % _ROOM}
