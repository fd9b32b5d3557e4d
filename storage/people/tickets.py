"""A person is wanted: what a clerk will find in his queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from storage import bulk
from storage.people.messages import open_box
from storage.schema import tickets
from storage.sealing.vault import Box, Vault

ONCE = "ON CONFLICT (conversation, reason) WHERE state = 'open' DO NOTHING"
COLUMNS = ("id", "conversation", "reason", "note", "state", "opened_at")


@dataclass(frozen=True, slots=True)
class Ticket:
    """One request for a person. The note is what the dialog knew when it was made."""

    id: str
    conversation: str
    reason: str
    note: str
    state: str
    opened_at: datetime
    closed_at: datetime | None


def row_of(box: Box, conversation: str, *, id_: str, reason: str, note: str, now: datetime) -> bulk.Row:
    """Return the row (COLUMNS) of a new ticket."""
    return (id_, conversation, reason, box.seal(note.encode(), _aad(id_)), "open", now)


def add(connection: Connection, rows: Sequence[bulk.Row]) -> None:
    """Insert rows made by `row_of`; one that is open for the same reason already stands for all."""
    bulk.insert(connection, tickets, COLUMNS, rows, ONCE)


def waiting(connection: Connection, vault: Vault, limit: int = 100) -> list[Ticket]:
    """Return the open tickets, the one that waits longest first."""
    rows = connection.execute(
        select(tickets).where(tickets.c.state == "open").order_by(tickets.c.opened_at).limit(limit)
    ).all()
    return [_ticket(connection, vault, row) for row in rows]


def of_conversation(connection: Connection, vault: Vault, conversation: str) -> list[Ticket]:
    """Return the tickets of `conversation`, oldest first."""
    rows = connection.execute(
        select(tickets)
        .where(tickets.c.conversation == conversation)
        .order_by(tickets.c.opened_at, tickets.c.id)
    ).all()
    return [_ticket(connection, vault, row) for row in rows]


def still_open(connection: Connection, wanted: Sequence[str]) -> tuple[set[str], int]:
    """Return which of the tickets `wanted` are open, and how many are open in all."""
    is_open = tickets.c.state == "open"
    found = connection.execute(select(tickets.c.id).where(is_open, tickets.c.id.in_(wanted))).scalars()
    return set(found), connection.execute(select(func.count()).where(is_open)).scalar_one()


def close(connection: Connection, ticket: str, now: datetime) -> bool:
    """Close an open ticket; False when it was closed already."""
    statement = update(tickets).where(tickets.c.id == ticket, tickets.c.state == "open")
    return connection.execute(statement.values(state="closed", closed_at=now)).rowcount == 1


def _ticket(connection: Connection, vault: Vault, row: Row[Any]) -> Ticket:
    note = open_box(connection, vault, row.conversation).open(row.note, _aad(row.id)).decode()
    return Ticket(row.id, row.conversation, row.reason, note, row.state, row.opened_at, row.closed_at)


def _aad(id_: str) -> bytes:
    return f"tickets.note:{id_}".encode()
