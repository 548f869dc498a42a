"""How the series below a number share it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Numbers set until now were shared in proportion to the forecast."""
    op.add_column("planner_numbers", sa.Column("split", sa.Text, nullable=False, server_default="forecast"))
