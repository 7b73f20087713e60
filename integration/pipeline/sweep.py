"""What the clock does every two seconds: it finds what nobody was woken for. The database is the record, RQ a bell."""

from typing import NamedTuple

from integration.db import Connection, Engine, chores, due, pair_tests, privacy_requests, tasks, transaction
from integration.pipeline.adopt import adopt_stragglers
from integration.pipeline.outcome import release_refunds

_TASKS = (tasks.STORE_UNINSTALLED, tasks.PRIVACY_REQUEST)


def _has_tasks(connection: Connection) -> bool:
    asked = tasks.open_ones(connection, _TASKS) or privacy_requests.due(connection, 1)
    return bool(asked) or pair_tests.anything_due(connection)


class Due(NamedTuple):
    """Of what a worker would find something."""

    deliveries: bool
    tasks: bool
    chores: bool


def sweep(engine: Engine) -> Due:
    """Settle what depends on others; what is due then."""
    with transaction(engine) as connection:
        adopt_stragglers(connection)
        release_refunds(connection)
        return Due(
            due.anything_due(connection),
            _has_tasks(connection),
            chores.anything_due(connection),
        )
