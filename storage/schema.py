"""The tables. One schema for SQLite and PostgreSQL; the migrations build the same one.

Who needs what together lies together: every statement of a turn names the conversation, so the tables
can be split by it (partitions, Citus) without a rewrite. For the same reason, and because a turn
writes five rows in one commit, there are no foreign keys: one writer path keeps the rows together,
tests/storage proves it, and `doctor` can look.

Columns that hold ciphertext say "sealed"; their AAD is b"table.column:rowkey" (storage.sealing.vault).
Times are aware UTC (UtcDateTime). A plain DateTime must not be used: SQLite drops the zone.

Most rows are finished business, so what is still to do has partial indexes. Their conditions have
names here, with literals in them: SQLite only sees that a query matches such an index when the
query says the very same words.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    literal_column,
)

from storage.ids import LENGTH

Id = String(LENGTH)
Name = String(200)  # of a channel, account, lane, platform key: ours or a platform's, never a person's


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. Takes aware datetimes only and gives back aware UTC on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone was to be stored; make it aware")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


def _table(name: str, *items: Any, clustered: bool = False) -> Table:
    """`clustered`: SQLite keeps the rows in the primary key's own tree, one write instead of two."""
    return Table(name, metadata, *items, sqlite_with_rowid=not clustered)


applicants = _table(
    "applicants",
    Column("id", Id, primary_key=True),
    Column("wrapped_key", LargeBinary),  # null once erased: what it sealed is noise from then on
    Column("key_id", String(8)),  # which master key wraps it, to find those to rewrap
    Column("created_at", UtcDateTime, nullable=False),
    Column("erased_at", UtcDateTime),
)

conversations = _table(
    "conversations",
    Column("id", Id, primary_key=True),
    Column("channel", Name, nullable=False),
    Column("account", Name, nullable=False),
    Column("user_id", Name, nullable=False),  # the platform's name for him; all three: where he is now
    Column("applicant", Id, nullable=False),
    Column("state", LargeBinary, nullable=False),  # sealed dialogs.session
    Column("version", Integer, nullable=False),  # commits so far; orders its events and deliveries
    Column("owner", Name, nullable=False),  # always equal to the session's
    Column("seq", Integer, nullable=False),  # the last message's
    Column("pending", Integer, nullable=False),  # events that wait behind a failed one, itself included
    Column("opened_at", UtcDateTime, nullable=False),
    Column("touched_at", UtcDateTime, nullable=False),
    Column("audit_n", Integer, nullable=False),
    Column("audit_head", LargeBinary, nullable=False),
    # Until then a reply is waited for by the webhook that brought his message (WeChat's passive reply)
    Column("reply_until", UtcDateTime),
)
Index(
    "ux_conversations_address", *(conversations.c[n] for n in ("channel", "account", "user_id")), unique=True
)
Index("ix_conversations_applicant", conversations.c.applicant)

# Every place one conversation may be gone on with. A conversation's own three columns name the last used.
addresses = _table(
    "addresses",
    Column("channel", Name, primary_key=True),
    Column("account", Name, primary_key=True),
    Column("user_id", Name, primary_key=True),
    Column("conversation", Id, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),  # his last word from here
    Column("gone", Boolean, nullable=False),  # he blocked us or left: not written to until he comes back
    # What the platform lets us send (storage.flow.allowances): since when, and how much of it is used
    Column("message_at", UtcDateTime),
    Column("message_used", Integer, nullable=False),
    Column("tap_at", UtcDateTime),
    Column("tap_used", Integer, nullable=False),
    # A way to answer that the platform handed out with his last message (DingTalk's sessionWebhook)
    Column("hook", LargeBinary),  # sealed
    Column("hook_until", UtcDateTime),
    clustered=True,
)
Index("ix_addresses_conversation", addresses.c.conversation)

# done: its turn is committed | failed: its turn raised, it is tried again | waiting: behind a failed one
# dead: given up, an operator decides | dropped: he decided against it
inbox = _table(
    "inbox",
    Column("conversation", Id, primary_key=True),
    Column("channel", Name, primary_key=True),
    Column("account", Name, primary_key=True),
    Column("key", Name, primary_key=True),
    Column("received_at", UtcDateTime, nullable=False),
    Column("version", Integer, nullable=False),
    Column("seq", Integer, nullable=False),  # replies are the messages seq < n <= last
    Column("last", Integer, nullable=False),
    Column("state", String(8), nullable=False),
    Column("event", LargeBinary),  # sealed, kept until its turn is done
    Column("tries", Integer, nullable=False),
    Column("due_at", UtcDateTime),
    Column("error", Name),  # the exception's class; never its text, which may quote the applicant
    clustered=True,
)
OPEN = inbox.c.state != literal_column("'done'")
Index("ix_inbox_open", inbox.c.state, inbox.c.due_at, sqlite_where=OPEN, postgresql_where=OPEN)

