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
_ROOM = 10**6  # ids under each order, so that the parts of two orders never share one


def restage(body: bytes, *, order_id: str | None, placed_at: datetime, domain: str) -> bytes:
    """`body` with the order placed at `placed_at`, every other time moved by as much, on the site `domain`.

    Where `order_id` (digits) is given, the order's id, number, key and the ids of its lines and refunds are made
    from it: one part of one order keeps one id however often it is told. Raises MalformedPayload for what is no
    JSON object.
    """
    document = _decoded(body)
    document = moved(document, _distance(document, placed_at))
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
    placed = wild.instant(document.get("date_created_gmt"), naive_is_utc=True)
    return placed_at - placed if placed else timedelta(0)


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
    own = {"id": int(order_id), "number": order_id, "order_key": key}
    parts = {name: _parts_of(document[name], order_id) for name in _NUMBERED if name in document}
    addressed = _with_addresses(document, lambda address: _of_order(address, document, order_id, key))
    return addressed | {name: value for name, value in own.items() if name in document} | parts


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
