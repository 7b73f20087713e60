"""/events/<id>: one event of the store: what happened, why it was sent or not, and exactly what Meta was told of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from flask import Response, request

from connectors import registry
from integration.crypto import Sealer
from integration.db import Connection
from integration.db import one_event as stored
from integration.db.deliveries import State
from integration.db.replays import Selection
from integration.db.stores import Store
from integration.errors import NotFound
from integration.monitor import coverage, one_event, replaying
from integration.monitor.live_events import Line
from integration.monitor.one_event import AtDataset, Story
from integration.pipeline import statements
from integration.pipeline.replay import Prospect
from integration.web import asked, consent_words, event_lines, event_steps, letter_words, reason_words
from integration.web.event_steps import Step
from integration.web.letter_words import Key
from integration.web.reason_words import Words
from integration.web.surfaces import Door
from integration.web.visit import Visit

PATH = "/events/<int:pk>"
REPLAY = f"{PATH}/replay"
_ALL = tuple(State)
UNKNOWN = "There is no such event in your store."

# What sending it again would come to, before anybody does it.
PROSPECTS: Mapping[Prospect, str] = MappingProxyType(
    {
        Prospect.GOES: "It would be sent again, under the id it has.",
        Prospect.TWICE: "Meta may have counted it, and would count it again. Look for it in Events Manager first.",
        Prospect.TOO_OLD: "It cannot be sent again: Meta takes nothing older than 7 days.",
        Prospect.NOBODY: "It cannot be sent again: the person behind it is forgotten.",
        Prospect.DECIDED: "Sending it again would change nothing: the reason still holds.",
        Prospect.UNDER_WAY: "It is under way already.",
        Prospect.HELD: "It is held, and goes on by itself when that ends.",
    }
)


class Shown(NamedTuple):
    """What became of it at one dataset, in words. `curl`: empty where there is nothing to call, or nobody may."""

    at: AtDataset
    consent: str
    reason: str
    words: Words | None
    steps: Sequence[Step]
    riders: tuple[str, str]
    evidence: str
    letter: str
    keys: Sequence[Key]
    unknown: Words | None
    curl: str
    prospect: str


@dataclass(frozen=True, slots=True)
class Page:
    """An event of a store. `graph`: where Meta's API is, with its version."""

    sealer: Sealer = field(repr=False)
    graph: str

    def show(self, visit: Visit, pk: int) -> Response:
        """The event; another store's is as unknown as one that never was. Raises NotFound."""
        with visit.reading() as connection:
            known = pk <= asked.LARGEST_ID
            story = one_event.of_store(connection, self.sealer, visit.store, pk, visit.now) if known else None
        if story is None:
            raise NotFound(UNKNOWN)
        shown = [self._shown(visit, story, one) for one in story.at]
        done = request.args.get("replayed", "")
        return visit.page("event.html", story=story, event=story.event, shown=shown, done=done, **_said(visit, story))

    def replay(self, visit: Visit, pk: int) -> Response:
        """Send it again, where that may be. Raises Conflict, NotFound."""
        insist = request.form.get("insist") == "yes"
        done = visit.write(partial(self._sent_again, visit=visit, pk=pk, insist=insist))
        return visit.sent_to(f"/events/{pk}", replayed=done)

    def _sent_again(self, connection: Connection, store: Store, *, visit: Visit, pk: int, insist: bool) -> int | None:
        if pk > asked.LARGEST_ID or stored.of_store(connection, store.id, pk) is None:
            raise NotFound(UNKNOWN)
        chosen = Selection(_ALL, store.id, event_pk=pk)
        return replaying.begin(connection, self.sealer, store, chosen, insist=insist, by=visit.by)

    def _shown(self, visit: Visit, story: Story, one: AtDataset) -> Shown:
        delivery, label = one.delivery, registry.get(visit.store.platform).label
        told = delivery.state == State.DELIVERED
        payload, dataset_id = one.letter.payload if one.letter else {}, delivery.dataset_id or ""
        unknown = one.letter is not None and not one.letter.known
        return Shown(
            at=one,
            consent=consent_words.ruling(delivery.ruling, skipped=delivery.state == State.SKIPPED),
            reason=consent_words.reason(delivery.reason, delivery.ruling),
            words=None if told else reason_words.of(delivery.state, delivery.reason),
            steps=event_steps.steps(story.event, one, label, visit.zone, visit.now),
            riders=event_lines.riders(Line(one.row, one.told)),
            evidence=coverage.SENTENCES[one.told.verdict.cause] if one.told else "",
            letter=letter_words.pretty(payload, whole=visit.may_write) if payload else "",
            keys=letter_words.keys(payload, whole=visit.may_write),
            unknown=_why_nobody(one) if unknown else None,
            curl=letter_words.curl(self.graph, dataset_id, payload) if payload and visit.may_write else "",
            prospect=PROSPECTS[one.prospect] if one.prospect else "",
        )


def doors(sealer: Sealer, *, graph: str) -> Sequence[Door]:
    """The page, and sending it again."""
    page = Page(sealer, graph)
    return [Door("GET", PATH, page.show), Door("POST", REPLAY, page.replay)]


def _why_nobody(one: AtDataset) -> Words | None:
    """Why nothing of the person stands in the letter, where the ledger knows it."""
    reason = one.letter.why_not if one.letter else None
    return reason_words.of(one.delivery.state, one.delivery.reason or reason)


def _said(visit: Visit, story: Story) -> Mapping[str, Any]:
    event, connector = story.event, registry.get(visit.store.platform)
    said = statements.decode(event.stated)
    return {
        "connector": f"{connector.label} (read by version {event.connector.rpartition(' ')[2]} of our rules for it)",
        "region": consent_words.REGIONS.get(event.region or "", event.region),
        "lines": consent_words.lines(said, connector.half),
        "default": said.default_marketing,
        "held": consent_words.held(event.key_mask),
        "prospects": Prospect,
        "name": event_lines.called(event.facts, event.order_id),
        "pages": {item.path: item.name for group in visit.menu for item in group.items},
        "related": [event_lines.shown(Line(row, None)) for row in story.related],
    }
