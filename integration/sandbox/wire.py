"""Reading what came over the wire: a call to the events edge, in each of the forms Graph takes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Any, Never
from urllib.parse import parse_qsl

_BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; header names in lower case, the query without its question mark."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """A call to POST /{version}/{dataset_id}/events; `version` None if it named none.

    `batch` is whatever stood under `data`, still to be judged.
    """

    version: str | None
    dataset_id: str
    token: str | None
    batch: Any
    test_event_code: str | None
    partner_agent: str | None

    def event_ids(self) -> frozenset[str]:
        """The ids of its events, as far as they have any."""
        events = self.batch if isinstance(self.batch, list) else []
        ids = (event.get("event_id") for event in events if isinstance(event, dict))
        return frozenset(each for each in ids if isinstance(each, str))


def read_call(request: Request, version: str | None, dataset_id: str) -> Call:
    """The call in `request`. Never fails: what cannot be read is a call without data."""
    query, fields = dict(parse_qsl(request.query)), read_fields(request)
    return Call(
        version=version,
        dataset_id=dataset_id,
        token=_text(fields.get("access_token")) or query.get("access_token") or _bearer(request.headers),
        batch=_unwrapped(fields.get("data")),
        test_event_code=_text(fields.get("test_event_code")),
        partner_agent=_text(fields.get("partner_agent")),
    )


def read_fields(request: Request) -> Mapping[str, Any]:
    """The fields of a body in JSON, urlencoded or multipart form; none if it cannot be read."""
    content_type = request.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    if kind == "multipart/form-data":
        return _parts(content_type, request.body)
    content = load(request.body)
    return content if isinstance(content, dict) else {}


def load(text: str | bytes) -> Any:
    """The JSON value in `text`, None if it is not JSON. NaN and Infinity are not JSON, though Python reads them."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None


def _refuse_constant(name: str) -> Never:
    raise ValueError(name)


def _unwrapped(data: Any) -> Any:
    """Forms carry `data` as text, and Meta's own SDK each event as text inside it."""
    batch = load(data) if isinstance(data, str) else data
    if not isinstance(batch, list):
        return batch
    return [load(event) if isinstance(event, str) else event for event in batch]


def _parts(content_type: str, body: bytes) -> dict[str, str]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = message_from_bytes(head + body, policy=policy.HTTP)
    named = ((part.get_param("name", header="content-disposition"), part) for part in message.iter_parts())
    return {name: _content(part.get_payload(decode=True)) for name, part in named if isinstance(name, str)}


def _content(payload: Any) -> str:
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _bearer(headers: Mapping[str, str]) -> str | None:
    given = headers.get("authorization", "")
    return given[len(_BEARER) :].strip() if given.lower().startswith(_BEARER) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
