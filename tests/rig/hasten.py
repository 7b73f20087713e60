"""Time made short for the tests: what would happen in a minute or an hour happens now, by the same means.

A lease that runs out and a due time that comes are values of two columns, compared with the database's clock. Nothing
of the service is changed by moving them: whoever still holds such a lease is stopped by its fence, as in life.
"""

import sqlalchemy as sa

from integration import db
from integration.db.datasets import datasets
from integration.db.deliveries import State, deliveries
from integration.pipeline.deliver import LEASE_SECONDS


def let_leases_lapse(engine: db.Engine, *, older_than: float = 0.0) -> None:
    """The leases taken or renewed more than so many seconds ago have run out."""
    renewed = sa.type_coerce(datasets.c.lease_until, sa.BigInteger) - LEASE_SECONDS * 1000
    old = renewed <= sa.type_coerce(db.clock(), sa.BigInteger) - int(older_than * 1000)
    with db.transaction(engine) as connection:
        connection.execute(sa.update(datasets).where(old).values(lease_until=db.from_ms(0)))


def make_everything_due(engine: db.Engine) -> None:
    """The next tries of all deliveries have come, and no dataset rests."""
    later = sa.and_(
        deliveries.c.state.in_((State.PENDING, State.WAITING, State.SENDING)), deliveries.c.next_at > db.clock()
    )
    with db.transaction(engine) as connection:
        connection.execute(sa.update(datasets).where(datasets.c.rest_until.is_not(None)).values(rest_until=None))
        connection.execute(sa.update(deliveries).where(later).values(next_at=db.clock()))
