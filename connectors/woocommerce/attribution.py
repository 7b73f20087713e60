"""What an order's meta data tell of the shopper's browser, of consent, and of a payment in test mode.

Written by the storefront: by our plugin at checkout, by other plugins that keep Meta's cookies, and by WooCommerce's own
order attribution. All of it is optional, and anyone's plugin may write anything. What our plugin froze comes first,
since it is of the shopper whoever changes the order later; what cannot be read counts as absent.

| of the browser | the first of these |
|-|-|
| `fbp`, `fbc` | `_fbp`, `_fbc` |
| `fbclid` | `_tandem_fbclid`, `_fbclid`; without `_fbc` also that of `_tandem_landing_page`, then of `session_entry`* |
| `landed_at` | `_tandem_fbclid_seen` of that very click, `session_start_time`* of a session that began with it |
| `ip` | `_tandem_ip`, the order's `customer_ip_address` |
| `user_agent` | `_tandem_user_agent`, the order's `customer_user_agent`, `user_agent`* |

*: of order attribution, `_wc_order_attribution_...`.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from connectors import wild
from connectors.event import Browser, Consent, Stated
from connectors.woocommerce.shapes import Meta

_CONSENT = "_tandem_consent"
_TOKEN = "_tandem_checkout_token"  # noqa: S105
_CLICK, _CLICK_SEEN = "_tandem_fbclid", "_tandem_fbclid_seen"
_LANDING_PAGE = "_tandem_landing_page"
_SESSION_ENTRY = "_wc_order_attribution_session_entry"
_SESSION_START = "_wc_order_attribution_session_start_time"

_CHECKOUT_TOKEN = re.compile(r"[0-9a-fA-F]{32}", re.ASCII)
# From 2001 to 2286 in milliseconds: a time in seconds, which some senders wrongly use, is outside.
_MILLISECONDS = re.compile(r"[1-9]\d{12}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_ADDRESS = 8_000
_MAX_IP = 45

# Marks that payment plugins leave on orders paid in their test mode (WooPayments, PayPal Payments).
# Unverified: read about, never recorded, and surely not complete.
_TEST_MARKS = ("_wcpay_mode", "_ppcp_paypal_payment_mode")
_TEST_VALUES = ("test", "sandbox")

DECIDING = (_CONSENT, *_TEST_MARKS)  # the keys that decide whether an order is told, and tell nothing of who bought


def read(meta_data: msgspec.Raw) -> dict[str, Any]:
    """The order's meta data by key; of several values of one key the first, as WordPress's own reader takes. Of consent
    all values are kept, in a list.
    """
    found: dict[str, Any] = {_CONSENT: []}
    for entry in wild.parts(meta_data, Meta):
        if entry.key == _CONSENT:
            found[_CONSENT].append(entry.value)
        elif isinstance(entry.key, str):
            found.setdefault(entry.key, entry.value)
    return found


def browser(meta: Mapping[str, Any], *, ip: Any, user_agent: Any, page: str | None, until: datetime | None) -> Browser:
    """The shopper's browser. `ip` and `user_agent` are the order's own fields, both empty on REST and admin orders.

    `until`: when order or checkout was made. A click that is said to be later was timed by a clock that is wrong.
    """
    fbc = _uncut(meta.get("_fbc"))
    fbclid = _click(meta, kept=fbc is not None)
    landed_at = _landed_at(meta, fbclid) if fbclid else None
    return Browser(
        ip=_ip(meta.get("_tandem_ip")) or wild.text(ip),
        user_agent=_line(meta.get("_tandem_user_agent"))
        or wild.text(user_agent)
        or wild.text(meta.get("_wc_order_attribution_user_agent")),
        page=page,
        fbp=_uncut(meta.get("_fbp")),
        fbc=fbc,
        fbclid=fbclid,
        landed_at=None if landed_at and until and landed_at > until else landed_at,
    )


def token(value: Any) -> str | None:
    """A checkout's token: 32 hexadecimal digits, as they are, for the Pixel gives the same text. None for all else."""
    return value if isinstance(value, str) and _CHECKOUT_TOKEN.fullmatch(value) else None


def checkout_token(meta: Mapping[str, Any]) -> str | None:
    """The token of the checkout that led to the order."""
    return token(meta.get(_TOKEN))


def consent(meta: Mapping[str, Any]) -> Consent:
    """What our plugin froze into the order at checkout, `{"marketing": bool, "sale_of_data": bool}`; else unstated.

    `sale_of_data` true allows it, false is an opt-out. Kept as an object or as its JSON text. Where it was written more
    than once, a refusal wins.
    """
    answers = [_object(value) for value in meta.get(_CONSENT, ())]
    return Consent(marketing=_strictest(answers, "marketing"), sale_of_data=_strictest(answers, "sale_of_data"))


def is_test(meta: Mapping[str, Any]) -> bool:
    """Whether a payment plugin marked the order as paid in its test mode. Unverified list."""
    return any((wild.text(meta.get(mark)) or "").lower() in _TEST_VALUES for mark in _TEST_MARKS)


def _click(meta: Mapping[str, Any], *, kept: bool) -> str | None:
    """The click id. A landing page's is the session's first, and `_fbc` may well be of a later one: where that cookie
    was `kept`, no landing page stands in.
    """
    told = _line(meta.get(_CLICK)) or _uncut(meta.get("_fbclid"))
    if told or kept:
        return told
    return _fbclid(meta.get(_LANDING_PAGE)) or _fbclid(meta.get(_SESSION_ENTRY))


def _landed_at(meta: Mapping[str, Any], fbclid: str) -> datetime | None:
    """When that click was first seen, and no other one."""
    seen = _milliseconds(meta.get(_CLICK_SEEN)) if fbclid == _line(meta.get(_CLICK)) else None
    if seen is not None or fbclid != _fbclid(meta.get(_SESSION_ENTRY)):
        return seen
    return wild.instant(meta.get(_SESSION_START), naive_is_utc=True)


def _milliseconds(value: Any) -> datetime | None:
    """A time in milliseconds since 1970, as a number or in digits."""
    digits = value if isinstance(value, str) else wild.identifier(value) or ""
    return _EPOCH + timedelta(milliseconds=int(digits)) if _MILLISECONDS.fullmatch(digits) else None


def _fbclid(landing_page: Any) -> str | None:
    """Meta's click id in the query of an address, decoded once and otherwise untouched: it is case-sensitive."""
    try:
        query = urlsplit(_uncut(landing_page, _MAX_ADDRESS) or "").query
        return _line(parse_qs(query).get("fbclid", [None])[0])
    except ValueError:  # a bracket without its pair
        return None


def _ip(value: Any) -> str | None:
    """One IP address and nothing else."""
    told = _line(value, _MAX_IP)
    try:
        return str(told) if told and ip_address(told) else None
    except ValueError:
        return None


def _line(value: Any, limit: int = wild.MAX_TEXT) -> str | None:
    """Text of one line: with a line break or another control character in it, it is not what our plugin wrote."""
    return _uncut(value, limit) if isinstance(value, str) and value.isprintable() else None


def _uncut(value: Any, limit: int = wild.MAX_TEXT) -> str | None:
    """Text of at most `limit` characters; longer text is refused, since half an id is another id."""
    return wild.text(value, limit) if isinstance(value, str) and len(value) <= limit else None


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def _strictest(answers: list[dict[str, Any]], purpose: str) -> Stated:
    stated = [answer.get(purpose) for answer in answers]
    if any(value is False for value in stated):
        return Stated.REFUSED
    return Stated.GRANTED if any(value is True for value in stated) else Stated.UNSTATED
