"""Alembic's entry: it gets an open connection from integration.db.migrate, and never reads a URL of its own."""

from alembic import context

from integration.db import (
    alerts,
    attempts,
    changes,
    chores,
    datasets,
    days,
    deliveries,
    events,
    golives,
    grants,
    installs,
    invitations,
    metadata,
    operators,
    pair_tests,
    privacy_requests,
    proofs,
    scans,
    sessions,
    sightings,
    signals,
    storefronts,
    stores,
    surveys,
    sweeps,
    tasks,
    tombstones,
    webhooks,
)

_TABLES = (
    alerts,
    attempts,
    changes,
    chores,
    datasets,
    days,
    deliveries,
    events,
    golives,
    grants,
    installs,
    invitations,
    operators,
    pair_tests,
    privacy_requests,
    proofs,
    scans,
    sessions,
    sightings,
    signals,
    storefronts,
    stores,
    surveys,
    sweeps,
    tasks,
    tombstones,
    webhooks,
)
# Any number will do, as long as every process of ours takes the same.
_ADVISORY_LOCK = 7_262_336

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    transactional_ddl=True,
)
with connection.begin():
    if connection.dialect.name == "postgresql":
        # The service's own short limits are not meant for an index on a large table.
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
    with context.begin_transaction():
        context.run_migrations()
