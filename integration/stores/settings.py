"""A merchant changes a store's settings: checked as a whole, saved together or not at all."""

from collections.abc import Mapping
from datetime import datetime

from integration.db import Connection, chores, datasets, held, stores
from integration.db.deliveries import State
from integration.db.stores import LIVE, OBSERVING, Store
from integration.errors import InvalidSetting
from integration.stores import survey
from integration.stores.connect import whole_second
from integration.stores.credentials import refuse_collision


def change(connection: Connection, store: Store, values: Mapping[str, str], *, now: datetime) -> None:
    """Set NAME=VALUE pairs, `state` among them. Raises InvalidSetting or Conflict, and then changes nothing.

    Going live, only orders placed from now on are ours to tell: those before had another sender.
    """
    settings = store.settings.changed({name: text for name, text in values.items() if name != "state"})
    state = values.get("state", store.state)
    if state not in (OBSERVING, LIVE):
        raise InvalidSetting(f"state cannot be {state!r}: it is {OBSERVING} or {LIVE}.")
    for dataset in datasets.of_store(connection, store.id):
        refuse_collision(connection, store, dataset.dataset_id, settings)
    goes_live = state == LIVE and store.state == OBSERVING
    since = max(whole_second(now), store.since) if goes_live else store.since
    stores.save(connection, store.id, settings=settings, state=state, since=since)
    survey.recount(connection, store, settings, now)
    if settings != store.settings:
        _tell_the_storefront(connection, store)
    if state == OBSERVING:
        held.stop_store(connection, store.id, State.OBSERVED, "would be sent")


def _tell_the_storefront(connection: Connection, store: Store) -> None:
    """A Pixel that is told its plan is told the new one now: what is never named must not be named for another hour."""
    if any(one.kind == chores.PIXEL for one in chores.of_store(connection, store.id)):
        chores.plan(connection, store.id, chores.PIXEL)
