"""The journal by id: of each event that carried one, who told it how often, and what each rider said of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from integration.sandbox.counts import BOTH, BROWSER, SERVER

_SAID = ("value", "currency", "order_id")
_HEARD = {frozenset((SERVER,)): SERVER, frozenset((BROWSER,)): BROWSER, frozenset((SERVER, BROWSER)): BOTH}


def of(events: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One line an id, of events as the journal shows them, in the order the ids were first heard.

    `heard_by` is server, browser or both. Under `server` and `browser` stand `copies` and what the first of them said.
    What was told under a test code is another line, and what carried no id is left out: nobody can pair it.
    """
    lines: dict[tuple[Any, ...], dict[str, Any]] = {}
    for event in events:
        if event["event_id"] is None:
            continue
        key = (event["test"], event["dataset_id"], event["event_name"], event["event_id"])
        line = lines.setdefault(
            key, dict(zip(("test", "dataset_id", "event_name", "event_id"), key, strict=True)) | {"counted": 0}
        )
        rider = line.setdefault(event["source"], {"copies": 0} | {name: event[name] for name in _SAID})
        rider["copies"] += 1
        line["counted"] += event["counted"]
    return [line | {"heard_by": _HEARD[frozenset(line.keys() & {SERVER, BROWSER})]} for line in lines.values()]
