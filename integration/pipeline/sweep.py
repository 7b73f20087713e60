"""What the clock does every two seconds: it finds what nobody was woken for. The database is the record, RQ a bell."""

from integration.db import Engine, due, tasks, transaction
from integration.pipeline.adopt import adopt_stragglers
from integration.pipeline.outcome import release_refunds


def sweep(engine: Engine) -> tuple[bool, bool]:
    """Settle what depends on others; whether a worker would find deliveries, and whether it would find tasks."""
    with transaction(engine) as connection:
        adopt_stragglers(connection)
        release_refunds(connection)
        return (
            due.anything_due(connection),
            bool(tasks.open_ones(connection, [tasks.STORE_UNINSTALLED])),
        )
