"""The one client to the Graph API: `POST /{version}/{dataset}/events`, one call, one answer, never an exception."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import urllib3
from urllib3.exceptions import HTTPError

from integration.meta import errors, usage
from integration.meta.deadline import pool_manager, within
from integration.meta.event import MAX_BATCH

# Names our platform with every request; Meta asks for fewer than 23 characters and two letters.
PARTNER_AGENT = "tandem_0_1"
__all__ = ["MAX_BATCH", "PARTNER_AGENT", "GraphClient"]

_CONNECT_SECONDS = 3.0
_TOTAL_SECONDS = 15.0
_MAX_REPLY = 1024 * 1024
_CHUNK = 64 * 1024


class GraphClient:
    """Keeps connections open between calls; safe for many threads."""

    def __init__(self, base_url: str, version: str, *, connections: int = 64) -> None:
        """`base_url` like https://graph.facebook.com, `version` like v26.0."""
        self._base = f"{base_url}/{version}"
        # No proxies from the environment and no redirects: the token goes to this host and nowhere else.
        self._pool = pool_manager(connections=connections)

    def send(
        self, dataset_id: str, token: str, events: Sequence[bytes], *, test_event_code: str | None = None
    ) -> errors.Answer:
        """Tell up to MAX_BATCH events, each a JSON object, to a dataset within 15 seconds, the answer read to its end
        included.

        The token travels in the body: addresses end up in logs.
        """
        data = [msgspec.Raw(event) for event in events]
        told: dict[str, Any] = {"data": data, "access_token": token, "partner_agent": PARTNER_AGENT}
        if test_event_code:
            told["test_event_code"] = test_event_code
        deadline = time.monotonic() + _TOTAL_SECONDS
        body = msgspec.json.encode(told)
        with within(_TOTAL_SECONDS) as call:
            try:
                return self._post(f"{self._base}/{dataset_id}/events", body, len(events), deadline)
            except (HTTPError, OSError):
                return errors.unknown() if call.begun else errors.not_sent()

    def _post(self, url: str, body: bytes, sent: int, deadline: float) -> errors.Answer:
        response = self._pool.request(
            "POST",
            url,
            body=body,
            headers={"Content-Type": "application/json", "User-Agent": "Tandem/0.1"},
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_TOTAL_SECONDS),
            redirect=False,
            preload_content=False,
        )
        try:
            text = _read(response, deadline)
        finally:
            response.release_conn() if response.closed else response.close()
        if text is None:
            return errors.unknown()
        answer = errors.from_reply(response.status, _decoded(text), sent=sent, retry_after=_seconds(response.headers))
        return replace(answer, rest=usage.rest_seconds(response.headers))


def _read(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes | None:
    """The whole answer; None where it is too long or drips in too slowly."""
    text = b""
    for chunk in response.stream(_CHUNK):
        text += chunk
        if len(text) > _MAX_REPLY or time.monotonic() > deadline:
            return None
    return text


def _decoded(text: bytes) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _seconds(headers: urllib3.HTTPHeaderDict) -> float | None:
    """Retry-After in seconds, where Meta or a proxy before it sends one; undocumented for this API."""
    given = headers.get("Retry-After", "")
    return min(float(given), 3_600.0) if given.isascii() and given.isdigit() else None
