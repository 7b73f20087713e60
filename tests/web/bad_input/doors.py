"""Rows that are decided at the door, by headers, path and signature, before a body is looked into.

Where facts/reliability.md section 5 differs from CONTRACT.md, CONTRACT stands: what the platform itself signed is
answered 200, a shop we cannot name or do not serve included (W15, W16, W18, W21: there 401); an unknown topic is
ignored, not quarantined (W22); all shops share one path, so that a shop's header is checked against the body where the
body tells, and not against a path (W17).
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.web.bad_input.scene import PLATFORMS, SHOP, TOPIC, UNAUTHORIZED, Post

NEW_SECRET, OLD_SECRET, REVOKED_SECRET = "the-newest-app-secret", "the-app-secret-before", "a-revoked-app-secret"
IGNORED, ACCEPTED, QUARANTINED = {"status": "ignored"}, {"status": "accepted"}, {"status": "quarantined"}
NOT_FOUND = {"error": "unknown address"}
ENCODED = {"error": "the body must not be encoded"}

Change = Callable[[Post], Post]


@dataclass(frozen=True)
class Door:
    """A change to a well-signed request about a paid order, and what comes of it. `stored`: whether it is an event."""

    row: str
    what: str
    change: Change
    status: int = 401
    answer: dict[str, str] | None = None
    stored: bool = False
    platforms: tuple[str, ...] = PLATFORMS

    @property
    def expected(self) -> tuple[int, dict[str, str]]:
        return self.status, self.answer or UNAUTHORIZED


def signature(change: Callable[[str], str | None]) -> Change:
    return lambda post: post.signed_as(change(post.signature))


def header(name: str, text: str | None) -> Change:
    return lambda post: post.but(**{name: text})


def topic(text: str | None) -> Change:
    return lambda post: post.but(**{TOPIC[post.platform]: text})


def at(path: Callable[[str], str]) -> Change:
    return lambda post: replace(post, path=path(post.path))


def asked_with(method: str) -> Change:
    return lambda post: replace(post, method=method)


def _hexadecimal(signed: str) -> str:
    return base64.b64decode(signed).hex()


def _other_last_letter(signed: str) -> str:
    """The same 32 bytes, but for the two bits that base64 leaves unused in the last letter."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return signed[:-2] + alphabet[alphabet.index(signed[-2]) ^ 1] + "="


def _reserialised(post: Post) -> Post:
    return replace(post, body=json.dumps(json.loads(post.body), indent=1).encode())


def _escaped_otherwise(post: Post) -> Post:
    """Sent as escapes, as WordPress writes it; passed on as plain text, with the first signature."""
    accented = post.with_body(post.body.replace(b'"EUR"', b'"EUR\\u00e9"').replace(b'"USD"', b'"USD\\u00e9"'))
    assert b"\\u00e9" in accented.body
    return replace(accented, body=accented.body.replace(b"\\u00e9", "é".encode()))


def _latin(text: str) -> str:
    """Bytes of a header as a WSGI server hands them on."""
    return text.encode().decode("latin-1")


_JUNK: dict[str, Callable[[str], str]] = {
    "junk behind": lambda signed: signed + "junk",
    "one more =": lambda signed: signed + "=",
    "without =": lambda signed: signed.rstrip("="),
    "a space inside": lambda signed: signed[:20] + " " + signed[20:],
    "a tab behind": lambda signed: signed + "\t",
    "another last letter": _other_last_letter,
    "the letters of addresses": lambda signed: "-_" + signed[2:],
    "twice": lambda signed: signed + signed,
}

SIGNATURES = (
    Door("W1", "no signature", signature(lambda _: None), platforms=("shopify",)),
    Door("W84", "no signature", signature(lambda _: None), platforms=("woocommerce",)),
    Door("W2", "empty", signature(lambda _: "")),
    Door("W3", "of another body", lambda post: post.signed_as(post.with_body(b"{}").signature)),
    Door("W4", "in hexadecimal", signature(_hexadecimal)),
    *(Door("W5", what, signature(change)) for what, change in _JUNK.items()),
    Door("W6", "keyed with nothing", lambda post: post.signed_by("")),
    Door("W7", "by a revoked secret", lambda post: post.signed_by(REVOKED_SECRET)),
    Door("W8", "by the secret before", lambda post: post.signed_by(OLD_SECRET), 200, ACCEPTED, True, ("shopify",)),
    Door("W9", "byte 0xE9", signature(lambda signed: "\xe9" + signed[1:])),
    Door("W9", "an emoji", signature(lambda _: _latin("😀"))),
    Door("W10", "of 8 KB", signature(lambda signed: signed + "A" * 8_000)),
    Door("W10", "of 20 KB", signature(lambda signed: signed + "A" * 20_000)),
    Door("W11", "two joined, the first right", signature(lambda signed: f"{signed},{'A' * 43}=")),
    Door("W11", "two joined, the second right", signature(lambda signed: f"{'A' * 43}=, {signed}")),
    Door("W11", "the right one twice", signature(lambda signed: f"{signed},{signed}")),
    Door("W13", "one byte appended", lambda post: replace(post, body=post.body + b" ")),
    Door("W13", "one byte less", lambda post: replace(post, body=post.body[:-1])),
    Door("W14", "serialised again", _reserialised),
    Door("W14", "escapes written out", _escaped_otherwise),
)

