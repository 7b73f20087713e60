"""Sending webhooks: one after the other, on a thread of its own, as Shopify words them."""

import http.client
import ipaddress
import json
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import SimpleQueue
from threading import Condition, Thread
from typing import Any
from urllib.parse import urlsplit

from connectors.shopify.standin.journal import Journal
from connectors.shopify.standin.signing import body_signature

API_VERSION = "2026-10"
SECONDS = 5.0  # for each wait on the line; Shopify means all of it together, and gives the connection one
RETRY_AFTER = 0.2  # Shopify's first retry comes much later; the stand-in has no hours


@dataclass(frozen=True, slots=True)
class Letter:
    """One webhook to one address. Its headers were made when it was written, so a retry repeats them."""

    topic: str
    shop: str
    address: str
    body: bytes
    headers: dict[str, str]


def letter(topic: str, shop: str, address: str, content: Any, secret: str, event_id: str) -> Letter:
    """A signed webhook. `event_id` is the same for all that one action of the merchant's or buyer's sets off."""
    body = content if isinstance(content, bytes) else json.dumps(content, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "tandem-stand-in",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": body_signature(body, secret),
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-API-Version": API_VERSION,
        "X-Shopify-Webhook-Id": str(uuid.uuid4()),
        "X-Shopify-Event-Id": event_id,
        "X-Shopify-Triggered-At": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z",
    }
    return Letter(topic, shop, address, body, headers)


class Postman:
    """Keeps the order of what it was given. A 503 is tried once more; every attempt is in the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._letters: SimpleQueue[Letter] = SimpleQueue()
        self._waiting = 0
        self._settled = Condition()
        Thread(target=self._walk, daemon=True).start()

    def take(self, one: Letter) -> None:
        """Send it, soon."""
        with self._settled:
            self._waiting += 1
        self._letters.put(one)

    def waiting(self) -> int:
        """How many are not yet answered."""
        with self._settled:
            return self._waiting

    def settle(self, seconds: float) -> bool:
        """Wait until none waits; whether that came about in time."""
        with self._settled:
            return self._settled.wait_for(lambda: self._waiting == 0, seconds)

    def _walk(self) -> None:
        while True:
            one = self._letters.get()
            try:
                if self._deliver(one) == 503:
                    time.sleep(RETRY_AFTER)
                    self._deliver(one)
            finally:
                with self._settled:
                    self._waiting -= 1
                    self._settled.notify_all()

    def _deliver(self, one: Letter) -> int | None:
        status, answer = _post(one)
        self._journal.sent(one.topic, one.shop, one.address, one.headers["X-Shopify-Webhook-Id"], status, answer)
        return status


def _post(one: Letter) -> tuple[int | None, str]:
    parts = urlsplit(one.address)
    if not _is_loopback(parts.hostname or ""):
        return None, "not sent: the stand-in sends to loopback only"
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = connect(parts.hostname or "", parts.port, timeout=SECONDS)
        try:
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path or "/", one.body, one.headers)
            response = connection.getresponse()
            return response.status, response.read(1000).decode("utf-8", "replace")
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        return None, f"no answer: {type(error).__name__}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
