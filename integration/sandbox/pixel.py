"""The browser's half: what fbevents.js or the noscript image would send to /tr, told to the same journal."""

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from integration.sandbox.counts import BROWSER
from integration.sandbox.journal import Visit
from integration.sandbox.replies import Reply
from integration.sandbox.wire import Request, load, read_fields
from integration.sandbox.world import World

_NESTED = re.compile(r"(cd|ud)\[([^\]]+)\]")
_MILLISECONDS = re.compile(r"\d{1,15}")
_GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_COOKIES = ("fbp", "fbc")
_READ = frozenset(("id", "ev", "eid", "dl", *_COOKIES))


def hear(world: World, request: Request) -> Reply:
    """GET or POST /tr: always the image, as the page must never notice. Without `id` and `ev` nothing was told."""
    now = world.clock.now()
    fields = _fields(request)
    dataset_id = fields.get("id", "")
    taken = [read_event(fields, now)] if dataset_id and fields.get("ev") else []
    visit = Visit(at=now, source=BROWSER, dataset_id=dataset_id, test=False, events=len(taken), status=200)
    world.journal.write(visit, taken)
    return Reply(200, _GIF, "image/gif", {"Cache-Control": "no-store"})


def read_event(fields: Mapping[str, str], now: float) -> dict[str, Any]:
    """A Pixel's fields in the shape of a server event, so that the two riders can be held side by side.

    `ts` is in milliseconds; without it the event is of `now` (Unix seconds). What has no place in a server event is
    kept under `pixel`.
    """
    event: dict[str, Any] = {
        "event_name": fields["ev"],
        "event_id": fields.get("eid") or None,
        "event_time": int(fields["ts"]) // 1000 if _MILLISECONDS.fullmatch(fields.get("ts", "")) else int(now),
        "event_source_url": fields.get("dl"),
        "user_data": {key: fields[key] for key in _COOKIES if fields.get(key)},
        "custom_data": {},
        "pixel": {},
    }
    rooms = {"ud": event["user_data"], "cd": event["custom_data"]}
    for name, value in fields.items():
        nested = _NESTED.fullmatch(name)
        if nested:
            rooms[nested[1]][nested[2]] = _read(value)
        elif name not in _READ:
            event["pixel"][name] = value
    return event


def _fields(request: Request) -> dict[str, str]:
    """Of the address, and of the form that long events are sent by."""
    posted = {name: value for name, value in read_fields(request).items() if isinstance(value, str)}
    return {**dict(parse_qsl(request.query, keep_blank_values=True)), **posted}


def _read(value: str) -> Any:
    """Lists and objects travel as JSON; numbers stay the text they were."""
    content = load(value) if value[:1] in ("[", "{") else None
    return value if content is None else content
