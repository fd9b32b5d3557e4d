"""Before deploy: old code ignores the new tables; stop the old `serve`, which knows no addresses, first."""

import sqlalchemy as sa
from alembic import op

from storage.schema import UtcDateTime

revision = "0003"
down_revision = "0002"

_NAME, _ID = sa.String(length=200), sa.String(length=26)


def _required(name: str, kind: object) -> sa.Column[object]:
    return sa.Column(name, kind, nullable=False)  # type: ignore[arg-type]  # any type of SQLAlchemy's


def upgrade() -> None:
    op.add_column("conversations", sa.Column("reply_until", UtcDateTime()))
    op.add_column("outbox", sa.Column("parts", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("outbox", sa.Column("doubts", sa.Integer(), nullable=False, server_default="0"))
    op.drop_index("ix_outbox_aside", "outbox")
    aside = sa.text("state != 'todo' AND done_at IS NULL")
    op.create_index(
        "ix_outbox_aside", "outbox", ["state", "conversation"], sqlite_where=aside, postgresql_where=aside
    )
    _addresses()
    _handovers()
    _keys_and_notices()


def _addresses() -> None:
    op.create_table(
        "addresses",
        _required("channel", _NAME),
        _required("account", _NAME),
        _required("user_id", _NAME),
        _required("conversation", _ID),
        _required("since", UtcDateTime()),
        _required("seen_at", UtcDateTime()),
        _required("gone", sa.Boolean()),
        sa.Column("message_at", UtcDateTime()),
        _required("message_used", sa.Integer()),
        sa.Column("tap_at", UtcDateTime()),
        _required("tap_used", sa.Integer()),
        sa.Column("hook", sa.LargeBinary()),
        sa.Column("hook_until", UtcDateTime()),
        sa.PrimaryKeyConstraint("channel", "account", "user_id", name="pk_addresses"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_addresses_conversation", "addresses", ["conversation"])
    op.execute(
        "INSERT INTO addresses (channel, account, user_id, conversation, since, seen_at, gone, "
        "message_used, tap_used) SELECT channel, account, user_id, id, opened_at, touched_at, false, 0, 0 "
        "FROM conversations"
    )


def _handovers() -> None:
    op.create_table(
        "handovers",
        _required("code", sa.LargeBinary()),
        _required("conversation", _ID),
        _required("made_at", UtcDateTime()),
        _required("expires_at", UtcDateTime()),
        sa.Column("used_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("code", name="pk_handovers"),
    )
    op.create_index("ix_handovers_conversation", "handovers", ["conversation", "made_at"])
    op.create_table(
        "handover_tries",
        _required("id", _ID),
        _required("conversation", _ID),
        _required("kind", sa.String(length=8)),
        _required("at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_handover_tries"),
    )
    op.create_index("ix_handover_tries_conversation", "handover_tries", ["conversation", "at"])
    op.create_table(
        "upload_links",
        _required("token", sa.LargeBinary()),
        _required("conversation", _ID),
        _required("slot", _NAME),
        _required("made_at", UtcDateTime()),
        _required("expires_at", UtcDateTime()),
        sa.Column("used_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("token", name="pk_upload_links"),
    )
    op.create_index("ix_upload_links_conversation", "upload_links", ["conversation"])


def _keys_and_notices() -> None:
    op.create_table(
        "loans",
        _required("name", _NAME),
        sa.Column("wrapped_key", sa.LargeBinary()),
        sa.Column("value", sa.LargeBinary()),
        _required("number", sa.Integer()),
        sa.Column("expires_at", UtcDateTime()),
        sa.Column("fetching_until", UtcDateTime()),
        sa.PrimaryKeyConstraint("name", name="pk_loans"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "subscriptions",
        _required("channel", _NAME),
        _required("account", _NAME),
        _required("user_id", _NAME),
        _required("template", _NAME),
        _required("accepted", sa.Boolean()),
        _required("at", UtcDateTime()),
        sa.PrimaryKeyConstraint("channel", "account", "user_id", "template", name="pk_subscriptions"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "notices",
        _required("id", _ID),
        _required("delivery", _ID),
        _required("conversation", _ID),
        _required("rung", sa.String(length=16)),
        _required("platform_id", _NAME),
        _required("vital", sa.Boolean()),
        _required("state", sa.String(length=9)),
        _required("at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
    )
    for column in ("delivery", "platform_id", "conversation"):
        op.create_index(f"ix_notices_{column}", "notices", [column])
