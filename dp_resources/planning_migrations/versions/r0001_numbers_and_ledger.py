"""Planners' numbers, and the audit ledger, which is only ever added to."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

REFUSED = "the ledger is only ever added to"


def upgrade() -> None:
    """Makes both tables, and triggers that refuse to change the ledger."""
    op.create_table(
        "ledger",
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.Column("previous_hash", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    op.create_table(
        "planner_numbers",
        sa.Column("sequence", sa.BigInteger, sa.ForeignKey("ledger.sequence"), primary_key=True, autoincrement=False),
        sa.Column("hierarchy", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("bucket_start", sa.Date, nullable=False),
        sa.Column("quantity", sa.Float(53), nullable=False),
        sa.Column("locked", sa.Boolean, nullable=False),
        sa.Column("reason_code", sa.Text, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("cycle", sa.Date, nullable=False),
        sa.Column("expires", sa.Date),
        sa.Column("ended", sa.Date),
        sa.Column("ended_sequence", sa.BigInteger, sa.ForeignKey("ledger.sequence")),
        sa.CheckConstraint("quantity >= 0", name="quantity_is_not_negative"),
    )
    op.create_index("planner_numbers_place", "planner_numbers", ["hierarchy", "node", "bucket_start"])
    # One number at most holds for a node and a bucket, whoever writes at the same moment.
    op.create_index(
        "planner_numbers_in_force",
        "planner_numbers",
        ["hierarchy", "node", "bucket_start"],
        unique=True,
        sqlite_where=sa.text("ended IS NULL"),
        postgresql_where=sa.text("ended IS NULL"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER ledger_no_{verb.lower()} BEFORE {verb} ON ledger "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSED}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()"
    )
