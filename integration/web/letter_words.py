"""What was sent of one event, as its page shows it: without what is of a person and readable, and why each hash. Pure."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from integration.meta.client import PARTNER_AGENT
from integration.meta.event import BROWSER_KEYS
from integration.web.consent_words import KEYS

_ENDS = "then SHA-256"
_SMALL = "in small letters"
# By Meta's key: what is done before it is sent. Meta does the same to what it knows, and compares.
STEPS: Mapping[str, Sequence[str]] = {
    "em": ("without white space around it", _SMALL, _ENDS),
    "ph": ("digits alone", "with the calling code of its country", _ENDS),
    "fn": (_SMALL, "without white space and punctuation", _ENDS),
    "ln": (_SMALL, "without white space and punctuation", _ENDS),
    "db": ("as year, month and day in eight digits", _ENDS),
    "ge": ("as m or f", _ENDS),
    "ct": (_SMALL, "the letters a to z and digits alone", _ENDS),
    "st": ("two letters in the USA and Canada, else its name without accents and spaces", _SMALL, _ENDS),
    "zp": (_SMALL, "without white space, up to the first hyphen", "five digits in the USA", _ENDS),
    "country": ("its code of two letters", _SMALL, _ENDS),
    "external_id": ("your shop’s own id of the customer, which the Pixel is given too", _SMALL, _ENDS),
    "client_ip_address": ("as it is, for Meta takes it only so",),
    "client_user_agent": ("as it is, for Meta takes it only so",),
    "fbc": ("as the cookie or the address of the ad’s click has it",),
    "fbp": ("as Meta’s own cookie has it",),
}
_READABLE = frozenset({*BROWSER_KEYS, "fbc", "fbp"})
UNSHOWN = "(sent, and not shown here)"
# Of a birth date, a town or a gender there are so few that the beginning of a hash tells which.
HASHED = "(a hash, for the merchant alone to see)"
TOKEN, CODE = "PASTE_YOUR_TOKEN", "PASTE_YOUR_TEST_EVENT_CODE"


class Key(NamedTuple):
    """One of Meta's keys: its name, what it is of a person, what is shown of its value, and how that came about."""

    name: str
    what: str
    value: str
    steps: str


def keys(payload: Mapping[str, Any], *, whole: bool) -> Sequence[Key]:
    """Whom Meta may know the event by. Not `whole`: without the hashes themselves."""
    told: Mapping[str, str] = payload.get("user_data", {})
    return [
        Key(name, KEYS.get(name, name), _shown(name, told[name], whole=whole), _said(STEPS.get(name, ())))
        for name in KEYS
        if name in told
    ]


def pretty(payload: Mapping[str, Any], *, whole: bool) -> str:
    """The JSON object, on many lines."""
    told = {name: _shown(name, value, whole=whole) for name, value in payload.get("user_data", {}).items()}
    return _json({**payload, "user_data": told})


def curl(graph: str, dataset_id: str, payload: Mapping[str, Any]) -> str:
    """A call that tells it once more, to try in a shell: without a token, without what is readable of a person, and with
    a test event code, so that Meta counts nothing.
    """
    told = {name: value for name, value in payload.get("user_data", {}).items() if name not in _READABLE}
    body = {"data": [{**payload, "user_data": told}], "access_token": TOKEN, "partner_agent": PARTNER_AGENT}
    quoted = shlex.quote(_json({**body, "test_event_code": CODE}))
    return (
        f"curl -X POST {shlex.quote(f'{graph}/{dataset_id}/events')} \\\n"
        f"  -H 'Content-Type: application/json' \\\n  -d {quoted}"
    )


def _shown(name: str, value: str, *, whole: bool) -> str:
    if name in BROWSER_KEYS:
        return UNSHOWN
    if name in _READABLE:
        return f"{value[:5]}…{value[-4:]}"
    return value if whole else HASHED


def _said(steps: Sequence[str]) -> str:
    return ", ".join(steps)


def _json(told: Mapping[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode()
