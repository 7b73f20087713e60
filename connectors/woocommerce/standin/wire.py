"""One request, one reply, and the shapes a reply may have."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from http.cookies import SimpleCookie
from typing import Any

from connectors.woocommerce.standin import php

JSON = "application/json; charset=UTF-8"
HTML = "text/html; charset=UTF-8"


class Ending(Enum):
    """What becomes of the connection once a reply is due."""

    KEEP = "answer, and stay open"
    CLOSE = "say nothing and close"
    RESET = "say nothing and reset"
    DRIP = "answer, a piece at a time"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; header names in lower case, path and query as they came. `secure`: is_ssl() is true."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    secure: bool = False

    def asked(self) -> dict[str, str]:
        """$_GET."""
        return php.query_of(self.query)

    def form(self) -> dict[str, str]:
        """$_POST."""
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return php.query_of(self.body.decode("utf-8", "replace"))
        return {}

    def fields(self) -> dict[str, Any]:
        """The fields of a body in JSON or urlencoded form; none if it cannot be read."""
        try:
            content = json.loads(self.body)
        except (ValueError, RecursionError):
            return dict(self.form())
        return content if isinstance(content, dict) else {}

    def cookie(self, name: str) -> str:
        """A cookie's value, or nothing."""
        found = SimpleCookie(self.headers.get("cookie", "")).get(name)
        return found.value if found else ""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, and how badly it goes out. `delay` in seconds: before it, or all over it where it drips."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    ending: Ending = Ending.KEEP


def answered(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """`content` as WordPress writes JSON."""
    return Reply(status, php.to_json(content), headers=headers or {})


def sent_to(address: str, headers: Mapping[str, str] | None = None) -> Reply:
    """A redirect, as wp_redirect makes it."""
    return Reply(302, b"", HTML, {"Location": php.raw_url(address), "X-Redirect-By": "WordPress", **(headers or {})})


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title} - stand-in</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/_standin/static/standin.css"></head>
<body><p class="notice" role="note">A stand-in for a WooCommerce store, on this machine only. Nothing here is for sale.</p>
<main>{content}</main></body></html>
"""


def page(title: str, content: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A page that says what it is. `title` is text, `content` is HTML."""
    whole = _PAGE.format(title=php.escaped(title), content=content)
    return Reply(status, whole.encode(), HTML, {"Cache-Control": "no-store", **(headers or {})})
