"""A task that is done names a shop, maybe one that is none of ours: nothing of it is kept any more."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM tasks WHERE done_at IS NOT NULL")
    op.drop_index("ix_tasks_open", table_name="tasks")
    with op.batch_alter_table("tasks") as table:
        table.drop_column("done_at")


def downgrade() -> None:
    with op.batch_alter_table("tasks") as table:
        table.add_column(sa.Column("done_at", sa.BigInteger(), nullable=True))
    still = sa.text("done_at IS NULL")
    op.create_index("ix_tasks_open", "tasks", ["id"], postgresql_where=still, sqlite_where=still)
