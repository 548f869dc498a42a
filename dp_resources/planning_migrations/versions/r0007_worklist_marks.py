"""Marks on the worklist: what planners accepted, snoozed, and who looks at what."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "worklist_marks",
        sa.Column("hierarchy", sa.Text, primary_key=True),
        sa.Column("level", sa.Text, primary_key=True),
        sa.Column("node", sa.Text, primary_key=True),
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("cycle", sa.Date, nullable=False),
        sa.Column("state", sa.Text),
        sa.Column("until", sa.Date),
        sa.Column("assigned_to", sa.Text),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, sa.ForeignKey("ledger.sequence"), nullable=False, unique=True),
        sa.CheckConstraint("state IN ('accepted', 'snoozed')", name="worklist_marks_state"),
        sa.CheckConstraint("(until IS NOT NULL) = (coalesce(state, '') = 'snoozed')", name="worklist_marks_until"),
    )


def downgrade() -> None:
    """Drops the table; what the ledger says of marks stays."""
    op.drop_table("worklist_marks")
