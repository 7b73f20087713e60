"""The two ids Meta gives a browser: `fbc`, the click on an advertisement, and `fbp`, the browser. Pure.

`fbc` is "fb.<subdomain index>.<milliseconds>.<fbclid>" and `fbp` "fb.<subdomain index>.<milliseconds>.<random number>";
Meta's own libraries may append a fifth part, two letters or eight characters that say which of them wrote it.
Both are sent readable, never hashed. An fbclid is case sensitive and opaque: never trimmed, lowered or encoded again.
"""

import re
from urllib.parse import parse_qs

_MARK = r"(?:\.(?:AQ|Ag|Aw|BA|BQ|Bg|[A-Za-z0-9_-]{8}))?"
_BLANK = r"\s\x00-\x1f\x7f-\x9f\ud800-\udfff"
MAX_FBCLID = 500
_FBCLID = re.compile(rf"[^{_BLANK}]{{1,{MAX_FBCLID}}}")
# Index and time are not judged: the cookie is another's, and Meta's library keeps one without a readable time.
_FBC = re.compile(rf"fb\.[^.{_BLANK}]{{1,20}}\.[^.{_BLANK}]{{1,20}}\.(?P<fbclid>[^.{_BLANK}]{{1,500}}){_MARK}")
_FBP = re.compile(rf"fb\.[0-9]{{1,20}}\.[0-9]{{1,20}}\.[0-9]{{1,20}}{_MARK}")

# From 2001 to 2286 in milliseconds: a time in seconds, which some senders wrongly use, is outside.
_EARLIEST_MS, _LATEST_MS = 10**12, 10**13


def fbc(
    cookie: str | None,
    fbclid: str | None,
    first_seen_ms: int | None,
    subdomain_index: int = 1,
    landing_url: str | None = None,
) -> str | None:
    """The click id to send, from what the storefront kept; None if there is none.

    `cookie` is `_fbc` and goes as found, unless `fbclid` (or, without it, the one in `landing_url`) is another click:
    then a new value is made with `first_seen_ms`, when that fbclid was first seen, in milliseconds. The index is 1
    where no browser wrote a cookie. What is malformed counts as absent. How old a click may be is not judged here.
    """
    kept = _FBC.fullmatch(cookie) if cookie else None
    clicked = _clicked(fbclid or fbclid_of(landing_url) or "")
    same = kept and clicked and kept["fbclid"] == clicked
    if clicked and not same and _EARLIEST_MS <= (first_seen_ms or 0) < _LATEST_MS:
        return f"fb.{subdomain_index}.{first_seen_ms}.{clicked}"
    return cookie if kept else None


def _clicked(fbclid: str) -> str | None:
    """An fbclid, if it is one: any text without white space and control characters."""
    if fbclid.isascii() and fbclid.isprintable() and " " not in fbclid:
        return fbclid if 0 < len(fbclid) <= MAX_FBCLID else None
    return fbclid if _FBCLID.fullmatch(fbclid) else None


def fbclid_of(url: str | None) -> str | None:
    """The first `fbclid` in the query of `url`, decoded once, as Meta's library does; None without one."""
    query = (url or "").partition("#")[0].partition("?")[2]
    return parse_qs(query).get("fbclid", [None])[0] if "fbclid" in query else None


def fbp(cookie: str | None) -> str | None:
    """The `_fbp` cookie as found, or None if it is none. Never invented: without a browser there is no browser id."""
    return cookie if cookie and _FBP.fullmatch(cookie) else None
