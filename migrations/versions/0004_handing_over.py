"""Connecting by keys, secrets that rotate, sweeps of changed orders, what plugins report, and signing in."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _store_id() -> sa.Column[str]:
    return sa.Column("store_id", sa.String(length=32), nullable=False)


def _of_a_store(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f(f"fk_{table}_store_id"), ondelete="CASCADE")


def upgrade() -> None:
    with op.batch_alter_table("stores") as table:
        table.add_column(sa.Column("former_secret", sa.Text(), nullable=True))
        table.add_column(sa.Column("secret_at", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("installs") as table:
        table.add_column(sa.Column("address", sa.Text(), nullable=True))
        table.add_column(sa.Column("door_sha256", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("sealed_keys", sa.Text(), nullable=True))
        table.create_unique_constraint(op.f("uq_installs_door_sha256"), ["door_sha256"])
    op.create_table(
        "sessions",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        _store_id(),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        _of_a_store("sessions"),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"], unique=False)
    op.create_index("ix_sessions_store_id", "sessions", ["store_id"], unique=False)
    op.create_table(
        "sign_in_codes",
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        _store_id(),
        sa.Column("nonce_sha256", sa.String(length=64), nullable=False),
        sa.Column("used", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        _of_a_store("sign_in_codes"),
        sa.PrimaryKeyConstraint("code_sha256", name=op.f("pk_sign_in_codes")),
        sa.UniqueConstraint("store_id", "nonce_sha256", name=op.f("uq_sign_in_codes_store_id_nonce_sha256")),
    )
    op.create_index("ix_sign_in_codes_expires_at", "sign_in_codes", ["expires_at"], unique=False)
    op.create_table(
        "sweeps",
        _store_id(),
        sa.Column("seen_to", sa.BigInteger(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("recovered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("recovered_at", sa.BigInteger(), nullable=True),
        sa.Column("arrivals", sa.Text(), server_default="[]", nullable=False),
        sa.Column("swept_at", sa.BigInteger(), nullable=True),
        _of_a_store("sweeps"),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_sweeps")),
    )
    op.create_table(
        "storefronts",
        _store_id(),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.BigInteger(), nullable=False),
        _of_a_store("storefronts"),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_storefronts")),
    )


def downgrade() -> None:
    op.drop_table("storefronts")
    op.drop_table("sweeps")
    op.drop_index("ix_sign_in_codes_expires_at", table_name="sign_in_codes")
    op.drop_table("sign_in_codes")
    op.drop_index("ix_sessions_store_id", table_name="sessions")
    op.drop_index("ix_sessions_expires_at", table_name="sessions")
    op.drop_table("sessions")
    with op.batch_alter_table("installs") as table:
        table.drop_constraint(op.f("uq_installs_door_sha256"), type_="unique")
        table.drop_column("sealed_keys")
        table.drop_column("door_sha256")
        table.drop_column("address")
    with op.batch_alter_table("stores") as table:
        table.drop_column("secret_at")
        table.drop_column("former_secret")
