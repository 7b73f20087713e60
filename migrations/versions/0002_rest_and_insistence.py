"""Rest of a dataset (throttled, failing or paused), what was refused in a row, insisted deliveries, store versions."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


_UNDER_WAY = "state IN ('pending', 'waiting', 'sending')"


def _partial(name: str, columns: list[str], words: str) -> None:
    some = sa.text(words)
    op.create_index(f"ix_deliveries_{name}", "deliveries", columns, postgresql_where=some, sqlite_where=some)


def upgrade() -> None:
    with op.batch_alter_table("stores") as table:
        table.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    with op.batch_alter_table("datasets") as table:
        table.add_column(sa.Column("rest_until", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("failures", sa.Integer(), server_default="0", nullable=False))
        table.add_column(sa.Column("crashes", sa.Integer(), server_default="0", nullable=False))
        table.add_column(sa.Column("refused_from", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("deliveries") as table:
        table.add_column(sa.Column("insisted", sa.Boolean(), server_default=sa.false(), nullable=False))
    for name, words in (("held", "state = 'held'"), ("dependents", "state = 'waiting' AND next_at IS NULL")):
        _partial(name, ["dataset_pk"], words)
    op.drop_index("ix_deliveries_due", table_name="deliveries")
    _partial("due", ["dataset_pk", "next_at", "id"], _UNDER_WAY)


def downgrade() -> None:
    for name in ("due", "dependents", "held"):
        op.drop_index(f"ix_deliveries_{name}", table_name="deliveries")
    _partial("due", ["dataset_pk", "next_at"], _UNDER_WAY)
    with op.batch_alter_table("deliveries") as table:
        table.drop_column("insisted")
    with op.batch_alter_table("datasets") as table:
        for name in ("refused_from", "crashes", "failures", "rest_until"):
            table.drop_column(name)
    with op.batch_alter_table("stores") as table:
        table.drop_column("version")
