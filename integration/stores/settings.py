"""A merchant changes a store's settings: checked as a whole, saved together or not at all, and written down with who did it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from integration.db import Connection, changes, chores, datasets, held, stores
from integration.db.changes import BY_ITSELF, By, Values
from integration.db.deliveries import State
from integration.db.stores import LIVE, OBSERVING, Store
from integration.errors import InvalidSetting
from integration.stores import survey
from integration.stores.connect import whole_second
from integration.stores.credentials import refuse_collision

# What the change log calls them.
SETTINGS, WENT_LIVE, STOPPED = "settings", "went live", "stopped telling Meta"


def change(
    connection: Connection,
    store: Store,
    values: Mapping[str, str],
    *,
    now: datetime,
    by: By = BY_ITSELF,
    because: Values | None = None,
) -> None:
    """Set NAME=VALUE pairs, `state` among them. Raises InvalidSetting or Conflict, and then changes nothing.

    Going live, only orders placed from now on are ours to tell: those before had another sender. `because`: what is
    written down with it, such as the reason somebody gave. Of two that change at once neither undoes the other.
    """
    store = stores.by_id(connection, store.id, kept=True) or store
    settings = store.settings.changed({name: text for name, text in values.items() if name != "state"})
    state = values.get("state", store.state)
    if state not in (OBSERVING, LIVE):
        raise InvalidSetting(f"state cannot be {state!r}: it is {OBSERVING} or {LIVE}.")
    for dataset in datasets.of_store(connection, store.id):
        refuse_collision(connection, store, dataset.dataset_id, settings)
    goes_live = state == LIVE and store.state == OBSERVING
    since = max(whole_second(now), store.since) if goes_live else store.since
    stores.save(connection, store.id, settings=settings, state=state, since=since)
    _write_down(connection, store, replace(store, settings=settings, state=state), by, because or {})
    survey.recount(connection, store, settings, now)
    if settings != store.settings:
        _tell_the_storefront(connection, store)
    if state == OBSERVING:
        held.stop_store(connection, store.id, State.OBSERVED, "would be sent")


def _write_down(connection: Connection, before: Store, after: Store, by: By, because: Values) -> None:
    """A line for what Tandem is set to, and one for whether it tells Meta; none for what stays."""
    if before.settings != after.settings:
        was, is_now = before.settings.as_text(), after.settings.as_text()
        reason = because if before.state == after.state else {}
        changes.record(connection, before.id, by, SETTINGS, was, {**is_now, **reason})
    if before.state != after.state:
        what = WENT_LIVE if after.live else STOPPED
        changes.record(connection, before.id, by, what, {"state": before.state}, {"state": after.state, **because})


def _tell_the_storefront(connection: Connection, store: Store) -> None:
    """A Pixel that is told its plan is told the new one now: what is never named must not be named for another hour."""
    if any(one.kind == chores.PIXEL for one in chores.of_store(connection, store.id)):
        chores.plan(connection, store.id, chores.PIXEL)
