"""Before deploy: old code ignores the new tables, and leaves orders about them to new code."""

import sqlalchemy as sa
from alembic import op

from storage.schema import UtcDateTime

revision = "0006"
down_revision = "0005"

_NAME, _ID = sa.String(length=200), sa.String(length=26)


def upgrade() -> None:
    op.create_table(
        "takeovers",
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.Column("conversation", _ID, nullable=False),
        sa.Column("holder", _ID, nullable=False),
        sa.Column("reference", _NAME, nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_by", _ID),
        sa.PrimaryKeyConstraint("code", name="pk_takeovers"),
    )
    op.create_index("ix_takeovers_conversation", "takeovers", ["conversation"])
    op.create_table(
        "followers",
        sa.Column("reference", _NAME, nullable=False),
        sa.Column("conversation", _ID, nullable=False),
        sa.PrimaryKeyConstraint("reference", "conversation", name="pk_followers"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_followers_conversation", "followers", ["conversation"])
