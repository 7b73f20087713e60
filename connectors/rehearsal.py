"""A recorded body told again at another time, for simulated deliveries: every time in it moves by one delta."""

import re
from datetime import date, datetime, timedelta
from typing import Any

_DATE_TIME = re.compile(
    r"(?P<seconds>\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2})(?P<rest>(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?)", re.ASCII
)
_SECOND = timedelta(seconds=1)


def moved(document: Any, delta: timedelta) -> Any:
    """A copy of a decoded JSON document in which every text that is an ISO 8601 date-time is `delta` later.

    Each keeps its own spelling: separator, fraction, zone or lack of one. `delta` counts in whole seconds, rounded
    down, because most of these texts have nothing finer. Plain dates, numbers, keys, times inside longer texts,
    and texts that only look like a time or would leave the years 1 to 9999 stay as they are.
    """
    if isinstance(document, dict):
        return {key: moved(value, delta) for key, value in document.items()}
    if isinstance(document, list):
        return [moved(value, delta) for value in document]
    return _moved_text(document, delta) if isinstance(document, str) else document


def _moved_text(text: str, delta: timedelta) -> str:
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return text
    try:
        moment = datetime.fromisoformat(match["seconds"]) + delta // _SECOND * _SECOND
    except (ValueError, OverflowError):
        return text
    # The zone is an offset in the text, not a place: moving the wall clock moves the instant by as much.
    return moment.isoformat(sep=text[len(date.min.isoformat())]) + match["rest"]
