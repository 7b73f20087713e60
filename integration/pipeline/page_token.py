"""The word our plugin's own server puts into a page: this browser stands before this order, or in this checkout. Pure.

It is "<kind>:<value>:<until>:<signature>": kind `order` or `checkout`, the order's id or the checkout's token, Unix seconds,
and HMAC-SHA256 in hexadecimal digits over "page.<kind>:<value>:<until>" with the store's webhook secret.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from integration.pipeline.joining import By

_TOKEN = re.compile(
    r"(?P<signed>(?P<kind>order|checkout):(?P<value>[A-Za-z0-9_-]{1,64}):(?P<until>[0-9]{1,12})):(?P<hmac>[0-9a-f]{64})",
    re.ASCII,
)


class Proven(NamedTuple):
    """What a token proves its bearer to stand before."""

    by: By
    value: str


def read(token: str, secrets: Sequence[str], now: datetime) -> Proven | None:
    """What it proves; None for one that is malformed, over, or signed with none of `secrets`."""
    found = _TOKEN.fullmatch(token)
    if found is None or not secrets:
        return None
    genuine = [hmac.compare_digest(sign(found["signed"], secret), found["hmac"]) for secret in secrets]
    if not any(genuine) or int(found["until"]) < now.timestamp():
        return None
    return Proven(By(found["kind"]), found["value"])


def sign(signed: str, secret: str) -> str:
    """The last part of a token, of all that is before it."""
    return hmac.digest(secret.encode(), f"page.{signed}".encode(), hashlib.sha256).hex()
