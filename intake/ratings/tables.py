"""The tables of marks and their follow-up, among those of `intake.keeping.schema`."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table

from intake.keeping.schema import UtcDateTime, metadata

# Each mark ever given: a second round comes after a follow-up. What counts is the last round.
marks = Table(
    "marks",
    metadata,
    Column("number", ForeignKey("applications.number"), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("code", Integer, nullable=False),
    Column("named", Boolean, nullable=False),  # the giver lets the office know that it is his
    Column("words_sealed", LargeBinary),
    Column("at", UtcDateTime, nullable=False),
    Index("marks_at", "at"),
)

followups = Table(
    "followups",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("number", ForeignKey("applications.number"), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("complex", Boolean, nullable=False),
    Column(
        "flagged", Boolean, nullable=False
    ),  # a supervisor held the mark to be malicious: it does not count
    Column("warn_at", UtcDateTime),
    Column("due_at", UtcDateTime),
    Column("due_on", Date),
    Column("provisional", Boolean, nullable=False),
    Column("late", Boolean, nullable=False),  # one of its clocks ran out before its step was done
    Column("closed_at", UtcDateTime),
    Column("rerate_until", Date),
    Index("followups_state", "state", "due_at"),
)

# Who did what. Only ever added to.
followup_steps = Table(
    "followup_steps",
    metadata,
    Column("followup", ForeignKey("followups.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(80), nullable=False),
    Column("step", String(32), nullable=False),
    Column("late", Boolean, nullable=False),
    Column("words_sealed", LargeBinary),  # None: forgotten, the law or its writer wanted it so
)
