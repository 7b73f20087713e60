"""What of the events an address asks for: read from its query, and put back into it. Pure, but for the request's words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from connectors.event import Source
from integration.db.deliveries import FAILED, UNSETTLED, State
from integration.db.finding import Subjects
from integration.db.ledger_rows import Wanted
from integration.meta.event import INITIATE_CHECKOUT, PURCHASE, REFUND
from integration.monitor.coverage import Value

NAMES = ("q", "state", "event", "told", "source", "payment", "reason", "test", "from", "until")
EVENT_NAMES = (PURCHASE, INITIATE_CHECKOUT, REFUND)
_LONGEST = 255

# States that belong together, beside each by itself.
GROUPS: Mapping[str, tuple[State, ...]] = MappingProxyType({"failed": FAILED, "under way": UNSETTLED})
STATES: Mapping[str, str] = MappingProxyType(
    {
        "": "Any",
        "failed": "Failed: dead, expired or ambiguous",
        "under way": "Under way: pending, sending, waiting or held",
        State.DELIVERED: "Delivered",
        State.OBSERVED: "Observed: would be sent",
        State.PENDING: "Pending: about to leave",
        State.WAITING: "Waiting",
        State.HELD: "Held: its dataset rests",
        State.WITHHELD: "Withheld: no consent",
        State.SKIPPED: "Skipped: does not count",
        State.DEAD: "Dead: Meta refused it",
        State.EXPIRED: "Expired: too old for Meta",
        State.AMBIGUOUS: "Ambiguous: may be counted already",
    }
)
TOLD: Mapping[str, str] = MappingProxyType(
    {
        "": "Any",
        Value.BOTH: "Both",
        Value.SERVER_ONLY: "Server only",
        Value.PIXEL_ONLY: "Pixel only",
        Value.UNKNOWN: "Unknown",
    }
)
SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "": "Any",
        Source.WEBSITE: "Website",
        Source.POS: "Point of sale",
        Source.DRAFT: "Made by hand",
        Source.SUBSCRIPTION: "Subscription",
        Source.OTHER: "Other apps",
    }
)
_TESTS: Mapping[str, bool] = MappingProxyType({"yes": True, "no": False})


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked. `typed`: the words that are not empty, as they go back into an address; `errors`: by name."""

    typed: Mapping[str, str]
    wanted: Wanted
    told_by: Value | None = None
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def sought(self) -> str:
        """The order or event that is looked for."""
        return self.typed.get("q", "")


def read(args: Mapping[str, str], zone: ZoneInfo) -> Asked:
    """From a query. A word that is none of ours asks for nothing; a day that is none is an error beside its field."""
    typed = {name: text for name in NAMES if (text := args.get(name, "").replace("\x00", "").strip()[:_LONGEST])}
    errors: dict[str, str] = {}
    since, until = (midnight(typed.get(name), zone, name, errors) for name in ("from", "until"))
    state, told, source = typed.get("state", ""), typed.get("told", ""), typed.get("source", "")
    wanted = Wanted(
        states=GROUPS.get(state) or ((State(state),) if state in list(State) else ()),
        event_name=typed.get("event"),
        source=source if source and source in SOURCES else None,
        payment=typed.get("payment"),
        reason=typed.get("reason"),
        test=_TESTS.get(typed.get("test", "")),
        since=since,
        until=until,
    )
    return Asked(typed, wanted, Value(told) if told in list(Value) else None, errors)


def midnight(day: str | None, zone: ZoneInfo, name: str, errors: dict[str, str]) -> datetime | None:
    """When a day begins in the store's zone; the one named "until" counts to its end. What is no day is an error of that
    name.
    """
    if not day:
        return None
    try:
        begun = date.fromisoformat(day)
        return datetime.combine(begun + timedelta(days=name == "until"), time(), zone)
    except (ValueError, OverflowError):
        errors[name] = "Write a day like 2026-11-21."
        return None


def subjects(text: str, template: str, store_key: str) -> tuple[str, Subjects]:
    """The number or id of an order that may be meant, and the ids that an event id may be made of."""
    plain = text.removeprefix("#").strip()
    ids = [plain]
    for prefix in ("refund_", f"{store_key}_", f"refund_{store_key}_"):
        ids += [plain.removeprefix(prefix)] if plain.startswith(prefix) else []
    pattern = re.escape(template).replace(re.escape("{store_key}"), re.escape(store_key))
    for name in ("order_id", "order_number"):
        pattern = pattern.replace(re.escape(f"{{{name}}}"), f"(?P<{name}>.+)", 1)
    found = re.fullmatch(pattern, plain)
    groups = found.groupdict() if found else {}
    ids += [groups["order_id"]] if groups.get("order_id") else []
    return groups.get("order_number") or plain, Subjects(EVENT_NAMES, list(dict.fromkeys(ids)))
