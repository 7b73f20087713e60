"""The way of one event to one dataset, as steps in the order of time: from the shop's word to Meta's answer. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

from integration.db.attempts import Call
from integration.db.deliveries import State
from integration.db.one_event import Event
from integration.meta import errors, mapping
from integration.meta.errors import Counted, Paused, Refused, Retryable
from integration.monitor.one_event import AtDataset
from integration.web import consent_words, reason_words, times


class Step(NamedTuple):
    """`at` None: at a time that is not written down; `kind`: good, note, waits or fails."""

    at: datetime | None
    title: str
    text: str
    kind: str


def steps(event: Event, one: AtDataset, platform: str, zone: tzinfo, now: datetime) -> Sequence[Step]:
    """All of them; those of another day than the first name theirs."""
    found = [*_beginning(event, one, platform), *_of_calls(one), *_of_pixel(one), *_end(event, one, now)]
    known: list[tuple[datetime, int, Step]] = []
    last = event.placed_at
    for place, step in enumerate(found):
        last = step.at or last
        known.append((last, place, step))
    ordered = [step for _, _, step in sorted(known, key=lambda one: one[:2])]
    return [_dated(step, event.placed_at, zone) for step in ordered]


def _dated(step: Step, first: datetime, zone: tzinfo) -> Step:
    if step.at is None or step.at.astimezone(zone).date() == first.astimezone(zone).date():
        return step
    return step._replace(text=f"{times.dated(step.at, zone)}. {step.text}".strip())


def _beginning(event: Event, one: AtDataset, platform: str) -> Iterator[Step]:
    yield Step(event.placed_at, "Done in your shop", "", "note")
    version = event.connector.rpartition(" ")[2]
    read = f"The signature was right. Read by version {version} of our rules for {platform}."
    yield Step(event.received_at, "Your shop told us", read, "good")
    yield Step(event.received_at, "Put into Meta’s terms", _mapped(event), "good")
    delivery = one.delivery
    if delivery.ruling:
        held = delivery.state == State.WITHHELD
        said = consent_words.ruling(delivery.ruling, skipped=delivery.state == State.SKIPPED)
        yield Step(None, "Consent was asked", said, "fails" if held else "note")


def _mapped(event: Event) -> str:
    facts = mapping.decode_facts(event.facts)
    items = sum(line.quantity for line in facts.lines)
    worth = times.money(event.value, event.currency) if event.value else "no value"
    held = consent_words.held(event.key_mask)
    whom = f"known by {len(held)} {'key' if len(held) == 1 else 'keys'}" if held else "nobody behind it"
    return f"{event.event_name}, {worth}, {items} {'item' if items == 1 else 'items'}, {whom}."


def _of_calls(one: AtDataset) -> Iterator[Step]:
    if one.forgotten:
        many = "1 try" if one.forgotten == 1 else f"{one.forgotten} tries"
        yield Step(one.delivery.first_attempt_at, f"{many} before", "Their details are not kept any more.", "note")
    for number, call in enumerate(one.calls, one.forgotten + 1):
        title, text, kind = answer(call)
        yield Step(call.started_at, f"Try {number}: {title}", text, kind)


def answer(call: Call) -> tuple[str, str, str]:
    """What came of a call, what that means, and its kind."""
    codes = _codes(call)
    if call.ended_at is None:
        return "no answer is known", "It is under way, or whoever sent it was stopped.", "waits"
    if call.counted == Counted.YES:
        many = "It went alone." if call.events == 1 else f"{call.events} events went in one call."
        return "Meta took it", f"{many}{codes}", "good"
    if call.counted == Counted.UNKNOWN:
        return "no clear answer", f"Meta may have counted it all the same.{codes}", "waits"
    if call.http_status is None:
        return "Meta could not be reached", "Nothing left, so nothing was counted.", "waits"
    title, text = _meaning(call)
    return title, f"{text}{codes}", "fails" if "refused" in title else "waits"


def _meaning(call: Call) -> tuple[str, str]:
    """By the codes alone, as the sender reads them."""
    reply = {"error": {"code": call.code, "error_subcode": call.subcode}}
    match errors.from_reply(call.http_status or 0, reply, sent=call.events).next:
        case Paused(reason):
            return "Meta refused the call", reason_words.of(State.HELD, reason).why
        case Refused(advice):
            others = "" if call.events == 1 else f" {call.events} events were in the call; one of them is meant."
            return "Meta refused the event", f"{reason_words.of(State.DEAD, advice).why}{others}"
        case Retryable(_, throttled) if throttled:
            return "too much for Meta at that moment", "It is tried again later."
        case _:
            return "Meta failed", "It is tried again later."


def _codes(call: Call) -> str:
    told = (("HTTP", call.http_status), ("code", call.code), ("subcode", call.subcode))
    named = [f"{name} {number}" for name, number in told if number is not None]
    trace = [f"trace {call.fbtrace_id}"] if call.fbtrace_id else []
    return f" ({', '.join([*named, *trace])})" if named or trace else ""


_STAGES = (
    ("sent_at", "The Pixel told it", "Its request left the browser.", "good"),
    ("loaded_at", "The Pixel’s script ran", "Whether its request left could not be seen.", "note"),
    ("called_at", "The Pixel was called", "Meta’s script never ran: blocked by the browser or an extension.", "note"),
)


def _of_pixel(one: AtDataset) -> Iterator[Step]:
    """How far its word came, by the word of our script."""
    for word in one.told.sightings if one.told else ():
        for name, title, text, kind in _STAGES:
            at = getattr(word, name)
            if at is not None:
                yield Step(at, title, f"{text} Its id: {word.event_id}.", kind)
                break


def _end(event: Event, one: AtDataset, now: datetime) -> Iterator[Step]:
    delivery = one.delivery
    if event.granted_at:
        yield Step(event.granted_at, "A yes came later", "The order is read again, if Meta still takes it.", "note")
    words = reason_words.of(delivery.state, delivery.reason)
    match State(delivery.state):
        case State.DELIVERED | State.SENDING:
            return
        case State.PENDING | State.WAITING | State.HELD:
            due = delivery.next_at if delivery.next_at and delivery.next_at > now else None
            yield Step(due or now, "It waits" if due is None else "It is due", words.why, "waits")
        case State.OBSERVED:
            yield Step(now, "Not sent: your store observes", words.why, "note")
        case _:
            yield Step(None, "Not sent", words.why, "fails")
