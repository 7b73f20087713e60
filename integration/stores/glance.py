"""One store as its merchant sees it: how it stands, what is being set up, the last events. Only read, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from connectors import registry
from connectors.contract import Half
from integration.db import Engine, alerts, chores, datasets, reading, reports, stores, surveys
from integration.db import now as database_now
from integration.db.chores import Chore
from integration.db.datasets import Dataset
from integration.db.stores import Store
from integration.errors import NotFound
from integration.stores import report
from integration.stores.grants import NEEDS_RECONNECT
from integration.stores.report import Progress, Summary
from integration.stores.survey import SKIPPED_SOURCE

EVENTS = 20
# What the merchant can follow; the other chores are our own affair.
SHOWN = (chores.SUBSCRIPTIONS, chores.PIXEL)
# Alerts that the page tells in their own places: `reconnect`, and the survey.
SAID_ELSEWHERE = (NEEDS_RECONNECT, SKIPPED_SOURCE)


class Standing(StrEnum):
    """What becomes of the store's orders."""

    OBSERVING = "observing"
    LIVE = "live"
    WITHOUT_DATASET = "without dataset"
    PAUSED = "paused"


class Phase(StrEnum):
    """How far a step has come."""

    DONE = "done"
    UNDER_WAY = "under way"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Step:
    """A chore of the store. `at`: when it was done; in trouble, when it is tried again; None while it is under way.
    `last`: in trouble, when it was last done, if ever.
    """

    kind: str
    phase: Phase
    at: datetime | None = None
    trouble: str | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Glance:
    """All that the page shows. `busy`: it will soon show something else. `reconnect`: why the merchant has to connect
    the store again; `alerts` has the others.
    """

    store: Store
    label: str
    half: Half
    standing: Standing
    datasets: Sequence[Dataset]
    steps: Sequence[Step]
    survey: Summary
    events: Sequence[Mapping[str, Any]]
    alerts: Sequence[Any]
    reconnect: str | None
    busy: bool


def of_store(engine: Engine, store_id: str) -> Glance:
    """The store at this moment. Raises NotFound and Unavailable."""
    with reading(engine) as connection:
        store = stores.by_id(connection, store_id)
        if store is None:
            raise NotFound("The store is gone.")
        sides, planned = datasets.of_store(connection, store_id), chores.of_store(connection, store_id)
        told, now = alerts.of_store(connection, store_id), database_now(connection)
        surveyed = report.summarise(surveys.of_store(connection, store_id), store.settings, _trouble(planned))
        return Glance(
            store=store,
            label=registry.get(store.platform).label,
            half=registry.get(store.platform).half,
            standing=standing(store, sides),
            datasets=sides,
            steps=steps(planned),
            survey=surveyed,
            events=list(reports.listing(connection, store_id=store_id, newest=EVENTS)),
            alerts=[alert for alert in told if alert.kind not in SAID_ELSEWHERE],
            reconnect=next((alert.sentence for alert in told if alert.kind == NEEDS_RECONNECT), None),
            busy=is_busy(planned, surveyed, now),
        )


def standing(store: Store, sides: Sequence[Dataset]) -> Standing:
    """What becomes of its orders. A dataset that is paused matters only to a store that is live."""
    if not store.live:
        return Standing.OBSERVING
    if not sides:
        return Standing.WITHOUT_DATASET
    return Standing.PAUSED if all(side.paused for side in sides) else Standing.LIVE


def steps(planned: Sequence[Chore]) -> Sequence[Step]:
    """The steps in the order in which they are shown. Pure."""
    by_kind = {chore.kind: chore for chore in planned}
    return [_step(by_kind[kind]) for kind in SHOWN if kind in by_kind]


def _step(chore: Chore) -> Step:
    if chore.trouble:
        return Step(chore.kind, Phase.TROUBLE, chore.due_at, chore.trouble, chore.done_at)
    return Step(chore.kind, Phase.DONE if chore.done_at else Phase.UNDER_WAY, chore.done_at)


def is_busy(planned: Sequence[Chore], surveyed: Summary, now: datetime) -> bool:
    """Whether something that is shown is being done, or about to be. What is in trouble rests meanwhile."""
    shown = [chore for chore in planned if chore.kind in (*SHOWN, chores.SURVEY) and not chore.trouble]
    reading_on = surveyed.progress is Progress.UNDER_WAY and surveyed.trouble is None
    return reading_on or any(chore.done_at is None or chore.due_at <= now for chore in shown)


def _trouble(planned: Sequence[Chore]) -> str | None:
    return next((chore.trouble for chore in planned if chore.kind == chores.SURVEY), None)
