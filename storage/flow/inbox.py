"""Every event that came in, by its key: the same event twice is one event.

    done                      its turn is committed (almost always at once)
    failed -> ... -> done     its turn raised; the event is kept and tried again
           -> dead            three tries were not enough; an operator replays or drops it
    waiting                   it came behind a failed one of the same conversation

Rows are kept for as long as a platform may repeat itself; `sweep` deletes the done ones after that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection, Select, case, delete, func, or_, select

from dialogs.codec import dumps, loads
from dialogs.turn import Event, decode, encode
from storage import bulk
from storage.schema import OPEN, inbox
from storage.sealing.vault import Box

KEY = ("conversation", "channel", "account", "key")
COLUMNS = (*KEY, "received_at", "version", "seq", "last", "state", "event", "tries", "due_at", "error")
CHANGED = ("seq", "last", "state", "event", "tries", "due_at", "error")
MAX_KEY = 150
MAX_TRIES = 3
_PAUSES = (timedelta(seconds=5), timedelta(seconds=30))  # after the first, the second failed try


class Key(NamedTuple):
    """What makes an event one event. A conversation's key never belongs to another conversation."""

    conversation: str
    channel: str
    account: str
    key: str


class Seen(NamedTuple):
    """An event that came before: where its replies are, and whether its turn is done."""

    seq: int
    last: int
    state: str


class Waiting(NamedTuple):
    """An event whose turn is not done."""

    key: Key
    received_at: datetime
    seq: int
    last: int
    state: str
    event: bytes
    tries: int
    due_at: datetime | None


def storable(key: str) -> str:
    """Return a platform's key as it is, or its hash: some clients send a novel, or a NUL, as their id."""
    if len(key) <= MAX_KEY and key.isprintable():
        return key
    return "sha256:" + sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def seen(connection: Connection, keys: Sequence[Key]) -> dict[Key, Seen]:
    """Return those of `keys` that came before."""
    rows = bulk.select(connection, inbox, (*KEY, "seq", "last", "state"), KEY, keys)
    return {Key(*row[:4]): Seen(*row[4:]) for row in rows}


def seal(box: Box, key: Key, event: Event) -> bytes:
    """Return `event` sealed to its row."""
    return box.seal(dumps(encode(event)), _aad(key))


def unseal(box: Box, key: Key, sealed: bytes) -> Event:
    """Return the event that `seal` sealed."""
    return decode(loads(box.open(sealed, _aad(key))))  # type: ignore[return-value]  # only events are sealed here


def pause_after(tries: int) -> timedelta:
    """Return how long to wait before the next try."""
    return _PAUSES[min(tries, len(_PAUSES)) - 1]


def head(connection: Connection, conversation: str) -> Waiting | None:
    """Return the event that the conversation waits for."""
    row = connection.execute(
        _waiting()
        .where(inbox.c.conversation == conversation, OPEN, inbox.c.state.in_(["failed", "waiting"]))
        .order_by(inbox.c.version)
        .limit(1)
    ).one_or_none()
    return _read(row) if row else None


def stuck(connection: Connection, now: datetime, limit: int = 100) -> list[str]:
    """Return conversations whose waiting events are to be tried now."""
    failed_until = func.max(case((inbox.c.state == "failed", inbox.c.due_at)))
    return list(
        connection.execute(
            select(inbox.c.conversation)
            .where(OPEN, inbox.c.state.in_(["failed", "waiting"]))
            .group_by(inbox.c.conversation)
            .having(or_(failed_until.is_(None), failed_until <= now))
            .limit(limit)
        ).scalars()
    )


def sweep(connection: Connection, before: datetime) -> int:
    """Forget the done events received before `before`; return how many."""
    old = delete(inbox).where(inbox.c.state.in_(["done", "dropped"]), inbox.c.received_at < before)
    return connection.execute(old).rowcount


def _waiting() -> Select[tuple[object, ...]]:
    names = (*KEY, "received_at", "seq", "last", "state", "event", "tries", "due_at")
    return select(*(inbox.c[name] for name in names))


def _read(row: Sequence[object]) -> Waiting:
    return Waiting(Key(*row[:4]), *row[4:])  # type: ignore[arg-type]  # the columns in order


def _aad(key: Key) -> bytes:
    return f"inbox.event:{':'.join(key)}".encode()