messages = _table(
    "messages",
    Column("conversation", Id, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("sender", String(9), nullable=False),
    Column("body", LargeBinary, nullable=False),  # sealed
    clustered=True,
)

# todo | held: until the applicant writes again | done | dead: given up, an operator decides | dropped
outbox = _table(
    "outbox",
    Column("id", Id, primary_key=True),
    Column("conversation", Id, nullable=False),
    Column("lane", Name, nullable=False),  # todo rows of one lane leave one after another, by place
    Column("place", BigInteger, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("key", Name, nullable=False),  # what it is about: a message's seq, a timer's name and key
    Column("due_at", UtcDateTime, nullable=False),
    Column("state", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("fence", Integer, nullable=False),  # rises with every claim and move; old ones cannot write
    Column("worker", Name),
    Column("payload", LargeBinary, nullable=False),  # sealed effect
    Column("cause", Name, nullable=False),  # the inbox key that ordered it
    Column("error", Name),
    Column("created_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Column(
        "parts", Integer, nullable=False, server_default="0"
    ),  # characters of a long message that the platform has taken
    # Tries whose end nobody saw: claimed, and neither settled nor given back (storage.flow.claims.RESTED)
    Column("doubts", Integer, nullable=False, server_default="0"),
)
TODO = outbox.c.state == literal_column("'todo'")
ASIDE = (outbox.c.state != literal_column("'todo'")) & outbox.c.done_at.is_(None)  # held and dead
DONE = outbox.c.done_at.is_not(None)
_TIMER = TODO & (outbox.c.kind == literal_column("'SetTimer'"))
Index("ix_outbox_due", outbox.c.due_at, sqlite_where=TODO, postgresql_where=TODO)
Index("ix_outbox_lane", outbox.c.lane, outbox.c.place, sqlite_where=TODO, postgresql_where=TODO)
Index("ix_outbox_aside", outbox.c.state, outbox.c.conversation, sqlite_where=ASIDE, postgresql_where=ASIDE)
Index("ix_outbox_done", outbox.c.done_at, sqlite_where=DONE, postgresql_where=DONE)
Index("ix_outbox_conversation", outbox.c.conversation)
Index(
    "ux_outbox_timer",
    outbox.c.conversation,
    outbox.c.key,
    unique=True,
    sqlite_where=_TIMER,
    postgresql_where=_TIMER,
)

applications = _table(
    "applications",
    Column("reference", Name, primary_key=True),
    Column("conversation", Id, nullable=False),
    Column("number", Name, nullable=False),  # "" until the intake service gave one
    Column("service", Name, nullable=False),
    Column("state", Name, nullable=False),
    Column("seq", Integer, nullable=False),  # the last event of the intake service
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)
Index("ix_applications_number", applications.c.number)
Index("ix_applications_conversation", applications.c.conversation)

tickets = _table(
    "tickets",
    Column("id", Id, primary_key=True),
    Column("conversation", Id, nullable=False),
    Column("reason", Name, nullable=False),
    Column("note", LargeBinary, nullable=False),  # sealed
    Column("state", String(8), nullable=False),  # open | closed
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
)
Index("ix_tickets_state", tickets.c.state, tickets.c.opened_at)
_wanted = tickets.c.state == "open"
Index("ux_tickets_open", tickets.c.conversation, tickets.c.reason, unique=True,
      sqlite_where=_wanted, postgresql_where=_wanted)  # fmt: skip

files = _table(
    "files",
    Column("id", Name, primary_key=True),
    Column("conversation", Id, nullable=False),
    Column("applicant", Id, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("state", String(8), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("parent", Name),  # the upload a kept copy was made from
)
Index("ix_files_conversation", files.c.conversation)
Index("ix_files_state", files.c.state, files.c.created_at)
Index("ix_files_applicant", files.c.applicant, files.c.created_at)

audit = _table(
    "audit",
    Column("conversation", Id, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Name, nullable=False),
    Column("action", Name, nullable=False),
    Column("seq", Integer, nullable=False),  # the last message after it
    Column("detail", LargeBinary, nullable=False),  # SHA-256 over ciphertext, see storage.flow.audit
    Column("hash", LargeBinary, nullable=False),
    clustered=True,
)

checkpoints = _table(
    "audit_checkpoints",
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("heads", LargeBinary, nullable=False),  # JSON [[conversation, n, hash], ...] since the one before
    Column("seal", LargeBinary, nullable=False),
)

office_days = _table(
    "office_days",
    Column("office", Name, primary_key=True),  # "" holds for every office
    Column("day", Date, primary_key=True),
    Column("working", Boolean, nullable=False),
    Column("source", Text, nullable=False),
)

office_years = _table(
    "office_years",
    Column("office", Name, primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
)

scripts = _table(
    "scripts",
    Column("id", Name, primary_key=True),
    Column("version", String(16), primary_key=True),  # hash of the text
    Column("text", Text, nullable=False),
    Column("live", Boolean, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
)

# Receipts of erasures: what went and what stays, by kind and number. Nothing in them names anybody.
erasures = _table(
    "erasures",
    Column("id", Name, primary_key=True),  # as it was told to him
    Column("at", UtcDateTime, nullable=False),
    Column("applicant", Id, nullable=False),
    Column("outcome", Text, nullable=False),  # JSON, see storage.people.erasing
    Column("seal", LargeBinary, nullable=False),  # HMAC over id, time and outcome
    # JSON references that the intake service has not forgotten yet: it has been silent for a day
    Column("owed", Text),
)

# Village agents (storage.people.agents). `applicant` is whose key seals `body`
agents = _table(
    "agents",
    Column("id", Id, primary_key=True),
    Column("applicant", Id, nullable=False),
    Column("body", LargeBinary, nullable=False),  # sealed: name, village, phone
    Column("code", LargeBinary, nullable=False),  # blind index
    Column("code_until", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Column("conversation", Id),  # where he is signed in
    Column("added_at", UtcDateTime, nullable=False),
)
Index("ux_agents_code", agents.c.code, unique=True)
Index("ux_agents_conversation", agents.c.conversation, unique=True)

# A code with which a conversation can be gone on with on another channel
handovers = _table(
    "handovers",
    Column("code", LargeBinary, primary_key=True),  # blind index
    Column("conversation", Id, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)
Index("ix_handovers_conversation", handovers.c.conversation, handovers.c.made_at)

# A code, sent to a villager's own phone, with which he takes over what an agent handed in for him
takeovers = _table(
    "takeovers",
    Column("code", LargeBinary, primary_key=True),  # blind index
    Column("conversation", Id, nullable=False),  # where it was asked for, and works
    Column("holder", Id, nullable=False),  # the agent's conversation
    Column("reference", Name, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_by", Id),  # the delivery that used it up
)
Index("ix_takeovers_conversation", takeovers.c.conversation)

# Conversations that hear of an application besides its own: of the agent who handed it in
followers = _table(
    "followers",
    Column("reference", Name, primary_key=True),
    Column("conversation", Id, primary_key=True),
    clustered=True,
)
Index("ix_followers_conversation", followers.c.conversation)

# Wrong codes and asked-for codes by conversation, so that nobody can try them all
handover_tries = _table(
    "handover_tries",
    Column("id", Id, primary_key=True),
    Column("conversation", Id, nullable=False),
    Column("kind", String(8), nullable=False),  # code | number
    Column("at", UtcDateTime, nullable=False),
)
Index("ix_handover_tries_conversation", handover_tries.c.conversation, handover_tries.c.at)

# What a platform lends us for a while, shared by all processes: keys (access tokens, tickets), and turns to
# speak (storage.flow.pace), which have a moment and no key
loans = _table(
    "loans",
    Column("name", Name, primary_key=True),
    Column("wrapped_key", LargeBinary),
    Column("value", LargeBinary),  # sealed
    Column("number", Integer, nullable=False),  # rises with every new value
    Column("expires_at", UtcDateTime),
    Column("fetching_until", UtcDateTime),  # one process is fetching a new one
    clustered=True,
)

# Who agreed to notices outside a conversation, by template (WeChat's subscription notices)
subscriptions = _table(
    "subscriptions",
    Column("channel", Name, primary_key=True),
    Column("account", Name, primary_key=True),
    Column("user_id", Name, primary_key=True),
    Column("template", Name, primary_key=True),
    Column("accepted", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    clustered=True,
)

# A short notice that went out for a message too late or too much for the platform's own window
notices = _table(
    "notices",
    Column("id", Id, primary_key=True),
    Column("delivery", Id, nullable=False),
    Column("conversation", Id, nullable=False),
    Column("rung", String(16), nullable=False),  # subscription | template | sms
    Column("platform_id", Name, nullable=False),  # how the platform's report will name it
    Column("vital", Boolean, nullable=False),  # the whole message is to be said all the same
    Column("state", String(9), nullable=False),  # trying | sent | delivered | failed
    Column("at", UtcDateTime, nullable=False),
)
Index("ix_notices_delivery", notices.c.delivery)
Index("ix_notices_platform_id", notices.c.platform_id)
Index("ix_notices_conversation", notices.c.conversation)

# A link to our own page for one photo, sent where photos must not pass through the platform
upload_links = _table(
    "upload_links",
    Column("token", LargeBinary, primary_key=True),  # blind index
    Column("conversation", Id, nullable=False),
    Column("slot", Name, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)
Index("ix_upload_links_conversation", upload_links.c.conversation)
