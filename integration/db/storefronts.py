"""What a plugin in a store's own server reports of itself and of its neighbours. Nothing of shoppers."""

import sqlalchemy as sa

from integration.db import Instant, metadata

storefronts = sa.Table(
    "storefronts",
    metadata,
    sa.Column("store_id", sa.String(32), sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("report", sa.Text, nullable=False),  # JSON; its shape is stores.storefront's
    sa.Column("reported_at", Instant, nullable=False),
)
