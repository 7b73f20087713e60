"""The query strings Shopify sends a merchant's browser to us with: their signature, their age, their shop. Pure.

Judged as they came: what a web framework makes of a query has already chosen among duplicates (reliability T11).
Shopify's libraries sign two different forms of the same query, and agree only on plain values; Shopify's own form for
the rest has not been seen live. Either is taken: both need the secret.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote_plus, unquote_plus

from connectors.access import App
from connectors.errors import RequestMalformed, RequestRefused
from connectors.shopify import addresses

HMAC, SHOP, HOST, TIMESTAMP = "hmac", "shop", "host", "timestamp"

OLDEST, NEWEST = -300, 60  # seconds from now; reliability T12
_MAX_QUERY, _MAX_PAIRS = 8_192, 30
_KEY = re.compile(r"[a-z0-9_-]{1,40}", re.ASCII)
_BROKEN = re.compile(r"%(?![0-9A-Fa-f]{2})")
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{1,400}={0,2}", re.ASCII)
_ADMIN_HOST = "admin.shopify.com"


def read(raw_query: str) -> dict[str, str]:
    """Its values by key, decoded.

    Raises RequestMalformed for what Shopify does not send: a key twice, `ids[]`, a key without a value, broken escapes,
    bytes that are no UTF-8, signs that cannot be printed, and the `signature` of app proxies, which follows other rules.
    """
    if len(raw_query) > _MAX_QUERY or raw_query.count("&") >= _MAX_PAIRS:
        raise RequestMalformed("This address is too long to be one of Shopify's.")
    values: dict[str, str] = {}
    for pair in raw_query.split("&") if raw_query else ():
        key, equals, value = pair.partition("=")
        if not equals or not _KEY.fullmatch(key) or key in values or key == "signature":
            raise RequestMalformed("This address holds something that Shopify does not send.")
        values[key] = _decoded(value)
    return values


def signed(app: App, values: Mapping[str, str], now: datetime) -> None:
    """Raises RequestRefused unless one of the app's secrets signed `values`, at most five minutes ago."""
    given = values.get(HMAC, "")
    if not _DIGEST.fullmatch(given) or not _matches(app, values, given.encode()):
        raise RequestRefused("Shopify did not sign this address.")
    told = values.get(TIMESTAMP, "")
    if not _SECONDS.fullmatch(told) or not OLDEST <= int(told) - now.timestamp() <= NEWEST:
        raise RequestRefused("This address is too old, or a clock is wrong. Start again.")


def shop_of(values: Mapping[str, str]) -> str:
    """The shop's domain. Raises RequestMalformed unless it is one, RequestRefused where `host` names another's admin."""
    domain = addresses.shop(values.get(SHOP))
    if domain is None:
        raise RequestMalformed("This address names no shop under myshopify.com.")
    if HOST in values and shop_of_host(values[HOST]) != domain:
        raise RequestRefused("This address names one shop and the admin of another.")
    return domain


def shop_of_host(host: str) -> str | None:
    """The shop whose admin `host` leads to: base64 of `admin.shopify.com/store/<name>` or `<shop>/admin`; else None."""
    place = _unpacked(host)
    site, _, path = place.partition("/")
    if site == _ADMIN_HOST and path.startswith("store/"):
        return addresses.shop(f"{path.removeprefix('store/')}.myshopify.com")
    return addresses.shop(site) if path == "admin" else None


def raw_form(values: Mapping[str, str]) -> str:
    """What ShopifyAPI for Python signs: values as they are, but for the signs that hold the form together."""
    pairs = (f"{key}={value.replace('%', '%25').replace('&', '%26')}" for key, value in values.items() if key != HMAC)
    return "&".join(sorted(pairs))


def encoded_form(values: Mapping[str, str]) -> str:
    """What Shopify's library for Node signs: application/x-www-form-urlencoded, as browsers write it."""
    told = sorted((key, value) for key, value in values.items() if key != HMAC)
    return "&".join(f"{key}={quote_plus(value, safe='*').replace('~', '%7E')}" for key, value in told)


def _matches(app: App, values: Mapping[str, str], given: bytes) -> bool:
    """Every combination is tried, whichever fits: how long it takes tells nothing. An empty secret fits nothing."""
    found = [
        bool(secret) and hmac.compare_digest(given, _digest(secret, form))
        for secret in app.secrets
        for form in (raw_form(values), encoded_form(values))
    ]
    return any(found)


def _digest(secret: str, form: str) -> bytes:
    return hmac.digest(secret.encode(), form.encode(), hashlib.sha256).hex().encode()


def _decoded(text: str) -> str:
    try:
        value = unquote_plus(text, errors="strict")
        value.encode()
    except UnicodeError:
        raise RequestMalformed("This address is not UTF-8.") from None
    if _BROKEN.search(text) or not value.isprintable():
        raise RequestMalformed("This address is broken.")
    return value


def _unpacked(host: str) -> str:
    """Libraries disagree on padding and alphabet; "" for what is no base64."""
    if not _BASE64.fullmatch(host):
        return ""
    plain = host.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return ""
