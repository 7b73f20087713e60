"""What Graph answers, in its shapes. The texts are our own: Meta's are localised, and nobody may read meaning from them.

Which keys an error carries depends on its kind: a dead token brings four, an object that cannot be reached also the
subcode, a refused event all eight.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

# HTTP statuses seen with a code, where it is not 400. 17 and 3 were also seen with 500, throttling also with 403 and 429.
_STATUS = {1: 500, 2: 503, 10: 403, 190: 401, 200: 403, 803: 404}
_REACHING = {(100, 33), (100, 34), (100, 38), (3, 10)}  # seen with type GraphMethodException
_FULL_FROM = 1_000_000  # subcodes as long as 2804003 come with is_transient and the two texts for people


class Ending(Enum):
    """What becomes of the connection once a reply is due."""

    KEEP = "answer, and stay open"
    CLOSE = "say nothing and close"
    RESET = "say nothing and reset"
    HALF = "send half of the body, then reset"


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, and how badly it goes out. `delay` in seconds; `error` is what the body says, for the journal."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    ending: Ending = Ending.KEEP
    error: "GraphError | None" = None


@dataclass(frozen=True, slots=True)
class GraphError:
    """One error of Graph; a key whose value is None is not in the body."""

    code: int
    subcode: int | None = None
    status: int = 400
    kind: str = "OAuthException"
    message: str = "Invalid parameter"
    title: str | None = None
    advice: str | None = None
    transient: bool | None = None

    def body(self) -> dict[str, Any]:
        """The JSON object under `error`."""
        keys = {
            "message": self.message,
            "type": self.kind,
            "code": self.code,
            "error_subcode": self.subcode,
            "is_transient": self.transient,
            "error_user_title": self.title,
            "error_user_msg": self.advice,
            "fbtrace_id": _trace_id(),
        }
        return {key: value for key, value in keys.items() if value is not None}


def invalid(advice: str, subcode: int | None = None, title: str = "The server event cannot be used") -> GraphError:
    """An event or batch refused with code 100. Without a subcode where none is documented."""
    return GraphError(100, subcode, title=title, advice=advice, transient=False)


def scripted(
    code: int, subcode: int | None, *, status: int | None, transient: bool | None, message: str | None
) -> GraphError:
    """Any error, in the shape and with the HTTP status it was seen with, unless told otherwise."""
    full = subcode is not None and subcode >= _FULL_FROM
    return GraphError(
        code,
        subcode,
        status=status or _STATUS.get(code, 400),
        kind="GraphMethodException" if (code, subcode) in _REACHING else "OAuthException",
        message=message or f"(#{code}) Scripted by the sandbox",
        title="Scripted" if full else None,
        advice="The sandbox was told to answer this." if full else None,
        transient=False if full and transient is None else transient,
    )


def accepted(count: int) -> Reply:
    """Success: how many events were taken."""
    return answered({"events_received": count, "messages": [], "fbtrace_id": _trace_id()})


def refused(error: GraphError) -> Reply:
    """Failure, in Graph's one shape."""
    return replace(answered({"error": error.body()}, error.status), error=error)


def answered(content: Any, status: int = 200) -> Reply:
    """`content` as JSON."""
    return Reply(status, json.dumps(content).encode())


def _trace_id() -> str:
    return "A" + secrets.token_urlsafe(16)