_NO_SHOP_OF_OURS = tuple(
    Door(row, what, header(SHOP, told), 200, IGNORED, platforms=("shopify",))
    for row, what, told in (
        ("W15", "none", None),
        ("W15", "empty", ""),
        ("W16", "no shop's host", "evil.com"),
        ("W18", "two joined", "row1.myshopify.com,row2.myshopify.com"),
        ("W18", "one twice", "row1.myshopify.com, row1.myshopify.com"),
        ("W19", "nobody we serve", "stranger.myshopify.com"),
        ("W21", "of an evil domain", "row1.myshopify.com.evil.com"),
        ("W21", "with a path", "row1.myshopify.com/admin"),
        ("W21", "with a user", "evil@row1.myshopify.com"),
        ("W21", "with a byte 0xE9", "row\xe9.myshopify.com"),
        ("W21", "of 10 KB", "a" * 10_000 + ".myshopify.com"),
    )
)
SHOPS = (
    *_NO_SHOP_OF_OURS,
    Door("W15", "none, and badly signed", lambda post: header(SHOP, None)(post.signed_by("x")), platforms=("shopify",)),
    Door(
        "W16",
        "evil, and badly signed",
        lambda post: header(SHOP, "evil.com")(post.signed_by("x")),
        platforms=("shopify",),
    ),
    Door(
        "W20",
        "in capitals",
        lambda post: post.but(**{SHOP: post.headers[SHOP].upper()}),
        *(200, ACCEPTED, True, ("shopify",)),
    ),
)

_ODD_TOPICS = {"none": None, "unknown": "products/update", "a path": "../..", "empty": "", "of 10 KB": "order" * 2_000}
TOPICS = (
    *(Door("W22", what, topic(text), 200, IGNORED) for what, text in _ODD_TOPICS.items()),
    Door("W22", "bytes", topic("\xe9\xff"), 200, IGNORED),
    *(Door("W87", text, topic(text), 200, IGNORED) for text in ("coupon.created", "product.updated", "action.wc_x")),
)

ENCODINGS = tuple(
    Door("W31" if what != "br" else "W32", what, header("Content-Encoding", what), 415, ENCODED)
    for what in ("gzip", "GZIP", "deflate", "br", "gzip, identity", "x")
)
_PATHS: dict[str, Callable[[str], str]] = {
    "a slash behind": lambda path: path + "/",
    "two slashes before": lambda path: "/" + path,
    "two slashes inside": lambda path: path.replace("/webhooks/", "/webhooks//"),
    "dots": lambda path: path.replace("/webhooks/", "/webhooks/%2e%2e/webhooks/"),
    "capitals": lambda path: path.upper(),
}
METHODS = ("GET", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "TRACE", "X")
# What comes before the application: no JSON of ours, but never a redirect.
BARE = (
    *(Door("W33", method, asked_with(method), 405) for method in METHODS),
    *(Door("W34", what, at(path), 404) for what, path in _PATHS.items()),
)

KEYS = tuple(
    Door(
        "W91",
        what,
        at(lambda path, key=key: path.rpartition("/")[0] + "/" + key),
        404,
        NOT_FOUND,
        platforms=("woocommerce",),
    )
    for what, key in {
        "another": "0" * 40,
        "no key": "nobody",
        "a NUL": "%00",
        "an emoji": "%F0%9F%91%8B",
        "no UTF-8": "%ff",
        "of 5 KB": "0" * 5_000,
    }.items()
)

_TYPES = {
    "W35": ("", "text/plain", "application/json; charset=utf-16", "x"),
    "W36": ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data"),
}
CONTENT_TYPES = tuple(
    Door(row, what or "none", header("Content-Type", what or None), 200, ACCEPTED, stored=True)
    for row, types in _TYPES.items()
    for what in types
)

DOORS = (*SIGNATURES, *SHOPS, *TOPICS, *ENCODINGS, *KEYS, *CONTENT_TYPES)
