"""Rest of a dataset (throttled, failing or paused), what was refused in a row, insisted deliveries, store versions."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


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
        some = sa.text(words)
        op.create_index(
            f"ix_deliveries_{name}", "deliveries", ["dataset_pk"], postgresql_where=some, sqlite_where=some
        )


def downgrade() -> None:
    for name in ("dependents", "held"):
        op.drop_index(f"ix_deliveries_{name}", table_name="deliveries")
    with op.batch_alter_table("deliveries") as table:
        table.drop_column("insisted")
    with op.batch_alter_table("datasets") as table:
        for name in ("refused_from", "crashes", "failures", "rest_until"):
            table.drop_column(name)
    with op.batch_alter_table("stores") as table:
        table.drop_column("version")
