"""The record of everything that was said, written before anything is answered, and counted as Meta counts.

Meta drops a later copy of (dataset, event_name, event_id) for 48 hours from the first copy it received, whoever sent
either; after that it counts again. An event without an id always counts: Meta's second method, by external_id or fbp,
works only "generally", so nobody may rest on it here. Events told under a test code are counted apart.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from sys import intern
from threading import Lock
from typing import Any, NamedTuple

from integration.sandbox import payloads
from integration.sandbox.counts import Tally
from integration.sandbox.rules import is_number

WINDOW_SECONDS = 48 * 3_600

Counts = dict[str, dict[str, Any]]


class Visit(NamedTuple):
    """One call, as it came and as it was answered. `status` None: the connection broke instead.

    `position` is the event, from 0, that made the batch refused. `events` is how many the call held.
    """

    at: float
    source: str
    dataset_id: str
    test: bool
    events: int
    status: int | None
    code: int | None = None
    subcode: int | None = None
    position: int | None = None
    fault: str | None = None
    version: str | None = None
    token_sha256: str | None = None
    partner_agent: str | None = None


class Told(NamedTuple):
    """One event, in its own words. `value` in major units of `currency`."""

    event_name: str
    event_id: str | None
    event_time: int
    value: float | None
    currency: str | None
    order_id: str | None


class Entry(NamedTuple):
    """One event that was taken. `call` and `position` say which of which call; `duplicate_of` is a `number`."""

    number: int
    call: int
    position: int
    counted: bool
    duplicate_of: int | None
    told: Told


@dataclass(slots=True)
class _First:
    """The first copy inside its window, and from whom copies were heard."""

    at: float
    number: int
    heard: str


class Journal:
    """Safe for many threads. With `keep_payloads` off only the words of `Told` stay."""

    def __init__(self, *, keep_payloads: bool = True) -> None:
        self._lock = Lock()
        self._keep_payloads = keep_payloads
        self._clear()

    def _clear(self) -> None:
        self._visits: list[Visit] = []
        self._entries: list[Entry] = []
        self._packed: list[bytes | None] = []
        self._firsts: dict[tuple[bool, str, str, str], _First] = {}
        self._tallies: dict[tuple[bool, str, str], Tally] = defaultdict(Tally)

    def reset(self) -> None:
        """Forget everything, deduplication included."""
        with self._lock:
            self._clear()

    def write(self, visit: Visit, taken: list[dict[str, Any]]) -> None:
        """Record a call and the events of it that were taken (none, if it was refused)."""
        packed = payloads.pack(taken) if taken and self._keep_payloads else None
        told = [read_told(event) for event in taken]
        with self._lock:
            self._visits.append(visit)
            self._packed.append(packed)
            for position, each in enumerate(told):
                self._enter(visit, position, each)

    def _enter(self, visit: Visit, position: int, told: Told) -> None:
        number = len(self._entries) + 1
        tally = self._tallies[visit.test, visit.dataset_id, told.event_name]
        first = self._first(visit, told)
        if first is None:
            tally.count(visit.source, told.value, told.currency)
            self._remember(visit, told, number)
        else:
            first.heard = tally.repeat(visit.source, first.heard)
        duplicate_of = None if first is None else first.number
        self._entries.append(Entry(number, len(self._visits), position, first is None, duplicate_of, told))

    def _first(self, visit: Visit, told: Told) -> _First | None:
        if told.event_id is None:
            return None
        first = self._firsts.get((visit.test, visit.dataset_id, told.event_name, told.event_id))
        return None if first is None or visit.at - first.at >= WINDOW_SECONDS else first

    def _remember(self, visit: Visit, told: Told, number: int) -> None:
        if told.event_id is not None:
            key = (visit.test, visit.dataset_id, told.event_name, told.event_id)
            self._firsts[key] = _First(visit.at, number, visit.source)

    def read(self, dataset_id: str | None = None, *, with_payloads: bool = True) -> dict[str, Any]:
        """Calls and events, oldest first, of one dataset or of all. `payload` is null where none was kept."""
        with self._lock:
            visits, entries, packed = list(self._visits), list(self._entries), list(self._packed)
        wanted = [dataset_id in (None, visit.dataset_id) for visit in visits]
        calls = [
            {"number": number, **visit._asdict()} for number, visit in enumerate(visits, start=1) if wanted[number - 1]
        ]
        kept = packed if with_payloads else [None] * len(packed)
        chosen = (entry for entry in entries if wanted[entry.call - 1])
        return {"requests": calls, "events": list(_shown(chosen, visits, kept))}

    def counts(self, dataset_id: str | None = None) -> dict[str, Counts]:
        """Sums by dataset and event name; what came under a test code apart, as `test_datasets`."""
        shown: dict[str, Counts] = {"datasets": {}, "test_datasets": {}}
        with self._lock:
            for (test, dataset, event_name), tally in self._tallies.items():
                if dataset_id in (None, dataset):
                    room = shown["test_datasets" if test else "datasets"]
                    room.setdefault(dataset, {})[event_name] = tally.shown()
        return shown


def _shown(
    entries: Iterator[Entry], visits: Sequence[Visit], packed: Sequence[bytes | None]
) -> Iterator[dict[str, Any]]:
    """Entries for JSON. The events of a call lie together, so that each pack is opened once."""
    opened: tuple[int, list[Any]] = (0, [])
    for entry in entries:
        visit, pack = visits[entry.call - 1], packed[entry.call - 1]
        if pack is not None and opened[0] != entry.call:
            opened = (entry.call, payloads.unpack(pack))
        yield {
            "number": entry.number,
            "request": entry.call,
            "dataset_id": visit.dataset_id,
            "source": visit.source,
            "received_at": visit.at,
            "test": visit.test,
            "counted": entry.counted,
            "duplicate_of": entry.duplicate_of,
            **entry.told._asdict(),
            "payload": None if pack is None else opened[1][entry.position],
        }


def read_told(event: dict[str, Any]) -> Told:
    """The words of an event that was judged good, or was made from the Pixel's wire form."""
    custom = event.get("custom_data") or {}
    currency, order_id = custom.get("currency"), custom.get("order_id")
    return Told(
        event_name=intern(event["event_name"]),
        event_id=event.get("event_id"),
        event_time=event["event_time"],
        value=_number(custom.get("value")),
        currency=intern(currency.upper()) if isinstance(currency, str) else None,
        order_id=None if order_id is None else str(order_id),
    )


def _number(value: Any) -> float | None:
    if not is_number(value):
        return None
    return float(value) if isinstance(value, str) else value
