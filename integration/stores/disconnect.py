"""The merchant removed our app: nothing leaves for Meta any more, and nothing is dropped until the law demands it."""

from integration.db import Connection, Engine, held, stores, tasks, transaction
from integration.db import now as database_now
from integration.db.deliveries import State
from integration.pipeline.qualify import STORE_DISCONNECTED


def run_open_tasks(engine: Engine) -> int:
    """Carry out the uninstalls that webhooks wrote down; how many."""
    with transaction(engine) as connection:
        found = tasks.open_ones(connection, [tasks.STORE_UNINSTALLED])
        for task in found:
            if task.store_id:
                _disconnect(connection, task.store_id)
            tasks.finish(connection, task.id)
    return len(found)


def _disconnect(connection: Connection, store_id: str) -> None:
    stores.mark_uninstalled(connection, store_id, database_now(connection))
    held.stop_store(connection, store_id, State.HELD, STORE_DISCONNECTED)
