"""Signals and sightings of browsers, what joins them with orders, and what was found on a store's pages."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_JOINS = ("checkout_key", "cart_key")


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False)


def _store_id() -> sa.Column[str]:
    return sa.Column("store_id", sa.String(length=32), nullable=False)


def _of_a_store(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f(f"fk_{table}_store_id"), ondelete="CASCADE")


def upgrade() -> None:
    with op.batch_alter_table("stores") as table:
        table.add_column(sa.Column("storefront_at", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("events") as table:
        for name in _JOINS:
            table.add_column(sa.Column(name, sa.String(length=64), nullable=True))
    for name in (*_JOINS, "placed_at"):
        op.create_index(f"ix_events_store_id_{name}", "events", ["store_id", name], unique=False)
    op.create_table(
        "signals",
        _id(),
        _store_id(),
        sa.Column("join_key", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        _of_a_store("signals"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signals")),
        sa.UniqueConstraint("store_id", "join_key", name=op.f("uq_signals_store_id_join_key")),
    )
    op.create_index("ix_signals_last_at", "signals", ["last_at"], unique=False)
    op.create_index("ix_signals_store_id_first_at", "signals", ["store_id", "first_at"], unique=False)
    op.create_table(
        "sightings",
        _id(),
        _store_id(),
        sa.Column("dataset_id", sa.String(length=32), nullable=False),
        sa.Column("event_name", sa.String(length=50), nullable=False),
        sa.Column("event_id", sa.String(length=255), nullable=False),
        sa.Column("proof_key", sa.String(length=64), nullable=False),
        sa.Column("called_at", sa.BigInteger(), nullable=True),
        sa.Column("loaded_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        _of_a_store("sightings"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sightings")),
        sa.UniqueConstraint(
            *("store_id", "dataset_id", "event_name", "event_id", "proof_key"),
            name=op.f("uq_sightings_store_id_dataset_id_event_name_event_id_proof_key"),
        ),
    )
    op.create_index("ix_sightings_store_id_proof_key", "sightings", ["store_id", "proof_key"], unique=False)
    op.create_index("ix_sightings_store_id_first_at", "sightings", ["store_id", "first_at"], unique=False)
    op.create_table(
        "scans",
        _store_id(),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("hosts", sa.Text(), server_default="", nullable=False),
        sa.Column("scanned_at", sa.BigInteger(), nullable=False),
        _of_a_store("scans"),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_scans")),
    )

    op.create_table(
        "golives",
        _id(),
        _store_id(),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("senders", sa.Text(), nullable=False),
        _of_a_store("golives"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_golives")),
    )
    op.create_index("ix_golives_store_id", "golives", ["store_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_golives_store_id", table_name="golives")
    op.drop_table("golives")
    op.drop_table("scans")
    op.drop_index("ix_sightings_store_id_first_at", table_name="sightings")
    op.drop_index("ix_sightings_store_id_proof_key", table_name="sightings")
    op.drop_table("sightings")
    op.drop_index("ix_signals_store_id_first_at", table_name="signals")
    op.drop_index("ix_signals_last_at", table_name="signals")
    op.drop_table("signals")
    for name in (*_JOINS, "placed_at"):
        op.drop_index(f"ix_events_store_id_{name}", table_name="events")
    with op.batch_alter_table("events") as table:
        for name in _JOINS:
            table.drop_column(name)
    with op.batch_alter_table("stores") as table:
        table.drop_column("storefront_at")
