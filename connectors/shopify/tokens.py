"""The token endpoint of a shop: codes, session tokens and refresh tokens become a grant. No token is ever in an error.

ShopifyAPI 12.7 cannot do this: it never asks for a token that expires, and drops the refresh token. See
docs/decisions/0015.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from connectors import wild
from connectors.access import App, Grant, Http, HttpAnswer
from connectors.errors import (
    AddressRefused,
    ConnectorError,
    CredentialsRejected,
    Declined,
    MalformedPayload,
    Throttled,
    Unreachable,
)
from connectors.shopify import addresses, throttling

# What we ask a merchant for. Each scope is read by Shopify's reviewers, and has one reason; writing implies reading.
SCOPES: Mapping[str, str] = {
    "read_orders": "orders, refunds and checkouts, by webhook and for the last 30 days",
    "write_pixels": "the web pixel, which we switch on and keep set up",
    "read_customer_events": "what the web pixel hears; webPixelCreate demands it beside write_pixels",
}

# How long an offline token lives; for an answer that leaves it out (Shopify/shopify-app-js#3400 saw one on a refresh).
HOUR = timedelta(hours=1)
_MAX_SECONDS = 10 * 366 * 86_400
_TOKEN = re.compile(r"[\x21-\x7e]{1,2000}", re.ASCII)
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
# RFC 6749, 5.2. Shopify's own words for a refresh token it does not know any more are only known second hand.
_OVER = "invalid_grant"
# It is our own app that is not taken: the operator's mistake, made for all shops at once, and no shop's to mend.
_NOT_OURS = frozenset({"invalid_client", "unauthorized_client"})
Refused = Callable[[HttpAnswer], ConnectorError]
_NONSENSE = "Shopify's answer to a request for a token makes no sense."


class _Told(msgspec.Struct):
    access_token: str
    scope: str = ""
    expires_in: int | None = None
    refresh_token: str | None = None
    refresh_token_expires_in: int | None = None
    associated_user: msgspec.Raw = msgspec.Raw()


class _Refusal(msgspec.Struct):
    error: Any = None


def ask(app: App, http: Http, domain: str, told: Mapping[str, str], now: datetime, refused: Refused) -> Grant:
    """The grant for `told`, which is sent as JSON beside the app's key and newest secret.

    Where Shopify understood and declined (400), raises what `refused` makes of the answer; Declined where it does not
    take the app or its secret, and says so; CredentialsRejected where it lets us in no longer and says no more;
    AddressRefused, Throttled, and Unreachable for everything that is no answer.
    """
    if addresses.shop(domain) is None:
        raise AddressRefused("This is no shop's address under myshopify.com.")
    body = {"client_id": app.key, "client_secret": app.secrets[0], **told}
    answer = http.request("POST", addresses.token_url(app, domain), headers=_HEADERS, body=json.dumps(body).encode())
    if answer.status == 200:
        return _grant(answer.body, now)
    if answer.status in (400, 401, 403) and _error(answer) in _NOT_OURS:
        raise Declined("Shopify does not take this app. Whoever runs Tandem should look at its key and secret.")
    raise refused(answer) if answer.status == 400 else _problem(answer)


def sure_of_scopes(grant: Grant, asked: Iterable[str] = tuple(SCOPES)) -> Grant:
    """The same grant. Raises CredentialsRejected unless it covers what was asked for."""
    # Imported here: it costs 3 MB and 20 ms, and only connecting a store needs it.
    from shopify.api_access import ApiAccess, ApiAccessError

    try:
        missing = [scope for scope in asked if not ApiAccess(grant.scopes).covers(ApiAccess([scope]))]
    except ApiAccessError:
        raise Unreachable(_NONSENSE) from None
    if missing:
        names = ", ".join(missing)
        raise CredentialsRejected(f"The shop did not let Tandem do everything it needs: {names}. Install it again.")
    return grant


def successor(grant: Grant, former: Grant, now: datetime) -> Grant:
    """A renewed grant, completed: what the answer leaves out of an expiring grant stays as it was (RFC 6749, 6)."""
    if grant.refresh_token is None:
        grant = replace(grant, refresh_token=former.refresh_token, refresh_expires_at=former.refresh_expires_at)
    return replace(grant, scopes=grant.scopes or former.scopes, expires_at=grant.expires_at or now + HOUR)


def is_over(answer: HttpAnswer) -> bool:
    """Whether a refusal says that the grant itself is worth nothing any more, rather than that we asked badly."""
    return _error(answer) == _OVER


def _error(answer: HttpAnswer) -> str | None:
    try:
        told = wild.decode(answer.body, _Refusal).error
    except MalformedPayload:
        return None
    return told if isinstance(told, str) else None


def _problem(answer: HttpAnswer) -> ConnectorError:
    if answer.status in (401, 403):
        return CredentialsRejected("Shopify does not let this app into the shop any more.")
    if answer.status == 429:
        return Throttled("Shopify wants fewer requests.", throttling.pause(answer.headers.get("retry-after")))
    return Unreachable(f"Shopify answered {answer.status} to a request for a token.")


def _grant(body: bytes, now: datetime) -> Grant:
    """Raises Unreachable for an answer that is no offline token: one of an employee's own would end with their work."""
    try:
        told = wild.decode(body, _Told)
    except MalformedPayload:
        raise Unreachable(_NONSENSE) from None
    if bytes(told.associated_user) not in (b"", b"null"):
        raise Unreachable("Shopify gave a token of one employee's where one of the shop's was asked for.")
    return Grant(
        token=_secret(told.access_token),
        scopes=tuple(scope for part in told.scope.split(",") if (scope := part.strip())),
        expires_at=_end(told.expires_in, now),
        refresh_token=None if told.refresh_token is None else _secret(told.refresh_token),
        refresh_expires_at=_end(told.refresh_token_expires_in, now),
    )


def _secret(text: str) -> str:
    """A token that can stand in a header."""
    if not _TOKEN.fullmatch(text):
        raise Unreachable(_NONSENSE)
    return text


def _end(seconds: int | None, now: datetime) -> datetime | None:
    if seconds is None:
        return None
    if not 0 < seconds <= _MAX_SECONDS:
        raise Unreachable(_NONSENSE)
    return now + timedelta(seconds=seconds)
