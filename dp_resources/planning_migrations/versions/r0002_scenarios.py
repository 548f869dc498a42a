"""Scenarios: named sets of changes over a cycle, as planners write them down."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Makes the table, and lets one scenario at most have a name."""
    op.create_table(
        "scenarios",
        sa.Column("sequence", sa.BigInteger, sa.ForeignKey("ledger.sequence"), primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("cycle", sa.Date, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("ended_sequence", sa.BigInteger, sa.ForeignKey("ledger.sequence")),
    )
    op.create_index(
        "scenarios_in_force",
        "scenarios",
        ["name"],
        unique=True,
        sqlite_where=sa.text("ended_sequence IS NULL"),
        postgresql_where=sa.text("ended_sequence IS NULL"),
    )
