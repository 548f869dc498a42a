"""Proposals: numbers that wait for somebody else's approval."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "proposals",
        sa.Column("sequence", sa.BigInteger, sa.ForeignKey("ledger.sequence"), primary_key=True, autoincrement=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("cycle", sa.Date, nullable=False),
        sa.Column("numbers", sa.Text, nullable=False),
        sa.Column("decided_sequence", sa.BigInteger, sa.ForeignKey("ledger.sequence")),
    )
