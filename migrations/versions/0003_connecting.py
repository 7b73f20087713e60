"""Connecting a store by its platform's own flow: installs begun, grants, chores, surveys; what a store is called there."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _store_id() -> sa.Column[str]:
    return sa.Column("store_id", sa.String(length=32), nullable=False)


def _of_a_store(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f(f"fk_{table}_store_id"), ondelete="CASCADE")


def upgrade() -> None:
    with op.batch_alter_table("stores") as table:
        table.add_column(sa.Column("platform_id", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("connected_at", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("opened_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "installs",
        sa.Column("state_sha256", sa.String(length=64), nullable=False),
        sa.Column("platform", sa.String(length=32), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("browser_sha256", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("state_sha256", name=op.f("pk_installs")),
    )
    op.create_index("ix_installs_expires_at", "installs", ["expires_at"], unique=False)
    op.create_table(
        "grants",
        _store_id(),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("refresh_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("rejected", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("generation", sa.Integer(), server_default="1", nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("locked_by", sa.String(length=64), nullable=True),
        sa.Column("locked_until", sa.BigInteger(), nullable=True),
        _of_a_store("grants"),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_grants")),
    )
    op.create_table(
        "chores",
        _store_id(),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("trouble", sa.String(length=500), nullable=True),
        sa.Column("leased_by", sa.String(length=64), nullable=True),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        _of_a_store("chores"),
        sa.PrimaryKeyConstraint("store_id", "kind", name=op.f("pk_chores")),
    )
    op.create_index("ix_chores_due_at", "chores", ["due_at"], unique=False)
    op.create_table(
        "surveys",
        _store_id(),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("orders", sa.Integer(), server_default="0", nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        _of_a_store("surveys"),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_surveys")),
    )


def downgrade() -> None:
    op.drop_table("surveys")
    op.drop_index("ix_chores_due_at", table_name="chores")
    op.drop_table("chores")
    op.drop_table("grants")
    op.drop_index("ix_installs_expires_at", table_name="installs")
    op.drop_table("installs")
    with op.batch_alter_table("stores") as table:
        table.drop_column("opened_at")
        table.drop_column("connected_at")
        table.drop_column("platform_id")
