"""What an order's meta data tell of the shopper's browser, of consent, and of a payment in test mode.

Written by the storefront: by our plugin, by other plugins that keep Meta's cookies, and by WooCommerce's own order
attribution. All of it is optional, and anyone's plugin may write anything.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from connectors import wild
from connectors.event import Browser, Consent, Stated
from connectors.woocommerce.shapes import Meta

_CONSENT = "_tandem_consent"
_LANDING_PAGE = "_wc_order_attribution_session_entry"
_LANDED_AT = "_wc_order_attribution_session_start_time"
_USER_AGENT = "_wc_order_attribution_user_agent"
_MAX_ADDRESS = 8_000

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


def browser(meta: dict[str, Any], *, ip: Any, user_agent: Any, page: str | None) -> Browser:
    """The shopper's browser. `ip` and `user_agent` are the order's own fields, both empty on REST and admin orders.

    The landing page's fbclid only stands in where neither cookie nor click id was kept: it is the session's first
    click, and the cookie may well be of a later one.
    """
    fbc, fbclid = _uncut(meta.get("_fbc")), _uncut(meta.get("_fbclid"))
    landed_with = _fbclid(meta.get(_LANDING_PAGE))
    if fbc is None and fbclid is None:
        fbclid = landed_with
    # The session began on the landing page, so its start is when that click arrived, and no other click's.
    arrived = wild.instant(meta.get(_LANDED_AT), naive_is_utc=True) if fbclid == landed_with else None
    return Browser(
        ip=wild.text(ip),
        user_agent=wild.text(user_agent) or wild.text(meta.get(_USER_AGENT)),
        page=page,
        fbp=_uncut(meta.get("_fbp")),
        fbc=fbc,
        fbclid=fbclid,
        landed_at=arrived if fbclid else None,
    )


def consent(meta: Mapping[str, Any]) -> Consent:
    """What our plugin froze into the order at checkout, `{"marketing": bool, "sale_of_data": bool}`; else unstated.

    `sale_of_data` true allows it, false is an opt-out. Kept as an object or as its JSON text. Where it was written more
    than once, a refusal wins.
    """
    answers = [_object(value) for value in meta[_CONSENT]]
    return Consent(marketing=_strictest(answers, "marketing"), sale_of_data=_strictest(answers, "sale_of_data"))


def is_test(meta: Mapping[str, Any]) -> bool:
    """Whether a payment plugin marked the order as paid in its test mode. Unverified list."""
    return any((wild.text(meta.get(mark)) or "").lower() in _TEST_VALUES for mark in _TEST_MARKS)


def _fbclid(landing_page: Any) -> str | None:
    """Meta's click id in the query of an address, decoded once and otherwise untouched: it is case-sensitive."""
    try:
        query = urlsplit(_uncut(landing_page, _MAX_ADDRESS) or "").query
    except ValueError:
        return None
    return _uncut(parse_qs(query).get("fbclid", [None])[0])


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
