"""What a browser posts, read: a signal, of itself, and a sighting, of what the Pixel told Meta. Pure.

Nobody signed any of it. Each member is looked at alone: an odd one is as good as none, and is never repaired into
something that nobody said. Values and times of browsers are not read at all. Longer than other modules: what is made of an
odd member is one thing for all that is posted.
"""

import re
from collections.abc import Container
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from connectors import wild
from connectors.errors import MalformedPayload
from connectors.event import Stated
from integration.meta import clickid, hashing, somebody
from integration.pipeline import pair_code
from integration.pipeline.browsing import Heard
from integration.pipeline.own_pages import OwnPages, is_address
from integration.store_settings import PRESET

MOST_TOKEN = 255  # of a column
_MOST_AGENT = 500
# As long as Meta's own cookie lasts (facebook.com/business/help, "fbc and fbp parameters").
_OLDEST_CLICK = timedelta(days=90)
# A cookie's time is by the visitor's clock, which may be a little ahead.
_AHEAD = timedelta(days=1)
_EARLIEST_MS = 10**12
_MENDED = "\ufffd"  # what stands for half a letter
_MILLISECONDS = re.compile(r"[0-9]{13}", re.ASCII)
_DATASET = re.compile(r"[0-9]{1,32}", re.ASCII)
_STATES = frozenset({"called", "loaded", "sent"})
HELD = "held"  # of a pair test alone: the shopper's consent keeps the Pixel back


class Caller(NamedTuple):
    """What the connection says of a browser. `opts_out`: it sent Sec-GPC: 1 (https://w3c.github.io/gpc/)."""

    address: str | None
    user_agent: str | None
    opts_out: bool


class Signal(NamedTuple):
    """What a browser told of itself, and by which tokens. `proof` is a page token, not yet looked at."""

    checkout_token: str | None
    cart_token: str | None
    order_id: str | None
    proof: str | None
    heard: Heard


class Sighting(NamedTuple):
    """What the storefront's script saw the Pixel do. `proof` is what the platform's pages prove things by."""

    dataset_id: str
    event_name: str
    event_id: str
    state: str
    proof: str | None


class Trial(NamedTuple):
    """The same of a pair test, by its one-time code. Where the Pixel is held back, no dataset and no event is named."""

    code: str
    state: str
    dataset_id: str
    event_id: str | None
    fbp: str | None


class _Signal(msgspec.Struct):
    checkout_token: Any = None
    cart_token: Any = None
    order_id: Any = None
    proof: Any = None
    fbp: Any = None
    fbc: Any = None
    fbclid: Any = None
    fbclid_ms: Any = None
    url: Any = None
    user_agent: Any = None
    consent: msgspec.Raw = msgspec.Raw()


class _Consent(msgspec.Struct):
    marketing: Any = None
    sale_of_data: Any = None
    default: Any = None


class _Sighting(msgspec.Struct):
    dataset_id: Any = None
    event_name: Any = None
    event_id: Any = None
    state: Any = None
    proof: Any = None
    fbp: Any = None


def signal(body: bytes, caller: Caller, own: OwnPages, now: datetime) -> Signal:
    """A signal. Raises MalformedPayload where it is no JSON object, or names nothing that it could be joined by."""
    told = wild.decode(body, _Signal)
    tokens = (_token(told.checkout_token), _token(told.cart_token), wild.identifier(told.order_id))
    if not any(tokens):
        raise MalformedPayload("A signal has a checkout_token, a cart_token, or an order_id with its proof.")
    url = told.url if isinstance(told.url, str) and is_address(told.url) else None
    heard = Heard(
        fbp=_timely(clickid.fbp(_plain(told.fbp)), now),
        fbc=_click(told, url, now),
        ip=hashing.client_ip(caller.address),
        user_agent=_agent(told.user_agent) or _agent(caller.user_agent),
        page=own.page(url),
    )
    return Signal(*tokens, _token(told.proof), _with_consent(heard, told.consent, now, opts_out=caller.opts_out))


