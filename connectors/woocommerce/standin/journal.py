"""The record of what was asked and what was sent, with every key and secret cut."""

import json
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl

_SECRET_KEYS = frozenset(
    {"secret", "consumer_secret", "consumer_key", "oauth_consumer_key", "oauth_signature", "password", "wc_auth_nonce"}
)
_KEY = re.compile(r"\b(ck|cs)_[0-9a-f]+")
CUT = "(cut)"
KEPT = 20_000  # of each; a demo may run for weeks


@dataclass(frozen=True, slots=True)
class Sent:
    """One attempt to tell somebody something. `status` None: there was no answer, and `answer` says why.

    `kind` is delivery, ping, keys, checkout or call; `about` the id in it, and the status an order had in the body.
    """

    kind: str
    address: str
    status: int | None
    answer: str
    at: float
    seconds: float
    topic: str | None = None
    webhook_id: int | None = None
    delivery_id: str | None = None
    about: Mapping[str, Any] | None = None


class Journal:
    """Safe for many threads; oldest first, and the oldest go."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._sent: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def asked(self, method: str, route: str, query: str, status: int | None, body: bytes) -> None:
        """A request to the store, but for its shop pages. `status` None: the connection broke instead."""
        told = {key: value for key, value in parse_qsl(query, keep_blank_values=True) if not key.startswith("oauth_")}
        entry = {"method": method, "route": route, "query": _cut(told), "status": status, "body": _cut(_read(body))}
        with self._lock:
            self._requests.append(entry)

    def sent(self, one: Sent) -> None:
        """Something was told, or could not be."""
        with self._lock:
            self._sent.append(_cut(asdict(one)))

    def shown(self) -> dict[str, Any]:
        """For JSON."""
        with self._lock:
            return {"requests": list(self._requests), "sent": list(self._sent)}

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._requests.clear()
            self._sent.clear()


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
    return _KEY.sub(CUT, told) if isinstance(told, str) else told
