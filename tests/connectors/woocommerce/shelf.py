"""A shelf of orders that answers `GET orders` as WooCommerce does, and on which orders change while they are read.

What it must do alike was read in WooCommerce's source and recorded: bounds are exclusive and in whole seconds, `any`
leaves the bin out, orders that cannot be read take up room on a page and are left out of it.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import cycle

from connectors.woocommerce import feed

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Kept:
    """An order on the shelf; its total is how often it changed. `ghost`: counted, and left out."""

    id: int
    changed: datetime
    status: str = "processing"
    total: int = 1
    ghost: bool = False

    def told(self):
        at = f"{self.changed:%Y-%m-%dT%H:%M:%S}"
        own = {"id": self.id, "status": self.status, "total": str(self.total)}
        return own | {"date_created_gmt": "2026-11-01T08:00:00", "date_modified_gmt": at}


@dataclass
class Shelf:
    """`counts`: whether its answers carry X-WP-TotalPages. `asked` is what was asked, question by question."""

    orders: dict[int, Kept] = field(default_factory=dict)
    counts: bool = True
    asked: list[dict[str, str]] = field(default_factory=list)

    def put(self, *ids, at=NOON, **more):
        self.orders.update({one: Kept(one, at, **more) for one in ids})
        return self

    def change(self, order_id, at, **more):
        before = self.orders[order_id]
        self.orders[order_id] = replace(before, changed=at, total=before.total + 1, **more)

    def answer(self, asked):
        self.asked.append(asked)
        assert asked["dates_are_gmt"] == "true"
        assert asked["order"] == "asc"
        found = [one for one in self.orders.values() if (one.status == "trash") == (asked["status"] == "trash")]
        found = [one for one in found if one.changed > _time(asked["modified_after"])]
        if "modified_before" in asked:
            found = [one for one in found if one.changed < _time(asked["modified_before"])]
        found.sort(key=lambda one: one.id if asked["orderby"] == "id" else (one.changed, -one.id))
        start, size = int(asked.get("offset", 0)), int(asked["per_page"])
        shown = [one.told() for one in found[start : start + size] if not one.ghost]
        return json.dumps(shown).encode(), -(-len(found) // size) if self.counts else None

    def read(self, since=NOON, meanwhile=lambda: None, sizes=(100,)):
        """All that is told, `meanwhile` being called between any two questions, each for as many as the next of `sizes`."""
        told, cursor, most = [], None, cycle(sizes)
        for _ in range(1_000):
            size = next(most)
            body, pages = self.answer(feed.query(since, cursor, size))
            changes = feed.changes(body, since, cursor, pages, size)
            told += changes.told
            cursor = changes.cursor
            if cursor is None:
                return told
            meanwhile()
        raise AssertionError("The reading does not end.")


def _time(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def after(seconds):
    """A time so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)
