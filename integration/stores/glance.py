"""One store as its merchant sees it: how it stands, and what is being set up. Only read, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from connectors import registry
from connectors.contract import Half
from integration.db import Engine, alerts, chores, datasets, reading, stores, surveys
from integration.db import now as database_now
from integration.db.chores import Chore
from integration.db.datasets import Dataset
from integration.db.stores import Store
from integration.errors import NotFound
from integration.stores import punctuality, report, storefront
from integration.stores.grants import NEEDS_RECONNECT
from integration.stores.report import Progress, Summary
from integration.stores.storefront import Storefront
from integration.stores.survey import SKIPPED_SOURCE

# What the merchant can follow; the other chores are our own affair.
SHOWN = (chores.SUBSCRIPTIONS, chores.PIXEL, chores.ORDERS)
# Alerts that the page tells in their own places: `reconnect`, and the survey.
SAID_ELSEWHERE = (NEEDS_RECONNECT, SKIPPED_SOURCE)


class Standing(StrEnum):
    """What becomes of the store's orders."""

    OBSERVING = "observing"
    LIVE = "live"
    WITHOUT_DATASET = "without dataset"
    PAUSED = "paused"


_SENTENCES: Mapping[Standing, str] = {
    Standing.OBSERVING: "Tandem is observing: what the store tells is received and shown with what would become of it; "
    "nothing goes to Meta yet.",
    Standing.LIVE: "Tandem is live: what the store tells goes to Meta, to {}.",
    Standing.WITHOUT_DATASET: "No dataset of Meta’s is attached yet: what the store tells is kept. Attach one "
    "within two days; what is older Meta may not take.",
    Standing.PAUSED: "Meta does not take what Tandem sends at the moment: it is kept, and goes on when Meta does.",
}


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
    the store again; `alerts` has the others. `sentence`: how things stand; `arrivals`: how orders come to us, where
    that is known. `storefront`: what our plugin in the shop reports; `offer`: the merchant may bring it there.
    """

    store: Store
    label: str
    half: Half
    standing: Standing
    sentence: str
    datasets: Sequence[Dataset]
    steps: Sequence[Step]
    arrivals: str | None
    storefront: Storefront | None
    offer: bool
    survey: Summary
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
        connector, stands, shown = registry.get(store.platform), standing(store, sides), steps(planned)
        told, now = alerts.of_store(connection, store_id), database_now(connection)
        surveyed = report.summarise(surveys.of_store(connection, store_id), store.settings, _trouble(planned))
        return Glance(
            store=store,
            label=connector.label,
            half=connector.half,
            standing=stands,
            sentence=sentence(stands, sides),
            datasets=sides,
            steps=shown,
            arrivals=punctuality.of_store(connection, store),
            storefront=storefront.of_store(connection, store_id),
            offer=connector.plugin is not None and _lacks_half(shown),
            survey=surveyed,
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


def sentence(stands: Standing, sides: Sequence[Dataset]) -> str:
    """The same in a merchant's words. Pure."""
    names = ", ".join(side.dataset_id for side in sides)
    return _SENTENCES[stands].format(f"{'dataset' if len(sides) == 1 else 'datasets'} {names}")


def _lacks_half(shown: Sequence[Step]) -> bool:
    return any(step.kind == chores.PIXEL and step.phase is Phase.TROUBLE for step in shown)


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
