"""Short notices that stand in for messages which may not leave: templates, subscriptions, SMS.

    trying --> sent --> delivered     the platform's report came: what is not vital is done
       |         `----> failed        the next kind of notice is tried
       `-- given up: the row goes

A row is written before its notice leaves, so that after a crash we know what may have gone out. One
notice can stand for several messages; each has a row, and all have the id by which a report names it.

A report may overtake the answer to the call that it reports on. Where it names our own key the row is
known already; where it names the platform's id it lies in a row without a delivery until `sent` tells
whose it is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select, update

from storage import bulk, ids, signals
from storage.schema import notices, outbox

COLUMNS = ("id", "delivery", "conversation", "rung", "platform_id", "vital", "state", "at")

NOBODYS = ""  # the delivery, conversation and kind of a report that came before its notice was known
OVERTAKES = timedelta(hours=1)  # the call it overtakes has ended long before


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
    """The platform took the notice; its report names it `platform_id` ("": it named none)."""
    state = _overtaking(connection, rung, platform_id) if platform_id else ""
    connection.execute(
        update(notices)
        .where(_trying(rung, key))
        .values(state=state or "sent", platform_id=platform_id or key)
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
    named = and_(notices.c.platform_id == platform_id, notices.c.delivery != NOBODYS)
    mine = and_(named, notices.c.state.in_(("trying", "sent")))
    if rungs:
        mine = and_(mine, notices.c.rung.in_(rungs))
    state = "delivered" if delivered else "failed"
    ended = update(notices).where(mine).values(state=state)
    rows = connection.execute(ended.returning(notices.c.delivery, notices.c.rung)).all()
    settle(connection, [row.delivery for row in rows], now)
    if not rows and connection.execute(select(notices.c.id).where(named).limit(1)).first() is None:
        _lay_by(connection, platform_id, state, now)
    return [row.rung for row in rows]


def settle(connection: Connection, deliveries: Sequence[str], now: datetime) -> None:
    """Do with messages that are kept what the reports on their notices ask for."""
    known = select(notices.c.delivery, notices.c.vital, notices.c.state).where(
        notices.c.delivery.in_(deliveries)
    )
    rows = connection.execute(known).all() if deliveries else []
    hoped_for = {row.delivery for row in rows if row.state != "failed"}
    _told(connection, [row.delivery for row in rows if row.state == "delivered" and not row.vital], now)
    _again(connection, sorted({row.delivery for row in rows} - hoped_for), now)


def sweep(connection: Connection, before: datetime) -> int:
    """Forget notices older than `before`; return how many."""
    return connection.execute(delete(notices).where(notices.c.at < before)).rowcount


def _told(connection: Connection, deliveries: Sequence[str], now: datetime) -> None:
    kept = update(outbox).where(outbox.c.id.in_(deliveries), outbox.c.state == "held")
    connection.execute(kept.values(state="done", done_at=now, error="told by notice"))


def _again(connection: Connection, deliveries: Sequence[str], now: datetime) -> None:
    # A text message to somebody else is done once the gateway has it: nothing else will be said to him.
    texts = and_(outbox.c.kind == "TextTo", outbox.c.state == "done")
    kept = update(outbox).where(outbox.c.id.in_(deliveries), or_(outbox.c.state == "held", texts))
    if connection.execute(kept.values(state="todo", due_at=now, attempts=0, done_at=None)).rowcount:
        signals.announce(connection, signals.OUTBOX)


def _lay_by(
    connection: Connection, platform_id: str, state: str, now: datetime, random: ids.Random = os.urandom
) -> None:
    """Keep a report on what nobody has told us of yet; after a while it was on none of our notices."""
    waiting = notices.c.delivery == NOBODYS
    connection.execute(delete(notices).where(waiting, notices.c.at < now - OVERTAKES))
    connection.execute(delete(notices).where(waiting, notices.c.platform_id == platform_id))
    row = (ids.new_id(now, random), NOBODYS, NOBODYS, NOBODYS, platform_id, False, state, now)
    bulk.insert(connection, notices, COLUMNS, [row])


def _overtaking(connection: Connection, rung: str, platform_id: str) -> str:
    """Return what a report laid by says of a notice, "" when there is none. Reports by SMS name our keys."""
    if rung == "sms":
        return ""
    early = and_(notices.c.platform_id == platform_id, notices.c.delivery == NOBODYS)
    found = connection.execute(delete(notices).where(early).returning(notices.c.state)).first()
    return str(found.state) if found else ""


def _trying(rung: str, key: str) -> ColumnElement[bool]:
    return and_(notices.c.platform_id == key, notices.c.rung == rung, notices.c.state == "trying")
