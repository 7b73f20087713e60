"""What was stated of consent and what was decided, requests of people about their data, and whom not to bring back."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_FINGERPRINTS = ("email_hmac", "phone_hmac", "customer_hmac")
# What is forgotten by age is found by these, each in the order of time.
_AGES = (("webhooks", "received_at"), ("quarantine", "received_at"), ("attempts", "started_at"))


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False)


def _of_a_store(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f(f"fk_{table}_store_id"), ondelete="CASCADE")


def _partial(name: str, columns: list[str], words: str) -> None:
    some = sa.text(words)
    op.create_index(f"ix_events_{name}", "events", columns, postgresql_where=some, sqlite_where=some)


def upgrade() -> None:
    with op.batch_alter_table("events") as table:
        table.add_column(sa.Column("stated", sa.Text(), nullable=True))
        table.add_column(sa.Column("region", sa.String(length=8), nullable=True))
        table.add_column(sa.Column("granted_at", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("deliveries") as table:
        table.add_column(sa.Column("ruling", sa.String(length=150), nullable=True))
    for name in _FINGERPRINTS:
        _partial(name, [name], f"{name} IS NOT NULL")
    _partial("person", ["received_at"], "user_data IS NOT NULL")
    _partial("granted", ["store_id", "granted_at"], "granted_at IS NOT NULL")
    for table_name, column in _AGES:
        op.create_index(f"ix_{table_name}_{column}", table_name, [column], unique=False)
    op.create_table(
        "tombstones",
        _id(),
        sa.Column("store_id", sa.String(length=32), nullable=False),
        sa.Column("hmac", sa.String(length=64), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=False),
        _of_a_store("tombstones"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tombstones")),
        sa.UniqueConstraint("store_id", "hmac", name=op.f("uq_tombstones_store_id_hmac")),
    )
    op.create_table(
        "privacy_requests",
        _id(),
        sa.Column("store_id", sa.String(length=32), nullable=True),
        sa.Column("platform", sa.String(length=32), nullable=False),
        sa.Column("site_hmac", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("asked_by", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("demand", sa.Text(), nullable=True),
        sa.Column("people", sa.Text(), server_default="[]", nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("begun_at", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("proof", sa.Text(), nullable=True),
        sa.Column("trouble", sa.String(length=255), nullable=True),
        sa.Column("export", sa.Text(), nullable=True),
        _of_a_store("privacy_requests"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_requests")),
    )
    op.create_index("ix_privacy_requests_store_id_asked_at", "privacy_requests", ["store_id", "asked_at"], unique=False)
    some = sa.text("next_at IS NOT NULL")
    op.create_index(
        "ix_privacy_requests_next_at", "privacy_requests", ["next_at"], postgresql_where=some, sqlite_where=some
    )

    # A task that is done names a shop, maybe one that is none of ours: nothing of it is kept any more.
    op.execute("DELETE FROM tasks WHERE done_at IS NOT NULL")
    op.drop_index("ix_tasks_open", table_name="tasks")
    with op.batch_alter_table("tasks") as table:
        table.drop_column("done_at")


def downgrade() -> None:
    with op.batch_alter_table("tasks") as table:
        table.add_column(sa.Column("done_at", sa.BigInteger(), nullable=True))
    still = sa.text("done_at IS NULL")
    op.create_index("ix_tasks_open", "tasks", ["id"], postgresql_where=still, sqlite_where=still)
    op.drop_index("ix_privacy_requests_next_at", table_name="privacy_requests")
    op.drop_index("ix_privacy_requests_store_id_asked_at", table_name="privacy_requests")
    op.drop_table("privacy_requests")
    op.drop_table("tombstones")
    for table_name, column in reversed(_AGES):
        op.drop_index(f"ix_{table_name}_{column}", table_name=table_name)
    for name in ("granted", "person", *reversed(_FINGERPRINTS)):
        op.drop_index(f"ix_events_{name}", table_name="events")
    with op.batch_alter_table("deliveries") as table:
        table.drop_column("ruling")
    with op.batch_alter_table("events") as table:
        for name in ("granted_at", "region", "stated"):
            table.drop_column(name)
