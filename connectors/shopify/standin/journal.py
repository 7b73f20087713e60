"""The record of what was asked and what was sent, with every token cut."""

import json
import re
from collections import deque
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl

_SECRET_KEYS = frozenset(
    {"access_token", "refresh_token", "client_secret", "subject_token", "code", "id_token", "hmac"}
)
_TOKEN = re.compile(r"shp(at|rt)_[0-9a-f]+")
CUT = "(cut)"
KEPT = 20_000  # of each; a demo may run for weeks


class Journal:
    """Safe for many threads; oldest first, and the oldest go."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._webhooks: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def asked(self, method: str, path: str, operation: str | None, status: int | None, body: bytes) -> None:
        """A request of the app's. `status` None: the connection broke instead."""
        entry = {"method": method, "path": path, "operation": operation, "status": status, "body": _cut(_read(body))}
        with self._lock:
            self._requests.append(entry)

    def sent(self, topic: str, shop: str, address: str, webhook_id: str, status: int | None, answer: str) -> None:
        """One attempt to deliver a webhook. `status` None: there was no answer, and `answer` says why."""
        entry = {
            "topic": topic,
            "shop": shop,
            "address": address,
            "webhook_id": webhook_id,
            "status": status,
            "answer": answer,
        }
        with self._lock:
            self._webhooks.append(entry)

    def shown(self) -> dict[str, Any]:
        """For JSON."""
        with self._lock:
            return {"requests": list(self._requests), "webhooks": list(self._webhooks)}

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._requests.clear()
            self._webhooks.clear()


def _read(body: bytes) -> Any:
    text = body.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pairs = parse_qsl(text)
        return dict(pairs) if pairs else text


def _cut(told: Any) -> Any:
    if isinstance(told, dict):
        return {key: CUT if key in _SECRET_KEYS and value else _cut(value) for key, value in told.items()}
    if isinstance(told, list):
        return [_cut(each) for each in told]
    return _TOKEN.sub(CUT, told) if isinstance(told, str) else told
