"""One request, one reply, and the shapes a reply may have."""

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl


class Ending(Enum):
    """What becomes of the connection once a reply is due."""

    KEEP = "answer, and stay open"
    CLOSE = "say nothing and close"
    RESET = "say nothing and reset"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; header names in lower case, the query without its question mark."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    def asked(self) -> dict[str, str]:
        """The query's parameters, the last of each name."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def fields(self) -> dict[str, Any]:
        """The fields of a body in JSON or urlencoded form; none if it cannot be read."""
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))
        try:
            content = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, and how badly it goes out. `delay` in seconds."""

    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    ending: Ending = Ending.KEEP


def answered(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """`content` as JSON."""
    return Reply(status, json.dumps(content).encode(), headers=headers or {})


def sent_to(address: str) -> Reply:
    """A redirect."""
    return Reply(302, headers={"Location": address})


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title} - stand-in</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/_standin/static/standin.css"></head>
<body><p class="notice" role="note">A stand-in for Shopify, on this machine only. Nothing here reaches Shopify.</p>
<main>{content}</main></body></html>
"""


def page(title: str, content: str, status: int = 200) -> Reply:
    """A page that says what it is. `title` is text, `content` is HTML."""
    whole = _PAGE.format(title=html.escape(title), content=content)
    return Reply(status, whole.encode(), "text/html; charset=utf-8", {"Cache-Control": "no-store"})
