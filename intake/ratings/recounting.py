"""Counting the days of follow-ups anew when a year's calendar has been loaded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from intake.days import clocks
from intake.keeping.unit import Unit
from intake.ratings import opening
from intake.ratings.followups import by_id, steps_of
from intake.ratings.steps import BY_ID, RERATE
from intake.ratings.tables import followups
from intake.states import Limit

# Of a follow-up's days the applicant was told these two; the others are the office's own.
TOLD = {"contact": "contact", "closed": "rerate"}


def recount(unit: Unit) -> int:
    """Count every provisional day again, and tell those that moved. Returns how many did."""
    uncertain = select(followups.c.id).where(followups.c.provisional.is_(True)).order_by(followups.c.id)
    return sum(_recount(unit, name) for name in unit.connection.execute(uncertain).scalars().all())


def _recount(unit: Unit, name: str) -> bool:
    row = by_id(unit, name, lock=True)
    begun, limit = _begun(unit, row)
    found = clocks.due(begun, limit, opening.calendar_of(unit, row.number))
    over = row.closed_at is not None
    days = {"rerate_until": found.day, "provisional": found.provisional} if over else opening.running(found)
    unit.connection.execute(update(followups).where(followups.c.id == name).values(**days))
    if found.day == (row.rerate_until if over else row.due_on):
        return False
    if row.state in TOLD:
        facts = {"what": TOLD[row.state], "day": found.day.isoformat(), "provisional": found.provisional}
        opening.tell(unit, row.number, "rescheduled", "system", **facts)
    return True


def _begun(unit: Unit, row: Row[Any]) -> tuple[datetime, Limit]:
    """When the clock that runs began, and how long it runs: from the mark, or from the step that set it."""
    if row.closed_at is not None:
        return row.closed_at, RERATE
    for done in reversed(steps_of(unit, row.id)):
        step = BY_ID[done.step]
        if step.limit is not None:
            return row.opened_at if step.from_mark else done.at, step.limit
    return row.opened_at, opening.CONTACT
