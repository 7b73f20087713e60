"""The one client to the Graph API, above all `POST /{version}/{dataset}/events`: one call, one answer, no exception."""

import time
from collections.abc import Mapping, Sequence
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
        self,
        dataset_id: str,
        token: str,
        events: Sequence[bytes],
        *,
        test_event_code: str | None = None,
        seconds: float = _TOTAL_SECONDS,
    ) -> errors.Answer:
        """Tell up to MAX_BATCH events, each a JSON object, to a dataset within 15 seconds (or `seconds`), the answer read
        to its end included.

        The token travels in the body: addresses end up in logs.
        """
        data = [msgspec.Raw(event) for event in events]
        told: dict[str, Any] = {"data": data, "access_token": token, "partner_agent": PARTNER_AGENT}
        if test_event_code:
            told["test_event_code"] = test_event_code
        body = msgspec.json.encode(told)
        with within(seconds) as call:
            try:
                return self._post(f"{self._base}/{dataset_id}/events", body, len(events), seconds)
            except (HTTPError, OSError):
                return errors.unknown() if call.begun else errors.not_sent()

    def read(self, node: str, token: str, fields: str, *, seconds: float) -> Mapping[str, Any] | None:
        """These fields of one of Meta's objects, or None where there is no answer that says them.

        A reading call has no body, so the token travels in a header.
        """
        with within(seconds):
            try:
                url = f"{self._base}/{node}?fields={fields}"
                response, text = self._ask("GET", url, None, {"Authorization": f"Bearer {token}"}, seconds)
            except (HTTPError, OSError):
                return None
        told = _decoded(text or b"")
        return told if response.status == 200 and isinstance(told, Mapping) else None

    def _post(self, url: str, body: bytes, sent: int, seconds: float) -> errors.Answer:
        response, text = self._ask("POST", url, body, {"Content-Type": "application/json"}, seconds)
        if text is None:
            return errors.unknown()
        answer = errors.from_reply(response.status, _decoded(text), sent=sent, retry_after=_seconds(response.headers))
        return replace(answer, rest=usage.rest_seconds(response.headers))

    def _ask(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], seconds: float
    ) -> tuple[urllib3.BaseHTTPResponse, bytes | None]:
        """An answer and its whole text. Raises HTTPError or OSError."""
        deadline = time.monotonic() + seconds
        response = self._pool.request(
            method,
            url,
            body=body,
            headers={"User-Agent": "Tandem/0.1", **headers},
            timeout=urllib3.Timeout(connect=min(_CONNECT_SECONDS, seconds), read=seconds),
            redirect=False,
            preload_content=False,
        )
        try:
            return response, _read(response, deadline)
        finally:
            response.release_conn() if response.closed else response.close()


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
