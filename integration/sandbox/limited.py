"""The shape of Limited Data Use. The rules are documented; that Graph refuses what breaks them is unverified."""

from collections.abc import Mapping
from typing import Any

from integration.sandbox.replies import GraphError, invalid

COUNTRIES = frozenset((0, 1))  # 0 = Meta looks it up, 1 = USA
STATES = frozenset((0, *range(1000, 1014)))  # 0 = Meta looks it up, 1000 = California ... 1013 = Rhode Island
OPTIONS: tuple[list[str], ...] = ([], ["LDU"])

_KEYS = ("data_processing_options", "data_processing_options_country", "data_processing_options_state")

_ODD_OPTIONS = invalid("data_processing_options must be [] or ['LDU'].")
_ODD_PLACE = invalid("data_processing_options_country and _state must be given together, as documented numbers.")
_NO_PLACE = invalid("LDU needs data_processing_options_country and _state.")
_NOWHERE = invalid("Without client_ip_address, LDU needs the country and the state by number.")


def judge_options(event: Mapping[str, Any]) -> GraphError | None:
    """None, or what is wrong with the event's data processing options."""
    options, country, state = (event.get(key) for key in _KEYS)
    if options is None and country is None and state is None:
        return None
    if options not in OPTIONS:
        return _ODD_OPTIONS
    if country is None and state is None:
        return _NO_PLACE if options else None
    if not (_is_one_of(country, COUNTRIES) and _is_one_of(state, STATES)):
        return _ODD_PLACE
    located = "client_ip_address" in event["user_data"] or (country and state)
    return _NOWHERE if options and not located else None


def _is_one_of(value: Any, known: frozenset[int]) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in known
