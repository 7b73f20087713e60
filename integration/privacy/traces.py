"""Whether a body that nobody could read tells of a person, by what a request names. Pure. In doubt it does, and is erased;
only where there is none may they read it.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote, unquote_plus

from connectors.event import PrivacyRequest

_WORDS = re.compile(r"[0-9a-z]+")
_ESCAPED = re.compile(r"\\+u([0-9a-f]{4})")  # in JSON within JSON with more than one backslash
_BETWEEN_DIGITS = re.compile(r"[\s().+/\\-]+")
_NO_DIGITS = re.compile(r"[^0-9]+")
# A number is written with its country's code or without: its end is the same.
_PHONE_END, _LEAST_PHONE = 8, 6
# At most so many signs between two digits, such as "+49 (0) 30": what has more is two numbers.
_WHOLE_PHONE, _SEPARATORS = 9, r"(?:[\s().\-/]|\(0\)){0,4}"
# Shorter ids may be a price, a quantity or a postcode of somebody else.
_LONG_ID = 9


def tells_of(body: bytes, demand: PrivacyRequest) -> bool:
    """Whether the e-mail, the phone, the customer's id or the id of an order is in it, however it is spelt."""
    text = _spelt_out(body)
    return _email(text, demand.email) or _ids(text, demand) or _phone(text, demand.phone)


def surely_of(body: bytes, demand: PrivacyRequest) -> bool:
    """Whether it names them by what nobody else's body would have: the whole e-mail, a long number."""
    text, unescaped = _unescaped(body)
    return (
        any(_whole_email(one, demand.email) for one in (text, unescaped, unquote(unescaped)))
        or not _long_ids(demand).isdisjoint(_WORDS.findall(unescaped))
        or _whole_phone(unescaped, demand.phone)
    )


def _whole_email(text: str, email: str | None) -> bool:
    wanted = re.escape((email or "").strip().casefold())
    return bool(wanted) and re.search(rf"(?<![\w.+%'-]){wanted}(?![\w-]|\.\w)", text) is not None


def _whole_phone(text: str, phone: str | None) -> bool:
    """With its country's code before it and no digit behind: its end alone may be a date, or part of another's number."""
    digits = _NO_DIGITS.sub("", (phone or "").strip().removeprefix("+").removeprefix("00"))
    if len(digits) < _WHOLE_PHONE:
        return False
    spelt = _SEPARATORS.join(digits)
    return re.search(rf"(?<!\d)(?:\+|00){_SEPARATORS}{spelt}(?!\d)", text) is not None


def _long_ids(demand: PrivacyRequest) -> set[str]:
    ids: Iterable[str | None] = (demand.customer_id, *demand.order_ids)
    return {one.casefold() for one in ids if one and len(one) >= _LONG_ID}


def _unescaped(body: bytes) -> tuple[str, str]:
    """As it came, and with JSON's escapes undone."""
    text = body.decode(errors="replace").casefold()
    return text, _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text).casefold()


def _spelt_out(body: bytes) -> str:
    """As it came, with JSON's escapes undone, and with a form's."""
    text, unescaped = _unescaped(body)
    return "\n".join(dict.fromkeys((text, unescaped, unquote_plus(unescaped).casefold())))


def _email(text: str, email: str | None) -> bool:
    wanted = (email or "").strip().casefold()
    return bool(wanted) and wanted in text


def _ids(text: str, demand: PrivacyRequest) -> bool:
    ids = {one.casefold() for one in (demand.customer_id, *demand.order_ids) if one}
    # One word after the other: a list of all would take a hundred times the memory of a body of short ones.
    words = (found[0] for found in _WORDS.finditer(text))
    return bool(ids) and (any(one in ids for one in words) or any(one in text for one in ids if _is_long(one)))


def _is_long(one: str) -> bool:
    """An id of several words."""
    return _WORDS.fullmatch(one) is None


def _phone(text: str, phone: str | None) -> bool:
    digits = _NO_DIGITS.sub("", phone or "")
    return len(digits) >= _LEAST_PHONE and digits[-_PHONE_END:] in _BETWEEN_DIGITS.sub("", text)
