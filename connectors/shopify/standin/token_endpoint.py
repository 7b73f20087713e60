"""POST /<shop>/admin/oauth/access_token: codes, session tokens and refresh tokens become access tokens."""

from collections.abc import Callable
from typing import Any

from connectors.shopify.standin import tokens
from connectors.shopify.standin.shops import Shop, Token
from connectors.shopify.standin.signing import current, read_session_token
from connectors.shopify.standin.wire import Reply, Request, answered
from connectors.shopify.standin.world import World

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 (a name, not a token)
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"


class Refused(Exception):
    """What OAuth calls an error: its code, and a sentence."""

    def __init__(self, code: str, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.code, self.status = code, status


def answer(world: World, request: Request, domain: str) -> Reply:
    """The pair, or an OAuth error. Codes and statuses but for those in the facts are unverified."""
    asked = request.fields()
    try:
        with world.lock:
            _identify(world, asked)
            token = _grant(asked)(world, world.shop(domain), asked)
    except Refused as refused:
        return answered({"error": refused.code, "error_description": str(refused)}, refused.status)
    return answered(tokens.told(token))


def _identify(world: World, asked: dict[str, Any]) -> None:
    if asked.get("client_id") != world.app.key:
        raise Refused("application_cannot_be_found", "No app has this client id.")
    if asked.get("client_secret") not in world.app.secrets:
        raise Refused("invalid_client", "The client secret is not this app's.", 401)


def _grant(asked: dict[str, Any]) -> "Grant":
    kind = asked.get("grant_type", "authorization_code" if "code" in asked else None)
    grant = GRANTS.get(kind) if isinstance(kind, str) else None
    if grant is None:
        raise Refused("unsupported_grant_type", "The stand-in knows no such grant.")
    return grant


def _code(world: World, shop: Shop, asked: dict[str, Any]) -> Token:
    """An authorization code: good once, for a minute (how long is unverified)."""
    _expiring(asked)
    scopes, ends = shop.codes.pop(str(asked.get("code")), ((), 0.0))
    if world.now() >= ends:
        raise Refused("invalid_request", "The authorization code was not found or was already used")
    shop.installed, shop.scopes = True, scopes
    return tokens.issue(shop, scopes, world.now())


def _exchange(world: World, shop: Shop, asked: dict[str, Any]) -> Token:
    """A session token of this shop, of this app, signed by it, of now; and the app is installed."""
    if asked.get("subject_token_type") != ID_TOKEN or asked.get("requested_token_type") != OFFLINE:
        raise Refused("invalid_request", "The stand-in exchanges id tokens for offline access tokens only.")
    _expiring(asked)
    claims = read_session_token(str(asked.get("subject_token")), world.app.secrets)
    good = (
        claims is not None
        and claims.get("aud") == world.app.key
        and claims.get("dest") == f"https://{shop.domain}"
        and current(claims, world.now())
    )
    # That an app which is not installed gets the same answer is unverified.
    if not good or not shop.installed:
        sentence = "Token exchange cannot be performed due to an invalid subject token."
        raise Refused("invalid_subject_token", sentence)
    return tokens.issue(shop, shop.scopes, world.now())


def _refresh(world: World, shop: Shop, asked: dict[str, Any]) -> Token:
    token = tokens.refresh(shop, str(asked.get("refresh_token")), world.now())
    if token is None:
        raise Refused("invalid_grant", "This refresh token is not, or no longer, good.")
    return token


def _expiring(asked: dict[str, Any]) -> None:
    """Public apps created since 2026-04-01 get expiring tokens only."""
    if str(asked.get("expiring")) != "1":
        raise Refused("invalid_request", "Non-expiring access tokens are no longer accepted: send expiring=1.")


Grant = Callable[[World, Shop, dict[str, Any]], Token]
GRANTS: dict[str, Grant] = {"authorization_code": _code, EXCHANGE: _exchange, "refresh_token": _refresh}
