"""How long Shopify wants us to wait. Pure; all times in seconds.

Each pair of app and shop has a bucket of points; a query takes out what it may cost at most, and gets the rest back.
"""

from typing import Any

from connectors import wild

UNTOLD = 2.0  # where Shopify does not say how long, or not readably
SHORTEST, LONGEST_REFILL, LONGEST_PAUSE = 1.0, 60.0, 3_600.0


def refill(extensions: Any) -> float:
    """How long until the bucket holds what the query asked for, by `extensions.cost` of a throttled answer."""
    cost = _object(extensions, "cost")
    bucket = _object(cost, "throttleStatus")
    asked = wild.amount(cost.get("requestedQueryCost"))
    there, each_second = wild.amount(bucket.get("currentlyAvailable")), wild.amount(bucket.get("restoreRate"))
    if asked is None or there is None or not each_second or each_second < 0:
        return UNTOLD
    return min(max(float((asked - there) / each_second), SHORTEST), LONGEST_REFILL)


def pause(retry_after: str | None) -> float:
    """What a Retry-After header says in seconds, as Shopify writes it; a date, the header's other form, is not read."""
    told = wild.amount(retry_after)
    if told is None or told < 0:
        return UNTOLD
    return min(max(float(told), SHORTEST), LONGEST_PAUSE)


def _object(parent: Any, key: str) -> dict[str, Any]:
    found = parent.get(key) if isinstance(parent, dict) else None
    return found if isinstance(found, dict) else {}
