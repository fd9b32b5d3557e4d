"""Before deploy: old code ignores the new table, and leaves orders to erase to new code."""

import sqlalchemy as sa
from alembic import op

from storage.schema import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("applicant", sa.String(length=26), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.Column("owed", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_erasures"),
    )
