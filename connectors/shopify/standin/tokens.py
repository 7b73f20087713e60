"""Tokens of one shop: issued, refreshed, found out to be dead. Knows no HTTP.

An access token lives an hour, a refresh token 90 days, and every use of a refresh token replaces it. Since 2026-08-28 the
replaced one may be used again until its replacement is first used, for 30 days at most (Shopify's changelog).
"""

import secrets
from typing import Any

from connectors.shopify.standin.shops import Shop, Token

ACCESS_SECONDS = 3_600
REFRESH_SECONDS = 90 * 86_400
SECOND_CHANCE_SECONDS = 30 * 86_400


def issue(shop: Shop, scopes: tuple[str, ...], now: float) -> Token:
    """A fresh pair. What was issued before stays until it expires (unverified)."""
    token = Token(
        access=f"shpat_{secrets.token_hex(16)}",
        refresh=f"shprt_{secrets.token_hex(16)}",
        scopes=scopes,
        expires_at=now + ACCESS_SECONDS,
        refresh_expires_at=now + REFRESH_SECONDS,
    )
    shop.tokens.append(token)
    return token


def refresh(shop: Shop, refresh_token: str, now: float) -> Token | None:
    """The pair that replaces this one; None for a refresh token that is unknown, expired, retired or was used too long
    ago.
    """
    used = next((one for one in shop.tokens if one.refresh == refresh_token), None)
    if used is None or used.retired or now >= used.refresh_expires_at:
        return None
    if used.refreshed_at is not None and now - used.refreshed_at > SECOND_CHANCE_SECONDS:
        return None
    used.refreshed_at = used.refreshed_at or now
    if used.before:
        used.before.retired = True
    if used.after:
        # Whether the replacement that got lost stays good is unverified; being strict, it does not.
        used.after.retired = True
    used.after = issue(shop, used.scopes, now)
    used.after.before = used
    return used.after


def holder(shop: Shop, access_token: str, now: float) -> Token | None:
    """The token, if it is good now."""
    return next((one for one in shop.tokens if one.access == access_token and now < one.expires_at), None)


def living(shop: Shop, now: float) -> int:
    """How many access tokens are good now."""
    return sum(now < one.expires_at for one in shop.tokens)


def told(token: Token) -> dict[str, Any]:
    """As the token endpoint answers. Two scopes on read and write of one thing come as the one to write."""
    return {
        "access_token": token.access,
        "scope": ",".join(token.scopes),
        "expires_in": ACCESS_SECONDS,
        "refresh_token": token.refresh,
        "refresh_token_expires_in": REFRESH_SECONDS,
    }