def sighting(body: bytes) -> Sighting | None:
    """A sighting; None for one that says nothing we know. Raises MalformedPayload where it is no JSON object."""
    told = wild.decode(body, _Sighting)
    known = _is_one_of(told.state, _STATES) and _is_one_of(told.event_name, PRESET)
    event_id, dataset_id = _token(told.event_id), wild.identifier(told.dataset_id) or ""
    if not known or event_id is None or not _DATASET.fullmatch(dataset_id):
        return None
    return Sighting(dataset_id, told.event_name, event_id, told.state, _token(told.proof))


def trial(body: bytes, now: datetime) -> Trial | None:
    """What is said of a pair test; None where it is of something else. Raises MalformedPayload where it is no JSON object."""
    told = wild.decode(body, _Sighting)
    code = _token(told.proof)
    if told.event_name != pair_code.EVENT_NAME or code is None or not _is_one_of(told.state, _STATES | {HELD}):
        return None
    fbp = _timely(clickid.fbp(_plain(told.fbp)), now)
    return Trial(code, told.state, wild.identifier(told.dataset_id) or "", _token(told.event_id), fbp)


def _is_one_of(value: Any, words: Container[str]) -> bool:
    return isinstance(value, str) and value in words


def _token(value: Any) -> str | None:
    """A token is compared as it is: one that is cut or cleaned is another one."""
    short = isinstance(value, str) and 0 < len(value) <= MOST_TOKEN
    whole = short and value.isprintable() and not value.isspace() and _MENDED not in value
    # Its hash is kept where everybody can read it, and that of an address is as good as the address.
    return somebody.unnamed(value) if whole else None


def _plain(value: Any) -> str | None:
    """Text, or None where it holds somebody's address or number."""
    return somebody.unnamed(value) if isinstance(value, str) else None


def _agent(value: Any) -> str | None:
    cleaned = wild.text(_plain(value), _MOST_AGENT)
    return hashing.user_agent(cleaned)


def _click(told: _Signal, url: str | None, now: datetime) -> str | None:
    """The cookie as found; else a click, by when it was first seen, or by now where nobody says that believably.

    A cookie whose time cannot be, such as one in seconds, is believed in nothing but the click that was told beside it.
    """
    clicked = _plain(told.fbclid) or _plain(clickid.fbclid_of(url))
    cookie = _timely(_plain(told.fbc), now)
    return clickid.fbc(cookie, clicked, _first_seen(told.fbclid_ms, now))


def _first_seen(told: Any, now: datetime) -> int:
    present, oldest = _ms(now), _ms(now - _OLDEST_CLICK)
    return told if type(told) is int and oldest <= told <= present else present


def _timely(cookie: str | None, now: datetime) -> str | None:
    """A cookie of Meta's whose time can be one: milliseconds, and not in the future."""
    told = (cookie or "").split(".", 3)[2:3]
    if not told or not _MILLISECONDS.fullmatch(told[0]):
        return None
    return cookie if _EARLIEST_MS <= int(told[0]) <= _ms(now + _AHEAD) else None


def _with_consent(heard: Heard, raw: msgspec.Raw, now: datetime, *, opts_out: bool) -> Heard:
    consent = _consent(bytes(raw))
    marketing, sale = _stated(consent, consent.marketing), _stated(consent, consent.sale_of_data)
    sale = Stated.REFUSED if opts_out else sale
    by_default = consent.marketing if consent.default is True and isinstance(consent.marketing, bool) else None
    return msgspec.structs.replace(
        heard,
        marketing=marketing,
        sale_of_data=sale,
        default_marketing=by_default,
        marketing_at=None if marketing is Stated.UNSTATED else _ms(now),
        sale_at=None if sale is Stated.UNSTATED else _ms(now),
        gpc=opts_out,
    )


def _consent(raw: bytes) -> _Consent:
    """What is told twice, yes and no, is told not at all."""
    try:
        return wild.decode(raw, _Consent) if raw else _Consent()
    except MalformedPayload:
        return _Consent()


def _stated(consent: _Consent, value: Any) -> Stated:
    """Booleans alone are statements, and a default is none. Where it is unclear whether it is one, only a no counts."""
    if consent.default is True or not isinstance(value, bool):
        return Stated.UNSTATED
    if not value:
        return Stated.REFUSED
    return Stated.GRANTED if consent.default is None or consent.default is False else Stated.UNSTATED


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
