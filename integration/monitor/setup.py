"""The facts of a store's setup, read in one transaction; `stores.onboarding` makes steps of them. Nothing here writes."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from connectors import registry
from integration.db import Connection, chores, datasets, golives, pair_tests, setup_steps, surveys
from integration.db.chores import Chore
from integration.db.pair_tests import PairTest
from integration.db.sightings import Stage
from integration.db.stores import Store
from integration.monitor import golive, proof, senders, watch
from integration.monitor.proof import Shown
from integration.stores import pair_verdict, report
from integration.stores.onboarding import Facts, Side
from integration.stores.pair_verdict import Mark
from integration.stores.report import Progress, Summary

_NOT_READ = "The orders from before were not read; Tandem is live without them."
SKIPPED = "pair test skipped"  # in the change log


class Read(NamedTuple):
    """The facts, and what a page shows besides."""

    facts: Facts
    proof: Shown | None


def of_store(connection: Connection, store: Store, now: datetime) -> Read:
    """All that the steps are decided by."""
    planned = {one.kind: one for one in chores.of_store(connection, store.id)}
    surveyed = _surveyed(connection, store, planned.get(chores.SURVEY))
    shown = proof.of_store(connection, store, now)
    findings, looked_at = watch.findings(connection, store.id)
    went, pair = golives.last(connection, store.id), pair_tests.newest(connection, store.id)
    half, connector = planned.get(chores.PIXEL), registry.get(store.platform)
    # Where a merchant may do without our half, that it was never there is no fault.
    lost = half is not None and (connector.plugin is None or half.done_at is not None)
    # A store that was added by command has nothing that could be asked for its orders.
    past_it = surveyed.progress is Progress.NEVER and store.live
    facts = Facts(
        survey=_NOT_READ if past_it else surveyed.headline,
        surveyed=surveyed.progress is Progress.DONE or past_it,
        survey_trouble=surveyed.trouble,
        sides=_sides(connection, store),
        looked_at=looked_at,
        look_trouble="" if findings.pages else findings.trouble,
        rivals=list(dict.fromkeys(senders.sentence(one) for one in watch.found(connection, store) if one.blocks)),
        half=connector.half.name,
        half_trouble=half.trouble if half and lost else None,
        heard_at=store.storefront_at,
        pair_passed_at=_passed_at(pair),
        pair_trouble=_pair_trouble(pair, now),
        pair_skipped_at=setup_steps.last_done(connection, store.id, SKIPPED),
        paired_at=shown.proof.pixel_at if shown else None,
        live=store.live,
        live_at=went[0] if went else store.since,
        overridden=went[1] if went else None,
        hindrance=None if store.live else golive.hindrance_of(connection, store, now),
        proof=shown.sentence if shown else None,
        proven_at=(shown.at or shown.proof.server_at) if shown else None,
    )
    return Read(facts, shown)


def _surveyed(connection: Connection, store: Store, chore: Chore | None) -> Summary:
    trouble = chore.trouble if chore else None
    return report.summarise(surveys.of_store(connection, store.id), store.settings, trouble)


def _sides(connection: Connection, store: Store) -> Sequence[Side]:
    found = datasets.of_store(connection, store.id)
    unsure = [one.id for one in found if one.checked_at is None]
    taken = setup_steps.ever_taken(connection, unsure) if unsure else set()
    return [
        Side(one.dataset_id, one.checked_at is not None or one.id in taken, _pause(one.reason) if one.paused else None)
        for one in found
    ]


def _pause(reason: str | None) -> str:
    return reason or "Meta does not take what Tandem sends."


def _passed_at(pair: PairTest | None) -> datetime | None:
    """When the later of both riders had told it."""
    if pair is None or pair.pixel_at is None or pair.server_at is None or pair.pixel_state != Stage.SENT:
        return None
    return max(pair.pixel_at, pair.server_at)


def _pair_trouble(pair: PairTest | None, now: datetime) -> str | None:
    """What kept a rider silent, and what to do; a test that nobody opened is none."""
    if pair is None or pair.opened_at is None or _passed_at(pair):
        return None
    verdict = pair_verdict.of(pair, now)
    failed = verdict.over or Mark.FAILED in (verdict.pixel.mark, verdict.server.mark)
    return " ".join(filter(None, (verdict.sentence, verdict.pixel.sentence, verdict.advice))) if failed else None
