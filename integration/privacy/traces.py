"""Whether a body that nobody could read tells of a person, by what a request names. Pure; in doubt, it does."""

import re
from urllib.parse import unquote_plus

from connectors.event import PrivacyRequest

_WORDS = re.compile(r"[0-9a-z]+")
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")
_BETWEEN_DIGITS = re.compile(r"[\s().+/\\-]+")
_NO_DIGITS = re.compile(r"[^0-9]+")
# A number is written with its country's code or without: its end is the same.
_PHONE_END, _LEAST_PHONE = 8, 6


def tells_of(body: bytes, demand: PrivacyRequest) -> bool:
    """Whether the e-mail, the phone, the customer's id or the id of an order is in it, however it is spelt."""
    text = _spelt_out(body)
    return _email(text, demand.email) or _ids(text, demand) or _phone(text, demand.phone)


def _spelt_out(body: bytes) -> str:
    """As it came, with JSON's escapes undone, and with a form's."""
    text = body.decode(errors="replace").casefold()
    unescaped = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text).casefold()
    return "\n".join((text, unescaped, unquote_plus(unescaped).casefold()))


def _email(text: str, email: str | None) -> bool:
    wanted = (email or "").strip().casefold()
    return bool(wanted) and wanted in text


def _ids(text: str, demand: PrivacyRequest) -> bool:
    ids = {one.casefold() for one in (demand.customer_id, *demand.order_ids) if one}
    return bool(ids) and (not ids.isdisjoint(_WORDS.findall(text)) or any(one in text for one in ids if _is_long(one)))


def _is_long(one: str) -> bool:
    """An id of several words."""
    return _WORDS.fullmatch(one) is None


def _phone(text: str, phone: str | None) -> bool:
    digits = _NO_DIGITS.sub("", phone or "")
    return len(digits) >= _LEAST_PHONE and digits[-_PHONE_END:] in _BETWEEN_DIGITS.sub("", text)
