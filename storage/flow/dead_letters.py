"""What was given up, for an operator to see, replay or drop.

Two kinds: an event whose turn failed three times, and a delivery that was refused or failed too
often. Both show what and why without personal data, and both decisions go into the audit chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Table, and_, select, update

from storage import signals
from storage.flow import audit
from storage.flow.inbox import Key
from storage.schema import ASIDE, OPEN, conversations, inbox, outbox

Kind = Literal["event", "delivery"]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One thing given up. `what` is the channel's name or the kind of delivery; `error` a class name."""

    kind: Kind
    id: str
    conversation: str
    what: str
    at: datetime
    tries: int
    error: str


def dead(connection: Connection, limit: int = 200) -> list[DeadLetter]:
    """Return what was given up, oldest first."""
    events = connection.execute(select(inbox).where(OPEN, inbox.c.state == "dead").limit(limit))
    deliveries = connection.execute(select(outbox).where(ASIDE, outbox.c.state == "dead").limit(limit))
    found = [
        DeadLetter(
            "event", _id(row), row.conversation, row.channel, row.received_at, row.tries, row.error or ""
        )
        for row in events
    ] + [
        DeadLetter(
            "delivery", row.id, row.conversation, row.kind, row.created_at, row.attempts, row.error or ""
        )
        for row in deliveries
    ]
    return sorted(found, key=lambda letter: letter.at)[:limit]


def replay(connection: Connection, kind: Kind, id_: str, now: datetime, actor: str) -> bool:
    """Have it tried again from the start; False when it is not a dead letter (any more)."""
    if kind == "delivery":
        values: dict[str, Any] = {"state": "todo", "attempts": 0, "due_at": now, "fence": outbox.c.fence + 1}
        signals.announce(connection, signals.OUTBOX)
        return _decide(connection, outbox, outbox.c.id == id_, values, now, actor, "delivery.replayed")
    values = {"state": "failed", "tries": 0, "due_at": now, "error": None}
    return _decide(connection, inbox, _event(id_), values, now, actor, "event.replayed", pending=1)


def drop(connection: Connection, kind: Kind, id_: str, now: datetime, actor: str) -> bool:
    """Decide that it is not to be done; False when it is not a dead letter (any more)."""
    if kind == "delivery":
        values: dict[str, Any] = {"state": "dropped", "done_at": now}
        return _decide(connection, outbox, outbox.c.id == id_, values, now, actor, "delivery.dropped")
    values = {"state": "dropped", "event": None}
    return _decide(connection, inbox, _event(id_), values, now, actor, "event.dropped")


def _decide(
    connection: Connection,
    table: Table,
    which: ColumnElement[bool],
    values: dict[str, Any],
    now: datetime,
    actor: str,
    action: str,
    pending: int = 0,
) -> bool:
    conversation = connection.execute(
        select(table.c.conversation).where(which, table.c.state == "dead")
    ).scalar_one_or_none()
    if conversation is None:
        return False
    # The chain's link locks the conversation first, in the order that turns lock.
    audit.add(connection, conversation, now, actor, action)
    changed = connection.execute(
        update(table).where(which, table.c.state == "dead").values(**values)
    ).rowcount
    if not changed:
        raise LookupError(f"{action}: somebody else has decided meanwhile")
    if pending:
        connection.execute(
            update(conversations)
            .where(conversations.c.id == conversation)
            .values(pending=conversations.c.pending + pending)
        )
    return True


def _id(row: Any) -> str:
    return "/".join((row.conversation, row.channel, row.account, row.key))


def _event(id_: str) -> ColumnElement[bool]:
    key = Key(*[*id_.split("/", 3), "", "", ""][:4])
    return and_(
        inbox.c.conversation == key.conversation,
        inbox.c.channel == key.channel,
        inbox.c.account == key.account,
        inbox.c.key == key.key,
    )
