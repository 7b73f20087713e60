"""Platforms as they send: Shopify tries again for hours, here in seconds; WooCommerce sends once and never again.

Facts: Shopify gives 1 s to connect and 5 s in all, and 8 retries to whatever is not a 2xx; WooCommerce has no retry
(facts of the platforms, each in its connector's README).
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import urllib3
from urllib3.exceptions import HTTPError

# Four hours in half a minute.
WAITS = {"shopify": (0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0), "woocommerce": ()}
BEFORE_SHOPIFY_CUTS = 4.5
BROKEN = "broken"  # no answer: refused, reset, or none within 5 seconds

_TIMES = urllib3.Timeout(connect=1.0, total=5.0)
_TAKEN = frozenset({"accepted", "duplicate"})


class Promise(NamedTuple):
    """What must be told to Meta, once, where a webhook was taken."""

    dataset_id: str
    event_name: str
    event_id: str


class Try(NamedTuple):
    """One request. `answer` is the status code and, of a 200, its word; or BROKEN. Times in seconds since 1970."""

    at: float
    seconds: float
    answer: str
    retry_after: str | None = None


@dataclass(frozen=True)
class Webhook:
    """One notification, signed: what is sent, and to which path of our service."""

    platform: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    promises: tuple[Promise, ...] = ()


@dataclass
class Record:
    """A webhook as its sender remembers it."""

    webhook: Webhook
    tries: list[Try] = field(default_factory=list)

    @property
    def taken(self) -> Try | None:
        """The try that was answered 200, if one was."""
        return next((one for one in self.tries if one.answer.startswith("200")), None)

    @property
    def wait(self) -> float | None:
        """Seconds until the platform's next try; None where it has none left, or needs none."""
        waits = WAITS[self.webhook.platform]
        return None if self.taken or len(self.tries) > len(waits) else waits[len(self.tries) - 1]


def attempt(url: str, record: Record) -> Try:
    """One request, on a connection of its own; noted in the record."""
    webhook, at, begun = record.webhook, time.time(), time.monotonic()
    retry_after = None
    # A pool for each: what one try did to its connection must not befall the next.
    with urllib3.PoolManager(retries=False, timeout=_TIMES) as pool:
        try:
            response = pool.request("POST", url + webhook.path, body=webhook.body, headers=dict(webhook.headers))
            answer, retry_after = _worded(response.status, response.data), response.headers.get("Retry-After")
        except HTTPError:
            answer = BROKEN
    done = Try(at, time.monotonic() - begun, answer, retry_after)
    record.tries.append(done)
    return done


def _worded(status: int, body: bytes) -> str:
    if status != 200:
        return str(status)
    word = json.loads(body)["status"]
    return "200" if word in _TAKEN else f"200 {word}"


def send(webhook: Webhook, where: Callable[[], str]) -> Record:
    """Send it as its platform does, until it is taken or given up; `where` gives the address of each try."""
    record = Record(webhook)
    attempt(where(), record)
    while (wait := record.wait) is not None:
        time.sleep(wait)
        attempt(where(), record)
    return record


def answers(records: Iterable[Record]) -> set[str]:
    """All that were given to them."""
    return {one.answer for record in records for one in record.tries}


def asked_to_come_again(records: Iterable[Record]) -> None:
    """The last answer to each was 503, with a time to wait, before the platform would have cut it off."""
    for record in records:
        last = record.tries[-1]
        assert last.answer == "503", record.tries
        assert int(last.retry_after or 0) > 0
        assert last.seconds < BEFORE_SHOPIFY_CUTS
