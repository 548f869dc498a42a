"""Alerts, open and past, and what of them is still to be told on which channel."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Makes both tables."""
    op.create_table(
        "alerts",
        sa.Column("sequence", sa.BigInteger, sa.ForeignKey("ledger.sequence"), primary_key=True, autoincrement=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("key", "kind", "severity", "owner", "happened", "means", "do", "link", "runbook", "opened_at")
        ),
        sa.Column("closed_sequence", sa.BigInteger, sa.ForeignKey("ledger.sequence"), unique=True),
        sa.Column("closed_at", sa.Text),
        sa.Column("ending", sa.Text),
        sa.Column("said", sa.Text),
        sa.CheckConstraint("severity IN ('warning', 'error', 'critical')", name="alerts_severity"),
        sa.CheckConstraint("ending IN ('recovered', 'replaced')", name="alerts_ending"),
        sa.CheckConstraint("(closed_sequence IS NULL) = (ending IS NULL)", name="alerts_end_whole"),
    )
    # A trouble is open once at most, whoever looks at the same moment.
    op.create_index(
        "alerts_open",
        "alerts",
        ["key"],
        unique=True,
        sqlite_where=sa.text("closed_sequence IS NULL"),
        postgresql_where=sa.text("closed_sequence IS NULL"),
    )
    op.create_index("alerts_key", "alerts", ["key"])
    op.create_table(
        "alert_notices",
        sa.Column("alert", sa.BigInteger, sa.ForeignKey("alerts.sequence"), primary_key=True, autoincrement=False),
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("sent_at", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.CheckConstraint("what IN ('opened', 'recovered')", name="alert_notices_what"),
    )


def downgrade() -> None:
    """Drops both tables; what the ledger says of alerts stays."""
    op.drop_table("alert_notices")
    op.drop_table("alerts")
