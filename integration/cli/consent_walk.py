"""The demo's walk of consent: shoppers who refuse, agree late, take their yes back, or opt out of the sale of their data. What
Meta has of each order is read from the stand-in's own journal, and held against what our ledger ruled and what must be.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import click

from connectors import registry
from connectors.event import Consent, Event, Stated
from integration.cli import browsers, opening
from integration.cli.browsers import Answer, Storefront
from integration.cli.day import Ending, Tell, Walk
from integration.cli.simulate import Sender
from integration.crypto import Sealer
from integration.db import Engine, one_event, reading
from integration.db.stores import Store
from integration.meta.event import PURCHASE
from integration.pipeline import joining, listening

# What the ledger's ruling begins with, by the ending that follows from it (pipeline.consent).
_RULED: Mapping[Ending, str] = MappingProxyType(
    {Ending.COUNTED: "whole", Ending.LIMITED: "limited", Ending.NOTHING: "withheld"}
)
_NOBODY, _SOMEBODY = "nobody", "who it was, sealed"
_AGO = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where it is asked what was ruled of an order's Purchase, and who is kept."""

    engine: Engine
    sealer: Sealer

    def ruling(self, store: Store, order_id: str) -> str:
        """What consent allowed when it was last asked; "" while nothing was."""
        with reading(self.engine) as connection:
            found = one_event.of_subject(connection, store.id, PURCHASE, order_id)
            told = one_event.deliveries_of(connection, store.id, found.id) if found else ()
        return (told[0].ruling or "") if told else ""

    def keeps(self, store: Store, event: Event) -> bool:
        """Whether the shopper is kept: in the ledger, or in what their browser told."""
        keys = joining.keys(**joining.columns(event), order_id=event.order_id)
        with reading(self.engine) as connection:
            found = one_event.of_subject(connection, store.id, PURCHASE, event.subject)
            browser = listening.listen(connection, self.sealer, {store.id: keys}).heard(store.id, keys)
        told = browser is not None and browser != browser.statements_alone
        return told or (found is not None and found.holds_person)


@dataclass(frozen=True, slots=True)
class Party:
    """One store in the walk: its shop, and its shoppers' browsers."""

    store: Store
    dataset_id: str
    post: Sender
    front: Storefront


@dataclass(frozen=True, slots=True)
class Walked:
    """A walk that was taken: its order, what was said of it, and how the ledger had ruled by then before each word."""

    walk: Walk
    party: Party
    event: Event
    said: Sequence[str]
    ruled: Sequence[str]


def take(walk: Walk, party: Party, ledger: Ledger, first: int, now: datetime) -> Walked:
    """Say a walk's words, one after the other; order ids count from `first`. A browser knows of its order what the shop's
    body says. Raises Unavailable.
    """
    told = {step: _told(walk, step, party, first, now) for step in walk.steps if isinstance(step, Tell)}
    event = next(event for _, event in told.values())
    said, ruled = list[str](), list[str]()
    for step in walk.steps:
        ruled.append(ledger.ruling(party.store, event.subject))
        if isinstance(step, Tell):
            body, event = told[step]
            party.post.post(step.topic, body)
        else:
            browsers.answer(event, step, party.front, now)
        said.append(_said(step, event.consent))
    return Walked(walk, party, event, said, ruled)


def _told(walk: Walk, step: Tell, party: Party, first: int, now: datetime) -> tuple[bytes, Event]:
    body = registry.sample(walk.platform, step.topic, step.case)
    body = party.post.restaged(body, order_id=str(first + walk.order), placed_at=now - _AGO)
    return body, next(one for one in party.post.connector.parse(step.topic, body) if isinstance(one, Event))


_ANSWERS: Mapping[tuple[Stated, Stated], str] = MappingProxyType(
    {
        (Stated.UNSTATED, Stated.UNSTATED): "nothing",
        (Stated.UNSTATED, Stated.REFUSED): "no to the sale of data",
        (Stated.GRANTED, Stated.GRANTED): "yes",
        (Stated.GRANTED, Stated.REFUSED): "yes, but no to the sale of data",
        (Stated.REFUSED, Stated.REFUSED): "no",
    }
)


def _said(step: Answer | Tell, order: Consent) -> str:
    if isinstance(step, Tell):
        return f"the order: {_ANSWERS[order.marketing, order.sale_of_data]}"
    marketing, sale = (Stated.GRANTED if one else Stated.REFUSED for one in (step.marketing, step.sale_of_data))
    return f"the browser: {_ANSWERS[marketing, sale]}" + (" (Global Privacy Control)" if step.by_gpc else "")


def print_endings(walked: Sequence[Walked], journal: Sequence[Mapping[str, Any]], ledger: Ledger) -> None:
    """Each order's ending by the stand-in's journal, beside what was ruled; and loudly what ended otherwise."""
    rows, wrong = [], list[str]()
    for one in walked:
        store, order_id = one.party.store, one.event.subject
        label = f"{one.walk.what}, {registry.get(one.walk.platform).label} {order_id}"
        ruled = list(dict.fromkeys(filter(None, (*one.ruled, ledger.ruling(store, order_id)))))
        at_meta, kept = heard(journal, one.party.dataset_id, order_id), ledger.keeps(store, one.event)
        found = ", ".join(faults(one.walk.must, ruled[-1] if ruled else "nothing", at_meta, kept=kept))
        wrong += [f"{label}: {found}"] if found else []
        rows.append((label, "; ".join(one.said), "; then ".join(ruled), _SOMEBODY if kept else _NOBODY, at_meta))
    columns = ("order", "said, one after the other", "decided, and why", "we keep of the shopper", "at Meta")
    opening.print_table("Consent (the Pixels of these shoppers are not played)", columns, rows)
    right = f"Each of these {len(rows)} orders is in the stand-in's journal as it must be, and as our ledger ruled."
    click.echo(f"CONSENT WAS NOT KEPT. {'; '.join(wrong)}." if wrong else right)


def heard(journal: Sequence[Mapping[str, Any]], dataset_id: str, order_id: str) -> str:
    """What the stand-in's journal has of an order: one of the endings, or what is odd."""
    purchases = (one for one in journal if (one["dataset_id"], one["event_name"]) == (dataset_id, PURCHASE))
    mine = [one for one in purchases if order_id in (one["event_id"], one["order_id"])]
    if not mine:
        return Ending.NOTHING.value
    limited = {one["payload"].get("data_processing_options") == ["LDU"] for one in mine}
    if len(limited) > 1 or sum(one["counted"] for one in mine) != 1:
        return f"told {len(mine)} times, and not alike or not counted once"
    ending = Ending.LIMITED if True in limited else Ending.COUNTED
    return ending.value


def faults(must: Ending, ruled: str, at_meta: str, *, kept: bool) -> Iterator[str]:
    """What is not as it must be. `ruled`: the ledger's last word; `kept`: whether its shopper still is."""
    if at_meta != must.value:
        yield f"Meta must have {must.value}, and has: {at_meta}"
    if ruled.partition(":")[0] != _RULED[must]:
        yield f"our ledger must rule {_RULED[must]}, and ruled {ruled}"
    if kept and must is Ending.NOTHING:
        yield "the shopper must not be kept, and is"
