"""The merchant removed our app: nothing leaves for Meta any more, and nothing is dropped until the law demands it.

The platform's word for it may come late or twice, and even after the merchant connected the store again. So where we
hold a grant of the store, it is tried first (`upkeep`): only if the platform does not take it, the store is let go.
"""

from integration.db import Connection, Engine, alerts, chores, grants, held, stores, tasks, transact
from integration.db import now as database_now
from integration.db.deliveries import State
from integration.db.tasks import Task
from integration.pipeline.qualify import STORE_DISCONNECTED
from integration.stores.grants import NEEDS_RECONNECT


def run_open_tasks(engine: Engine) -> int:
    """Carry out, or have looked into, the uninstalls that webhooks wrote down; how many."""
    return transact(engine, _run)


def _run(connection: Connection) -> int:
    found = tasks.open_ones(connection, [tasks.STORE_UNINSTALLED])
    for task in found:
        if task.store_id:
            _uninstalled(connection, task.store_id, task)
        tasks.finish(connection, task.id)
    return len(found)


def _uninstalled(connection: Connection, store_id: str, task: Task) -> None:
    store = stores.by_id(connection, store_id)
    if store is None or store.uninstalled_at is not None:
        return
    if store.connected_at is not None and task.created_at < store.connected_at:
        return  # the store was connected again since
    if grants.of_store(connection, store_id) is None:
        let_go(connection, store_id)
    else:
        chores.plan(connection, store_id, chores.FAREWELL)


def let_go(connection: Connection, store_id: str) -> None:
    """Stop. The grant is worth nothing by now, so there is nothing to revoke. Done twice, it is done once."""
    stores.mark_uninstalled(connection, store_id, database_now(connection))
    held.stop_store(connection, store_id, State.HELD, STORE_DISCONNECTED)
    grants.remove(connection, store_id)
    chores.cancel(connection, store_id)
    alerts.clear(connection, store_id=store_id, kind=NEEDS_RECONNECT)
