"""What does not leave in time: the merchant is told after 24 hours, 72 hours and 6 days, and at 7 days it ends."""

from collections import Counter
from datetime import datetime, timedelta

from integration.db import Connection, Engine, alerts, late, transact
from integration.db import now as database_now
from integration.db.late import Late
from integration.pipeline.dispatch import OLDER_THAN_META_TAKES
from integration.pipeline.schedule import TOO_OLD

# The kinds of the alerts, and how old an event must be.
NOTICES = {
    "late_24_hours": timedelta(hours=24),
    "late_72_hours": timedelta(hours=72),
    "late_6_days": timedelta(days=6),
}
EXPIRED = "expired"
_SPOKEN = {"late_24_hours": "24 hours", "late_72_hours": "72 hours", "late_6_days": "6 days"}
# An old event that came in just now is not late: it may leave any second.
_GRACE = timedelta(hours=1)


def look(engine: Engine) -> None:
    """End what is too old and bring the notices up to date; to be done about once a minute. Raises Unavailable."""
    transact(engine, _look)


def _look(connection: Connection) -> None:
    now = database_now(connection)
    over = Counter(late.expire(connection, happened_before=now - TOO_OLD, reason=OLDER_THAN_META_TAKES))
    for store_id, number in sorted(over.items()):
        alerts.raise_one(connection, store_id=store_id, kind=EXPIRED, sentence=ended(number), at=now)
    for kind, age in NOTICES.items():
        found = late.overdue(connection, happened_before=now - age, received_before=now - _GRACE)
        _notify(connection, kind, found, now)


def _notify(connection: Connection, kind: str, found: list[Late], now: datetime) -> None:
    for one in found:
        sentence = notice(one.number, _SPOKEN[kind], one.reason)
        alerts.keep(connection, store_id=one.store_id, kind=kind, sentence=sentence, at=now)
    alerts.clear_others(connection, kind=kind, besides=[one.store_id for one in found])


def notice(number: int, age: str, reason: str | None) -> str:
    """The sentence the merchant reads. `reason`: why one of the events waits, if that is known."""
    what = "1 event has" if number == 1 else f"{number} events have"
    why = f" ({reason.rstrip('.')})" if reason else ""
    return f"{what} not reached Meta for more than {age}{why}. Nothing is lost yet; Meta takes none older than 7 days."


def ended(number: int) -> str:
    """The sentence for what came too late."""
    what = "1 event was" if number == 1 else f"{number} events were"
    return f"{what} not told to Meta within the 7 days it takes, and will not be any more."
