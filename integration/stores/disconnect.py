"""The merchant removed our app: nothing leaves for Meta any more, and nothing is dropped until the law demands it.

The platform's word for it may come late or twice, and even after the merchant connected the store again. So where we
hold a grant of the store, it is tried first (`upkeep`): only if the platform does not take it, the store is let go.
"""

from datetime import datetime, timedelta
from functools import partial

import msgspec

from connectors.errors import ConnectorError
from connectors.event import StoreUninstalled
from integration.crypto import Sealer
from integration.db import Connection, Engine, alerts, changes, chores, grants, held, sessions, stores, tasks, transact
from integration.db import now as database_now
from integration.db.changes import BY_ITSELF
from integration.db.deliveries import State
from integration.db.stores import Store
from integration.db.tasks import SEALED_PAYLOAD, Task
from integration.errors import NotConfigured, SealBroken
from integration.pipeline.qualify import STORE_DISCONNECTED
from integration.stores import grants as tokens
from integration.stores import wiring
from integration.stores.grants import NEEDS_RECONNECT
from integration.stores.platforms import Platforms

# For so long after an uninstall a session token may still open our page.
_SESSION = timedelta(minutes=2)


def run_open_tasks(engine: Engine, sealer: Sealer) -> int:
    """Carry out, or have looked into, the uninstalls that webhooks wrote down; how many."""
    return transact(engine, partial(_run, sealer=sealer))


def _run(connection: Connection, sealer: Sealer) -> int:
    found = tasks.open_ones(connection, [tasks.STORE_UNINSTALLED])
    for task in found:
        store = stores.by_id(connection, task.store_id) if task.store_id else None
        if store and store.uninstalled_at is None and not _is_over(store, task):
            _uninstalled(connection, store, _told(sealer, task))
        tasks.finish(connection, task.id)
    return len(found)


def _is_over(store: Store, task: Task) -> bool:
    """Whether the store was connected again since this was written down."""
    return store.connected_at is not None and task.created_at < store.connected_at


def _told(sealer: Sealer, task: Task) -> StoreUninstalled:
    """What the webhook said; nothing where it cannot be read, for the word itself stands in the task's kind."""
    try:
        opened = sealer.unseal(task.sealed or "", store=task.store_id or "", column=SEALED_PAYLOAD)
        return msgspec.json.decode(opened, type=StoreUninstalled)
    except (SealBroken, msgspec.DecodeError):
        return StoreUninstalled(site=None)


def _uninstalled(connection: Connection, store: Store, told: StoreUninstalled) -> None:
    """A word that is older than the last opening of our page is stale; but our token may have died meanwhile, which the
    hourly look at the subscriptions would find late.
    """
    if grants.of_store(connection, store.id) is None:
        let_go(connection, store)
    elif told.triggered_at and store.opened_at and store.opened_at > told.triggered_at + _SESSION:
        chores.plan(connection, store.id, chores.SUBSCRIPTIONS)
    else:
        chores.plan(connection, store.id, chores.FAREWELL)


def part(platforms: Platforms, store: Store, now: datetime) -> str:
    """The merchant disconnects a store whose platform knows no apps, and so tells nobody that ours was removed. What we
    set up there is taken away as far as we are let in: revoking the keys alone would not stop its webhooks.

    A sentence on what is left there for the merchant to do: no API takes keys away. Raises Unavailable.
    """
    left = f"A key whose name begins with Tandem is still in the admin of {store.domain}: delete it there. Tandem has forgotten it."
    try:
        kept = tokens.current(platforms, store, now)
        tokens.opened(platforms, store, kept).leave(wiring.endpoint(platforms, store))
    except (ConnectorError, SealBroken, NotConfigured) as trouble:
        left = (
            f"Delete the webhooks and the keys whose names begin with Tandem in the admin of {store.domain}: {trouble}"
        )
    transact(platforms.engine, partial(let_go, store=store))
    return left


def let_go(connection: Connection, store: Store) -> bool:
    """Stop, unless the store was connected again since it was read as `store`; whether it was let go. The grant is worth
    nothing by now, so there is nothing to revoke. Done twice, it is done once.
    """
    if not stores.mark_uninstalled(connection, store, database_now(connection)):
        return False
    changes.record(connection, store.id, BY_ITSELF, "disconnected")
    held.stop_store(connection, store.id, State.HELD, STORE_DISCONNECTED)
    grants.forget(connection, store.id)
    sessions.end_all(connection, store.id)
    chores.cancel(connection, store.id)
    alerts.clear(connection, store_id=store.id, kind=NEEDS_RECONNECT)
    return True
