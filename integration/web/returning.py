"""The way to a fresh session token and back: which addresses lead there, and which of them are ours. Pure.

A document's address cannot be given a new token by us; the admin's script can. So a page without a good token sends the
browser to the bounce page, which names the address to come back to.
"""

import re
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from connectors.access import Words

# Our own parameter: when a new token was fetched, in Unix seconds.
RENEWED = "renewed"
# Who comes back within this time with a token that is refused again would be sent round in a circle.
_AGAIN_SECONDS = 30
# Of a page of ours: no dots, so that nothing climbs out, and no two slashes.
_BELOW = re.compile(r"(/[A-Za-z0-9_-]+)*")
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)

Pairs = list[tuple[str, str]]


def kept(raw_query: str, words: Words) -> Pairs:
    """What an address of ours goes on saying: all but its token, and what we said before."""
    dropped = {words.token, words.reload, RENEWED}
    return [(key, value) for key, value in parse_qsl(raw_query) if key not in dropped]


def bounce(bounce_path: str, page: str, raw_query: str, words: Words, now: datetime) -> str:
    """The bounce page's address, which leads back to `page`, our page's own absolute address."""
    pairs = kept(raw_query, words)
    back = f"{page}?{urlencode([*pairs, (RENEWED, str(int(now.timestamp())))])}"
    return f"{bounce_path}?{urlencode([*pairs, (words.reload, back)])}"


def was_just_renewed(raw_query: str, now: datetime) -> bool:
    """Whether this address comes from the bounce page, and has just come. A clock that is off counts as another time."""
    told = dict(parse_qsl(raw_query)).get(RENEWED, "")
    return bool(_SECONDS.fullmatch(told)) and abs(now.timestamp() - int(told)) <= _AGAIN_SECONDS


def is_ours(target: str, home: str) -> bool:
    """Whether `target` is our page or one below it, with some query; nothing else is ever gone to (T14)."""
    path, _, query = target.partition("?")
    below = path.removeprefix(home) if path.startswith(home) else None
    return (
        below is not None and bool(_BELOW.fullmatch(below)) and query.isascii() and (query.isprintable() or not query)
    )
