"""Short notices that stand in for messages which may not leave: templates, subscriptions, SMS.

    trying --> sent --> delivered     the platform's report came: what is not vital is done
       |         `----> failed        the next kind of notice is tried
       `-- given up: the row goes

A row is written before its notice leaves, so that after a crash we know what may have gone out. One
notice can stand for several messages; each has a row, and all have the id by which a report names it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from storage import bulk, ids, signals
from storage.schema import notices, outbox

COLUMNS = ("id", "delivery", "conversation", "rung", "platform_id", "vital", "state", "at")


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that stands for a delivery. While it is being tried, `platform_id` is our own key."""

    rung: str
    platform_id: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Stands:
    """A delivery that a notice stands for. vital: the whole message is said later all the same."""

    delivery: str
    vital: bool


def begin(
    connection: Connection,
    conversation: str,
    stands_for: Sequence[Stands],
    rung: str,
    key: str,
    now: datetime,
    random: ids.Random = os.urandom,
) -> None:
    """Write down that a notice is about to leave under `key`; one that is written down already stays."""
    known = connection.execute(select(notices.c.delivery).where(_trying(rung, key))).scalars().all()
    rows = [
        (ids.new_id(now, random), each.delivery, conversation, rung, key, each.vital, "trying", now)
        for each in stands_for
        if each.delivery not in known
    ]
    bulk.insert(connection, notices, COLUMNS, rows)


def sent(connection: Connection, rung: str, key: str, platform_id: str) -> None:
    """The platform took the notice; its report will name it `platform_id` ("": it named none)."""
    connection.execute(
        update(notices).where(_trying(rung, key)).values(state="sent", platform_id=platform_id or key)
    )


def gave_up(connection: Connection, rung: str, key: str) -> None:
    """The notice certainly did not leave."""
    connection.execute(delete(notices).where(_trying(rung, key)))


def of(connection: Connection, delivery: str) -> list[Notice]:
    """Return the notices that stand for a delivery, the oldest first."""
    rows = connection.execute(
        select(notices.c.rung, notices.c.platform_id, notices.c.state, notices.c.at)
        .where(notices.c.delivery == delivery)
        .order_by(notices.c.at, notices.c.id)
    )
    return [Notice(*row) for row in rows]


def report(
    connection: Connection, platform_id: str, *, delivered: bool, now: datetime, rungs: Sequence[str] = ()
) -> list[str]:
    """Take a platform's word on a notice; return its rung, once for each delivery it stood for.

    Delivered: messages that are not vital are done. Failed: they are tried again, in another way.
    rungs: whose report it may be; none given means any.
    """
    mine = and_(notices.c.platform_id == platform_id, notices.c.state == "sent")
    if rungs:
        mine = and_(mine, notices.c.rung.in_(rungs))
    ended = update(notices).where(mine).values(state="delivered" if delivered else "failed")
    rows = connection.execute(ended.returning(notices.c.delivery, notices.c.vital, notices.c.rung)).all()
    if delivered:
        _told(connection, [row.delivery for row in rows if not row.vital], now)
    else:
        _again(connection, [row.delivery for row in rows], now)
    return [row.rung for row in rows]


def sweep(connection: Connection, before: datetime) -> int:
    """Forget notices older than `before`; return how many."""
    return connection.execute(delete(notices).where(notices.c.at < before)).rowcount


def _told(connection: Connection, deliveries: Sequence[str], now: datetime) -> None:
    kept = update(outbox).where(outbox.c.id.in_(deliveries), outbox.c.state == "held")
    connection.execute(kept.values(state="done", done_at=now, error="told by notice"))


def _again(connection: Connection, deliveries: Sequence[str], now: datetime) -> None:
    kept = update(outbox).where(outbox.c.id.in_(deliveries), outbox.c.state == "held")
    if connection.execute(kept.values(state="todo", due_at=now, attempts=0)).rowcount:
        signals.announce(connection, signals.OUTBOX)


def _trying(rung: str, key: str) -> ColumnElement[bool]:
    return and_(notices.c.platform_id == key, notices.c.rung == rung, notices.c.state == "trying")
