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

# Every promise that runs for an application, or stands still (`stopped_at`). The one its state is about
# is repeated in the application's own columns, which the list sorts by.
timers = Table(
    "timers",
    metadata,
    Column("number", ForeignKey("applications.number"), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("days", Integer, nullable=False),
    Column("kind", String(16), nullable=False),  # working | calendar | fixed: the day was named
    Column("due_on", Date, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("warn_at", UtcDateTime, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("stopped_at", UtcDateTime),
)

# What was asked for again, one row a round, and what came of it.
corrections = Table(
    "corrections",
    metadata,
    Column("number", ForeignKey("applications.number"), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("by", String(80), nullable=False),
    Column("items_sealed", LargeBinary, nullable=False),
    Column("answered_at", UtcDateTime),
)

supplements = Table(
    "supplements",
    metadata,
    Column("number", ForeignKey("applications.number"), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),  # corrections | deferrals
    Column("body_sha256", String(64), nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
)

# Papers promised for later. The words agreed to lie in the sealed body.
owed = Table(
    "owed",
    metadata,
    Column("number", ForeignKey("applications.number"), primary_key=True),
    Column("material", String(64), primary_key=True),
    Column("title", String(200), nullable=False),
    Column("text_sha256", String(64), nullable=False),
    Column("promised_at", String(40), nullable=False),
    Column("supplied_at", UtcDateTime),
)

# A promise that was not kept stands against its person until a reviewer clears it.
broken_promises = Table(
    "broken_promises",
    metadata,
    Column("number", ForeignKey("applications.number"), primary_key=True),
    Column("person", LargeBinary(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(80), nullable=False),
    Column("cleared_at", UtcDateTime),
    Column("cleared_by", String(80)),
    Column("cleared_sealed", LargeBinary),
    Index("broken_promises_person", "person"),
)

# 驳回, counted by person and service, so that withdrawing and coming back does not start again at none.
rejections = Table(
    "rejections",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("person", LargeBinary(32), nullable=False),
    Column("service", String(64), nullable=False),
    Column("number", ForeignKey("applications.number"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(80), nullable=False),
    Column("settled_at", UtcDateTime),  # approved in the end: the count begins anew
    Index("rejections_person", "person", "service"),
)

# 约谈: who spoke with whom, when, and what came of it.
talks = Table(
    "talks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("person", LargeBinary(32), nullable=False),
    Column("service", String(64), nullable=False),
    Column("number", ForeignKey("applications.number"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(80), nullable=False),
    Column("record_sealed", LargeBinary, nullable=False),
    Index("talks_person", "person", "service"),
)

# What a supervisor should see. `kind` says what it is about.
alerts = Table(
    "alerts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("number", ForeignKey("applications.number"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("text_sealed", LargeBinary, nullable=False),
    Column("done_at", UtcDateTime),
    Column("done_by", String(80)),
    Column("note_sealed", LargeBinary),
    Index("alerts_open", "done_at", "number"),
)

# 受审分离: in which role somebody has had a hand in a case. Nobody has two in one.
hands = Table(
    "hands",
    metadata,
    Column("number", ForeignKey("applications.number"), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("role", String(16), nullable=False),
)

offices = Table(
    "offices",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("week", Integer, nullable=False),  # works 5, 6 or 7 days
)

calendar_years = Table(
    "calendar_years",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("loaded_at", UtcDateTime, nullable=False),
)

calendar_days = Table(
    "calendar_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("year", Integer, nullable=False),
    Column("works", Boolean, nullable=False),
)

reviewers = Table(
    "reviewers",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("password_hash", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # reviewer | supervisor | data_officer, who answers for the department named
    Column("role", String(16), nullable=False, server_default="reviewer"),
    Column("department", String(200), nullable=False, server_default=""),
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
    Column("role", String(16), nullable=False, server_default="reviewer"),
    Column("department", String(200), nullable=False, server_default=""),
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
