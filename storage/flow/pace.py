"""How often a platform wants to hear from us, kept for all processes at once: one row, one moment.

    free_at = pace.take(connection, "dingtalk.clerks", now, every)   # None: it is ours, speak now
    pace.wait_until(connection, "dingtalk.clerks", until)            # the platform said so

The moment lies among the loans: a turn to speak is lent, too, and comes back by itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, or_, select, update

from storage import bulk
from storage.schema import loans


def take(connection: Connection, name: str, now: datetime, every: timedelta) -> datetime | None:
    """Take the next turn to speak; None when it is ours now, else when the next one comes."""
    row = _name(name)
    bulk.insert(connection, loans, ("name", "number"), [(row, 0)], "ON CONFLICT (name) DO NOTHING")
    mine = update(loans).where(loans.c.name == row, _over(now))
    if connection.execute(mine.values(expires_at=now + every, number=loans.c.number + 1)).rowcount == 1:
        return None
    free_at: datetime = connection.execute(select(loans.c.expires_at).where(loans.c.name == row)).scalar_one()
    return free_at


def wait_until(connection: Connection, name: str, until: datetime) -> None:
    """Let nobody speak before `until`; an even later moment stands."""
    waits = update(loans).where(loans.c.name == _name(name), _over(until))
    connection.execute(waits.values(expires_at=until))


def _over(moment: datetime) -> ColumnElement[bool]:
    return or_(loans.c.expires_at.is_(None), loans.c.expires_at <= moment)


def _name(name: str) -> str:
    return f"pace:{name}"
