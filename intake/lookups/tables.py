"""The table of look-ups, among those of `intake.keeping.schema`."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, String, Table, UniqueConstraint

from intake.keeping.schema import UtcDateTime, metadata

lookups = Table(
    "lookups",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("number", ForeignKey("applications.number"), nullable=False),
    Column("material", String(64), nullable=False),
    Column("department", String(200), nullable=False),
    Column("title", String(200), nullable=False),
    Column("question_sealed", LargeBinary, nullable=False),
    Column("consent_sha256", String(64), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("escalated_at", UtcDateTime),
    Column("result", String(16)),  # confirmed | not_found | differs; None until an officer has said so
    Column("officer", String(40)),
    Column("answered_at", UtcDateTime),
    UniqueConstraint("number", "material", "consent_sha256"),
    Index("lookups_open", "department", "answered_at", "due_at"),
)
