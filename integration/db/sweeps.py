"""How far a store's changed orders were read, and which of them had not been told to us by then."""

import sqlalchemy as sa

from integration.db import Instant, metadata

sweeps = sa.Table(
    "sweeps",
    metadata,
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("seen_to", Instant, nullable=False),  # by the store's own clock: changed up to then, all are read
    sa.Column("cursor", sa.Text),  # where to read on, within one reading
    sa.Column("recovered", sa.Integer, nullable=False, server_default="0"),  # orders that nobody had told us of
    sa.Column("recovered_at", Instant),
    sa.Column(
        "arrivals", sa.Text, nullable=False, server_default="[]"
    ),  # JSON: of the last orders; see stores.punctuality
    sa.Column("swept_at", Instant),
)
