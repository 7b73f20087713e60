"""The last 30 days of a store are read when it is connected, page by page, and counted. The merchant sees what Tandem
would do before it does anything, and is told of every source of some weight that it would leave out.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

import msgspec

from connectors.access import Page, StoreApi
from integration.db import Connection, Engine, alerts, chores, reading, surveys, transact
from integration.db.stores import Store
from integration.db.surveys import Survey
from integration.errors import NotFound
from integration.store_settings import StoreSettings
from integration.stores import findings, tally
from integration.stores.tally import Tally

SKIPPED_SOURCE = "skipped_source"  # the alert
LOOKS_BACK = timedelta(days=30)
MOST_ORDERS = 20_000
# A cursor left lying longer may lead nowhere, and its days are no longer the last ones.
_RESTS_AT_MOST = timedelta(days=1)


class Step(NamedTuple):
    """A survey with one more page. `cursor`: where to read on, None where it is done."""

    counted: Tally
    cursor: str | None


def begin(connection: Connection, store: Store, now: datetime) -> None:
    """A survey of the 30 days before `now`, by the store's present settings, in place of any earlier one."""
    empty = Tally(tally.deciding(store.settings))
    surveys.begin(connection, store.id, now - LOOKS_BACK, empty.encoded())


def recount(connection: Connection, store: Store, settings: StoreSettings, now: datetime) -> None:
    """The merchant chose these settings: a store whose past orders were counted by others is to be counted anew."""
    known = surveys.of_store(connection, store.id)
    if known is None or store.uninstalled_at is not None:
        return
    counted = tally.decode(known.counts)
    if counted is not None and counted.judged_by == tally.deciding(settings):
        return
    begin(connection, replace(store, settings=settings), now)
    chores.plan(connection, store.id, chores.SURVEY)


def read_on(
    engine: Engine,
    store: Store,
    api: StoreApi,
    *,
    now: datetime,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Read pages of the store's survey until it is done (True) or about so many seconds have passed: one page at least.

    Each page is kept in one transaction with the cursor behind it, so whoever comes next goes on there. A store without
    a survey gets one; one that was begun before yesterday begins again. What `api` raises passes through; so does
    Unavailable.
    """
    until = clock() + seconds
    while True:
        survey = _at_hand(engine, store, now)
        if survey.done_at is not None:
            return True
        step = one_more(survey, api.orders(survey.since, survey.cursor), now)
        if transact(engine, partial(_keep, store=store, before=survey, step=step, now=now)):
            return True
        if clock() >= until:
            return False


def _at_hand(engine: Engine, store: Store, now: datetime) -> Survey:
    with reading(engine) as connection:
        survey = surveys.of_store(connection, store.id)
    if survey and (survey.done_at or _holds(survey, now)):
        return survey
    return transact(engine, partial(_begun, store=store, now=now))


def _holds(survey: Survey, now: datetime) -> bool:
    return tally.decode(survey.counts) is not None and now - survey.since <= LOOKS_BACK + _RESTS_AT_MOST


def _begun(connection: Connection, store: Store, now: datetime) -> Survey:
    begin(connection, store, now)
    survey = surveys.of_store(connection, store.id)
    if survey is None:
        raise NotFound("The store is gone.")
    return survey


def one_more(survey: Survey, page: Page, now: datetime) -> Step:
    """The survey with that page, judged by the settings it was begun with. Pure.

    At most MOST_ORDERS are counted; if there are more, the tally says so.
    """
    before = tally.decode(survey.counts) or Tally({})
    settings = StoreSettings().changed(before.judged_by)
    orders = page.orders[: MOST_ORDERS - before.orders]
    counted = tally.merged(before, tally.count(orders, settings, now))
    # A cursor that leads to itself would be followed for ever.
    onward = page.cursor if page.cursor != survey.cursor else None
    if counted.orders < MOST_ORDERS:
        return Step(counted, onward)
    more = onward is not None or len(orders) < len(page.orders)
    return Step(msgspec.structs.replace(counted, more=more), None)


def _keep(connection: Connection, *, store: Store, before: Survey, step: Step, now: datetime) -> bool:
    """Whether the survey is done by this; False also where another kept this page meanwhile."""
    counted, cursor = step
    kept = surveys.go_on(connection, before, cursor=cursor, orders=counted.orders, counts=counted.encoded())
    if not kept or cursor is not None:
        return False
    _tell(connection, store, counted, now)
    return True


def _tell(connection: Connection, store: Store, counted: Tally, now: datetime) -> None:
    sentence = findings.warning(findings.loud(counted))
    if sentence is None:
        alerts.clear(connection, store_id=store.id, kind=SKIPPED_SOURCE)
    else:
        alerts.keep(connection, store_id=store.id, kind=SKIPPED_SOURCE, sentence=sentence, at=now)
