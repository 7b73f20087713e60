"""Our page in the shop's admin: whom the session token names, and where that admin is.

App Bridge puts a fresh token, good for a minute, into each request. ShopifyAPI's `session_token` takes one without an
end and judges by a clock of its own; so PyJWT verifies the signature, and the claims are judged here.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import jwt
import msgspec
from jwt.algorithms import HMACAlgorithm

from connectors import wild
from connectors.access import App, Grant, Http, HttpAnswer, Visitor, Words
from connectors.errors import ConnectorError, MalformedPayload, RequestRefused, SessionRefused
from connectors.shopify import addresses, page, queries, tokens

LEEWAY = 10  # seconds; what Shopify's own libraries allow for
LONGEST = 300

_EXCHANGE: Mapping[str, str] = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
    "expiring": "1",
}
_MAX_TOKEN = 4_096
_MAX_TEXT = 255
_FROM = re.compile(r"https://([^/]{1,100})/admin")
_TO = re.compile(r"https://([^/]{1,100})")


class _HS256(HMACAlgorithm):
    """PyJWT warns of keys under 32 bytes at each token; how long a secret must be is judged once, at the start."""

    def check_key_length(self, key: bytes) -> None:
        """None: nothing to say."""


# It knows one algorithm, so no header can choose another: neither `none`, nor a public key taken for a secret.
_JWS = jwt.PyJWS(algorithms=[])
_JWS.register_algorithm("HS256", _HS256(HMACAlgorithm.SHA256))


class _Claims(msgspec.Struct):
    """All of them are required; times in Unix seconds."""

    iss: str
    dest: str
    aud: str
    sub: str
    jti: str
    exp: float
    nbf: float
    iat: float


class ShopifyEmbedding:
    """See `connectors.access.Embedding`."""

    @property
    def words(self) -> Words:
        """See `page.WORDS`."""
        return page.WORDS

    def visitor(self, app: App, session_token: object, now: datetime) -> Visitor:
        """Whom the token names. Raises SessionRefused, and nothing else, whatever it is given."""
        claims = _claims(app, session_token)
        domain = _shop(claims)
        if domain is None or not app.key or claims.aud != app.key:
            raise SessionRefused("The session token is another app's, or no shop's.")
        if not all(0 < len(text) <= _MAX_TEXT for text in (claims.sub, claims.jti)):
            raise SessionRefused("The session token names no user.")
        if not _is_current(claims, now.timestamp()):
            raise SessionRefused("The session token is no longer good, or not yet.")
        return Visitor(domain, claims.sub)

    def exchange(self, app: App, http: Http, visitor: Visitor, session_token: str, now: datetime) -> Grant:
        """An expiring offline grant for the visitor's shop; Shopify judges the token once more.

        Raises SessionRefused where it declines it; CredentialsRejected where the shop granted too little, or Shopify
        does not take the app's secret; Unreachable, Throttled.
        """
        asked = {**_EXCHANGE, "subject_token": session_token}
        return tokens.sure_of_scopes(tokens.ask(app, http, visitor.domain, asked, now, _declined))

    def named(self, raw_query: str) -> str | None:
        """The shop that `shop` or else `host` names; None where they name none, or two."""
        try:
            values = queries.read(raw_query)
            if queries.SHOP in values:
                return queries.shop_of(values)
        except RequestRefused:
            return None
        return queries.shop_of_host(values.get(queries.HOST, ""))

    def home(self, app: App, domain: str) -> str:
        """See `addresses.home`."""
        return addresses.home(app, domain)

    def ancestors(self, app: App, domain: str) -> Sequence[str]:
        """See `addresses.ancestors`."""
        return addresses.ancestors(app, domain)

    def script(self, app: App) -> str:
        """See `addresses.script`."""
        return addresses.script(app)


EMBEDDING = ShopifyEmbedding()


def _claims(app: App, token: object) -> _Claims:
    """What the token says, once one of the app's secrets is known to have signed it."""
    if not isinstance(token, str) or len(token) > _MAX_TOKEN:
        raise SessionRefused("This is no session token.")
    for secret in app.secrets:
        payload = _payload(token, secret)
        if payload is not None:
            try:
                return wild.decode(payload, _Claims)
            except MalformedPayload:
                raise SessionRefused("The session token lacks something.") from None
    raise SessionRefused("The session token is not signed by this app's secret.")


def _payload(token: str, secret: str) -> bytes | None:
    """The signed bytes; None where it is not signed with `secret`, or with nothing.

    PyJWT has an error of its own for what it foresees. The others cost nothing, and whatever a stranger sends must not
    end as an error of ours in a version that foresees less.
    """
    if not secret:
        return None
    try:
        payload: Any = _JWS.decode_complete(token, secret, algorithms=["HS256"])["payload"]
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return None
    return bytes(payload)


def _shop(claims: _Claims) -> str | None:
    """The one shop that issued the token and that it is for."""
    issuer, destination = _FROM.fullmatch(claims.iss), _TO.fullmatch(claims.dest)
    if issuer is None or destination is None:
        return None
    domain = addresses.shop(issuer[1])
    return domain if domain == addresses.shop(destination[1]) else None


def _is_current(claims: _Claims, now: float) -> bool:
    begins = min(claims.iat, claims.nbf)
    return (
        claims.exp > now - LEEWAY and max(claims.iat, claims.nbf) <= now + LEEWAY and 0 < claims.exp - begins <= LONGEST
    )


def _declined(answer: HttpAnswer) -> ConnectorError:  # noqa: ARG001 (App Bridge fetches a new token, whatever it says)
    return SessionRefused("Shopify does not take this session token.")
