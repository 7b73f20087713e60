"""What Graph refuses, as a table of pure rules over one event. One bad event refuses the whole batch.

The answer never tells which event it was: Meta does not either, and whoever sends must be able to find out.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from integration.sandbox.limited import judge_options
from integration.sandbox.person import judge_person
from integration.sandbox.replies import GraphError, invalid

Event = Mapping[str, Any]
Rule = Callable[[Event, float], GraphError | None]

MAX_EVENTS = 1_000
MAX_AGE_SECONDS = 7 * 86_400
MAX_STORE_AGE_SECONDS = 62 * 86_400  # physical_store
MAX_AHEAD_SECONDS = 60  # unverified: Meta documents no tolerance, and lateness is all it is known to refuse

_SOURCES = frozenset(
    (
        *("email", "website", "app", "phone_call", "chat", "physical_store"),
        *("system_generated", "business_messaging", "other"),
    )
)
_KEYS = frozenset(
    (
        *("event_name", "event_time", "event_id", "event_source_url", "action_source", "user_data", "custom_data"),
        *("opt_out", "data_processing_options", "data_processing_options_country", "data_processing_options_state"),
        *("app_data", "extinfo", "referrer_url", "original_event_data", "attribution_data", "customer_segmentation"),
        *("messaging_channel", "advanced_measurement_table"),
    )
)
_NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?")
_CURRENCY = re.compile(r"[A-Za-z]{3}")

_NO_DATA = invalid("`data` must be a list of at least one event.")
_TOO_MANY = invalid(f"`data` may hold {MAX_EVENTS} events.")
_NO_OBJECT = invalid("Each event must be a JSON object.")
_UNEXPECTED = invalid("The event has a key that Graph does not know.")
_NO_NAME = invalid("event_name is missing.")
_ODD_ID = invalid("event_id must be text.")
_NO_TIME = invalid("event_time must be Unix time in whole seconds.")
_TOO_OLD = invalid("event_time is further back than events are taken.", 2804003, "The event is too old")
_AHEAD = invalid("event_time lies in the future.")
_NO_SOURCE = invalid("action_source is missing or not one of the documented words.")
_NO_PAGE = invalid("A website event needs event_source_url.")
_NO_PERSON = invalid("user_data is missing.")
_ODD_CUSTOM = invalid("custom_data must be an object.")
_NO_VALUE = invalid("A Purchase needs a value.", 2804009, "The purchase has no value")
_NO_CURRENCY = invalid("A Purchase needs a currency.", 2804010, "The purchase has no currency")
_ODD_VALUE = invalid("value must be a number.")
_ODD_CURRENCY = invalid("currency must be three letters.")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing of a call was taken. `position` is the event's, from 0: for the journal, never for the answer."""

    error: GraphError
    position: int | None = None


def judge(batch: Any, now: float) -> Refusal | None:
    """None if Graph would take the whole batch at `now` (Unix seconds), else what it would say."""
    if not isinstance(batch, list) or not batch:
        return Refusal(_NO_DATA)
    if len(batch) > MAX_EVENTS:
        return Refusal(_TOO_MANY)
    for position, event in enumerate(batch):
        error = judge_event(event, now)
        if error is not None:
            return Refusal(error, position)
    return None


def judge_event(event: Any, now: float) -> GraphError | None:
    """The first rule this event breaks, or None."""
    if not isinstance(event, dict):
        return _NO_OBJECT
    for rule in RULES:
        error = rule(event, now)
        if error is not None:
            return error
    return None


def _known_keys(event: Event, _now: float) -> GraphError | None:
    # Seen in the Node SDK's issue 258: a key at the wrong level refuses the event. Unknown keys deeper are let through.
    return None if event.keys() <= _KEYS else _UNEXPECTED


def _named(event: Event, _now: float) -> GraphError | None:
    return None if _is_text(event.get("event_name")) else _NO_NAME


def _identified(event: Event, _now: float) -> GraphError | None:
    # Unverified that Graph refuses a number here. We do: the Pixel can only send text, and the two must be equal.
    return None if "event_id" not in event or _is_text(event["event_id"]) else _ODD_ID


def _timed(event: Event, now: float) -> GraphError | None:
    moment = event.get("event_time")
    if not isinstance(moment, int) or isinstance(moment, bool):
        return _NO_TIME
    in_store = event.get("action_source") == "physical_store"
    if now - moment > (MAX_STORE_AGE_SECONDS if in_store else MAX_AGE_SECONDS):
        return _TOO_OLD
    return _AHEAD if moment - now > MAX_AHEAD_SECONDS else None


def _sourced(event: Event, _now: float) -> GraphError | None:
    source = event.get("action_source")
    if not isinstance(source, str) or source not in _SOURCES:
        return _NO_SOURCE
    # client_user_agent is documented as required too, but Graph was seen to take website events without it.
    if source == "website" and not _is_text(event.get("event_source_url")):
        return _NO_PAGE
    return None


def _personal(event: Event, _now: float) -> GraphError | None:
    person = event.get("user_data")
    return judge_person(person) if isinstance(person, dict) else _NO_PERSON


def _customised(event: Event, _now: float) -> GraphError | None:
    return None if isinstance(event.get("custom_data", {}), dict) else _ODD_CUSTOM


def _purchase(event: Event, _now: float) -> GraphError | None:
    if event["event_name"] != "Purchase":
        return None
    custom = event.get("custom_data", {})
    if custom.get("value") is None:
        return _NO_VALUE
    return _NO_CURRENCY if custom.get("currency") is None else None


def _money(event: Event, _now: float) -> GraphError | None:
    custom = event.get("custom_data", {})
    value, currency = custom.get("value"), custom.get("currency")
    if value is not None and not is_number(value):
        return _ODD_VALUE
    if currency is not None and not (isinstance(currency, str) and _CURRENCY.fullmatch(currency)):
        return _ODD_CURRENCY
    return None


def _limited(event: Event, _now: float) -> GraphError | None:
    return judge_options(event)


RULES: tuple[Rule, ...] = (
    _known_keys,
    _named,
    _identified,
    _timed,
    _sourced,
    _personal,
    _customised,
    _purchase,
    _money,
    _limited,
)


def is_number(value: Any) -> bool:
    """A JSON number, or text that is one: the documentation shows both. True is no number, though Python counts it."""
    if isinstance(value, str):
        return _NUMBER.fullmatch(value) is not None
    if isinstance(value, float):
        return isfinite(value)  # 1e999 is JSON, and infinite
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""
