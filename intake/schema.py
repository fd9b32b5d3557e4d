"""The tables, the same on SQLite and PostgreSQL. Columns named `sealed` hold ciphertext of `vault.Vault`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time. SQLite drops zones, so the zone is checked going in and put back coming out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("A time without a zone cannot be stored.")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData()

definitions = Table(
    "definitions",
    metadata,
    Column("service", String(64), primary_key=True),
    Column("version", String(64), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
)

# One row a day of the year, never reset: CS-1121-0038 is given out once in all years.
counters = Table(
    "counters",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("n", Integer, nullable=False),
)

applications = Table(
    "applications",
    metadata,
    Column("number", String(32), primary_key=True),
    Column("reference", String(64), nullable=False, unique=True),
    Column("body_sha256", String(64), nullable=False),
    Column("service", String(64), nullable=False),
    Column("service_version", String(64), nullable=False),
    Column("title", String(200), nullable=False),
    Column("office", String(64), nullable=False),
    Column("state", String(32), nullable=False),
    Column("version", Integer, nullable=False),  # rises with every change; a reviewer names the one he saw
    Column("seq", Integer, nullable=False),  # the newest event's
    Column("person", LargeBinary(32), nullable=False),  # blind indexes
    Column("name_index", LargeBinary(32), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("submitted_at", UtcDateTime),
    Column("answer_by", Date),
    Column("receipt_no", String(40)),
    Column("promised_by", Date),
    Column("clock", String(32)),
    Column("warn_at", UtcDateTime),
    Column("due_at", UtcDateTime),
    Column("due_on", Date),
    Column("provisional", Boolean, nullable=False),
    Column("rating", Integer),
    Column("rating_words_sealed", LargeBinary),
    Column("body_sealed", LargeBinary, nullable=False),
    Index("applications_person", "person", "service"),
    Index("applications_name", "name_index"),
    Index("applications_state", "state", "due_at"),
)

pages = Table(
    "pages",
    metadata,
    Column("number", ForeignKey("applications.number"), primary_key=True),
    Column("material", String(64), primary_key=True),
    Column("page", String(64), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("file", String(64)),  # None: named in the body, not held yet
    Column("held_at", UtcDateTime),
)

events = Table(
    "events",
    metadata,
    Column("number", ForeignKey("applications.number"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("event_id", String(40), nullable=False, unique=True),
    Column("type", String(40), nullable=False),
    Column("state", String(32), nullable=False),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("by", String(80), nullable=False),
    Column("data_sealed", LargeBinary, nullable=False),
)

# What must still be told. A row is written in the transaction of its event and outlives any crash.
callbacks = Table(
    "callbacks",
    metadata,
    Column("number", String(32), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("state", String(8), nullable=False),  # todo | done | failed
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("error", String(200), nullable=False),
    Index("callbacks_due", "state", "due_at"),
)

reviewers = Table(
    "reviewers",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("password_hash", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("reviewer", ForeignKey("reviewers.name"), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)

invitations = Table(
    "invitations",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)

# Who looked at what. Only ever added to; each row's hash takes in the one before, so a missing row shows.
looks = Table(
    "looks",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("reviewer", String(40), nullable=False),
    Column("number", String(32), nullable=False),
    Column("what", String(200), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("hash"),
)

# What was forgotten on request, so that it is not asked for again: no name, no words, only that it was.
erased_cases = Table(
    "erased_cases",
    metadata,
    Column("number", String(32), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

# Receipts of erasures. `outcome` names numbers and kinds of data, never the data.
erasures = Table(
    "erasures",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("request", LargeBinary(32), nullable=False),  # blind index of who and what was asked for
    Column("outcome", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Index("erasures_request", "request", "at"),
)

# What was put in writing. A content that was forgotten with its person leaves its number and its hash.
documents = Table(
    "documents",
    metadata,
    Column("number", ForeignKey("applications.number"), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("seq", Integer, nullable=False),  # the event's it was made with
    Column("kind", String(64), nullable=False),
    Column("doc_number", String(60), nullable=False),
    Column("title", String(200), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("content_sealed", LargeBinary),
    UniqueConstraint("number", "seq"),
)
