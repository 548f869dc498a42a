"""Answers of the API to requests with an Idempotency-Key, and what people ask the asset graph to compute."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Makes both tables, and lets what changed since a row of the ledger be found."""
    op.create_index("planner_numbers_ended", "planner_numbers", ["ended_sequence"])
    op.create_table(
        "answered_requests",
        sa.Column("user", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("answered_requests_at", "answered_requests", ["at"])
    op.create_table(
        "requests",
        sa.Column("sequence", sa.BigInteger, sa.ForeignKey("ledger.sequence"), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drops both tables; what the ledger says of requests stays."""
    op.drop_index("planner_numbers_ended", "planner_numbers")
    op.drop_table("requests")
    op.drop_table("answered_requests")
