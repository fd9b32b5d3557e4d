"""Which conversation a pre-application belongs to, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from storage import bulk
from storage.schema import applications

COLUMNS = ("reference", "conversation", "number", "service", "state", "seq", "created_at", "updated_at")
_TRACK = (
    "ON CONFLICT (reference) DO UPDATE SET number = excluded.number, service = excluded.service, "
    "state = excluded.state, seq = excluded.seq, updated_at = excluded.updated_at"
)


@dataclass(frozen=True, slots=True)
class Application:
    """`number` is "" until the intake service gave one; `seq` is the last of its events we know."""

    reference: str
    conversation: str
    number: str
    service: str
    state: str
    seq: int
    created_at: datetime
    updated_at: datetime


def track(connection: Connection, rows: Sequence[bulk.Row]) -> None:
    """Write down applications (COLUMNS); what is known of them already is replaced."""
    newest = {row[0]: row for row in rows}
    bulk.insert(connection, applications, COLUMNS, list(newest.values()), _TRACK)


def by_reference(connection: Connection, reference: str) -> Application | None:
    """Return the application with our `reference`."""
    row = connection.execute(select(applications).where(applications.c.reference == reference)).one_or_none()
    return Application(*row) if row else None


def by_number(connection: Connection, number: str) -> Application | None:
    """Return the application with the intake service's `number`."""
    if not number:
        return None
    row = connection.execute(select(applications).where(applications.c.number == number)).first()
    return Application(*row) if row else None


def of_conversation(connection: Connection, conversation: str) -> list[Application]:
    """Return the applications handed in from `conversation`, oldest first."""
    rows = connection.execute(
        select(applications)
        .where(applications.c.conversation == conversation)
        .order_by(applications.c.created_at, applications.c.reference)
    )
    return [Application(*row) for row in rows]
