"""What a merchant should look at, each thing with its number and the way to it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from integration.db.deliveries import State
from integration.monitor.day_parts import Outcome, Webhooks
from integration.monitor.delivery_report import GROUPS, ON_THE_WAY
from integration.monitor.figures import FAILS, NOTE, WARNS

QUARANTINED = "quarantined"  # of a webhook
# What is a day old and still on its way is worth a look.
_A_DAY = timedelta(days=1)
_TAKEN_FOR = timedelta(days=7)


class Matter(NamedTuple):
    """One thing. `state`: of the events it is about, for the way to them; "" where it is about webhooks."""

    kind: str
    sentence: str
    state: str


_ENDED: Mapping[State, tuple[str, str, str, str]] = {
    State.DEAD: (FAILS, "event was refused by Meta for good", "events were refused by Meta for good", ""),
    State.EXPIRED: (
        WARNS,
        "event was not told within the seven days Meta takes it, and is told no more",
        "events were not told within the seven days Meta takes them, and are told no more",
        "",
    ),
    State.AMBIGUOUS: (
        WARNS,
        "event may have reached Meta or not",
        "events may have reached Meta or not",
        " Sent once more it might be counted twice, so nothing is sent by itself.",
    ),
}


def matters(by_day: Mapping[date, Sequence[Outcome]], webhooks: Sequence[Webhooks], today: date) -> Sequence[Matter]:
    """The gravest first."""
    found = [*_ended(by_day), *_late(by_day, today), *_unread(webhooks)]
    return sorted(found, key=lambda one: (FAILS, WARNS, NOTE).index(one.kind))


def _ended(by_day: Mapping[date, Sequence[Outcome]]) -> Iterator[Matter]:
    for state, (kind, one, more, besides) in _ENDED.items():
        number = sum(it.events for outcomes in by_day.values() for it in outcomes if it.state == state)
        if number:
            yield Matter(kind, f"{number:,} {one if number == 1 else more}.{besides}", state)


def _late(by_day: Mapping[date, Sequence[Outcome]], today: date) -> Iterator[Matter]:
    """What is held, or on its way since yesterday, with the day until which it has to leave."""
    for state in (State.HELD, *sorted(GROUPS[ON_THE_WAY] - {State.HELD})):
        days = {day: sum(it.events for it in outcomes if it.state == state) for day, outcomes in by_day.items()}
        days = {
            day: number for day, number in days.items() if number and (state is State.HELD or today - day >= _A_DAY)
        }
        if days:
            oldest, number = min(days), sum(days.values())
            what = f"{number:,} event{' is' if number == 1 else 's are'} {state.value}"
            until = oldest + _TAKEN_FOR
            last = f"the oldest is of {_spoken(oldest)}, and Meta takes it until {_spoken(until)}"
            yield Matter(WARNS, f"{what}; {last}.", state)


def _unread(webhooks: Sequence[Webhooks]) -> Iterator[Matter]:
    number = sum(one.number for one in webhooks if one.outcome == QUARANTINED)
    if number:
        what = "1 webhook could not be read and is" if number == 1 else f"{number:,} webhooks could not be read and are"
        yield Matter(WARNS, f"{what} kept apart for some days, for whoever runs Tandem to look at.", "")


def _spoken(day: date) -> str:
    return f"{day.day} {day:%B}"
