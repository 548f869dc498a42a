"""Users and their API keys."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Makes both tables, empty: nobody can sign in before somebody is added."""
    op.create_table(
        "users",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("sequence", sa.BigInteger, sa.ForeignKey("ledger.sequence"), nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("nodes", sa.Text),
        sa.Column("sees_outside", sa.Boolean, nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("must_change_password", sa.Boolean, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
    )
    op.create_table(
        "api_keys",
        sa.Column("prefix", sa.Text, primary_key=True),
        sa.Column("sequence", sa.BigInteger, sa.ForeignKey("ledger.sequence"), nullable=False),
        sa.Column("user", sa.Text, sa.ForeignKey("users.name"), nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("permissions", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.Column("revoked", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    """Drops both tables; what the ledger says of them stays."""
    op.drop_table("api_keys")
    op.drop_table("users")
