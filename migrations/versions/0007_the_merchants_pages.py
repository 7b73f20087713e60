"""What the merchant's pages need: the store's zone, days counted, changes, operators, invitations, pair tests, proofs."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_OF_DATASETS = (
    ("name", sa.String(length=255)),
    ("token_tail", sa.String(length=4)),
    ("checked_at", sa.BigInteger()),
    ("test_event_code_until", sa.BigInteger()),
    ("paused_at", sa.BigInteger()),
)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False)


def _store_id(*, nullable: bool = False) -> sa.Column[str]:
    return sa.Column("store_id", sa.String(length=32), nullable=nullable)


def _of_a_store(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f(f"fk_{table}_store_id"), ondelete="CASCADE")


def upgrade() -> None:
    with op.batch_alter_table("stores") as table:
        table.add_column(sa.Column("timezone", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("alert_emails", sa.Text(), nullable=True))
    with op.batch_alter_table("datasets") as table:
        for name, kind in _OF_DATASETS:
            table.add_column(sa.Column(name, kind, nullable=True))
    with op.batch_alter_table("deliveries") as table:
        table.add_column(sa.Column("former_attempts", sa.String(length=500), nullable=True))
    # A page of a store's events in one state, the newest first, without sorting them.
    op.drop_index("ix_deliveries_store_id_state", table_name="deliveries")
    op.create_index("ix_deliveries_store_id_state", "deliveries", ["store_id", "state", "id"], unique=False)
    failed = sa.text("state IN ('dead', 'ambiguous', 'expired')")
    told = {"postgresql_where": failed, "sqlite_where": failed}
    op.create_index("ix_deliveries_failed", "deliveries", ["id"], unique=False, **told)
    _changes()
    _days()
    _operators()
    _onboarding()


def _changes() -> None:
    op.create_table(
        "changes",
        _id(),
        _store_id(nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("surface", sa.String(length=16), nullable=False),
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        _of_a_store("changes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    op.create_index("ix_changes_store_id", "changes", ["store_id", "id"], unique=False)


def _days() -> None:
    op.create_table(
        "days",
        _store_id(),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("part", sa.String(length=32), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("counted_at", sa.BigInteger(), nullable=False),
        _of_a_store("days"),
        sa.PrimaryKeyConstraint("store_id", "day", "part", name=op.f("pk_days")),
    )


def _operators() -> None:
    op.create_table(
        "operators",
        _id(),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("key_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operators")),
        sa.UniqueConstraint("name", name=op.f("uq_operators_name")),
    )
    op.create_table(
        "operator_sessions",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_operator_sessions_operator_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_operator_sessions")),
    )
    op.create_table(
        "sign_in_tries",
        _id(),
        sa.Column("whose", sa.String(length=100), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_tries")),
    )
    op.create_index("ix_sign_in_tries_whose_at", "sign_in_tries", ["whose", "at"], unique=False)


def _onboarding() -> None:
    op.create_table(
        "invitations",
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        _store_id(),
        sa.Column("made_by", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        _of_a_store("invitations"),
        sa.PrimaryKeyConstraint("code_sha256", name=op.f("pk_invitations")),
    )
    op.create_index("ix_invitations_store_id", "invitations", ["store_id"], unique=False)
    op.create_table(
        "pair_tests",
        _id(),
        _store_id(),
        sa.Column("dataset_id", sa.String(length=64), nullable=False),
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("pixel_at", sa.BigInteger(), nullable=True),
        sa.Column("pixel_state", sa.String(length=16), nullable=True),
        sa.Column("browser", sa.Text(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("server_at", sa.BigInteger(), nullable=True),
        sa.Column("fbtrace_id", sa.String(length=64), nullable=True),
        sa.Column("trouble", sa.String(length=500), nullable=True),
        _of_a_store("pair_tests"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pair_tests")),
        sa.UniqueConstraint("code_sha256", name=op.f("uq_pair_tests_code_sha256")),
    )
    op.create_index("ix_pair_tests_store_id", "pair_tests", ["store_id", "id"], unique=False)
    op.create_index("ix_pair_tests_due_at", "pair_tests", ["due_at"], unique=False)
    op.create_table(
        "proofs",
        _store_id(),
        sa.Column("event_pk", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("proven_at", sa.BigInteger(), nullable=False),
        sa.Column("mailed_at", sa.BigInteger(), nullable=True),
        sa.Column("trouble", sa.String(length=500), nullable=True),
        _of_a_store("proofs"),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_proofs")),
    )


def downgrade() -> None:
    op.drop_table("proofs")
    op.drop_index("ix_pair_tests_due_at", table_name="pair_tests")
    op.drop_index("ix_pair_tests_store_id", table_name="pair_tests")
    op.drop_table("pair_tests")
    op.drop_index("ix_invitations_store_id", table_name="invitations")
    op.drop_table("invitations")
    op.drop_index("ix_sign_in_tries_whose_at", table_name="sign_in_tries")
    op.drop_table("sign_in_tries")
    op.drop_table("operator_sessions")
    op.drop_table("operators")
    op.drop_table("days")
    op.drop_index("ix_changes_store_id", table_name="changes")
    op.drop_table("changes")
    op.drop_index("ix_deliveries_failed", table_name="deliveries")
    op.drop_index("ix_deliveries_store_id_state", table_name="deliveries")
    op.create_index("ix_deliveries_store_id_state", "deliveries", ["store_id", "state"], unique=False)
    with op.batch_alter_table("deliveries") as table:
        table.drop_column("former_attempts")
    with op.batch_alter_table("datasets") as table:
        for name, _kind in reversed(_OF_DATASETS):
            table.drop_column(name)
    with op.batch_alter_table("stores") as table:
        table.drop_column("alert_emails")
        table.drop_column("timezone")
