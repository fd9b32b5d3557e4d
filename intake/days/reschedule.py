"""Counting anew when a year's calendar has been loaded: days that were 暂定 become certain, and some move."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select, update

from intake.cases import applications, moves
from intake.days import timers
from intake.keeping.schema import applications as application_table
from intake.keeping.schema import timers as table
from intake.keeping.unit import Unit
from intake.states import RESCHEDULED


def recount(unit: Unit) -> int:
    """Count every provisional clock again, and tell the days that changed. Returns how many did."""
    uncertain = (
        select(table)
        .where(table.c.provisional.is_(True), table.c.stopped_at.is_(None), table.c.kind == "working")
        .order_by(table.c.number, table.c.name)
    )
    return sum(_recount(unit, held) for held in unit.connection.execute(uncertain).all())


def _recount(unit: Unit, held: Row[Any]) -> bool:
    row = applications.by_number(unit, held.number, lock=True)
    found = timers.recount(unit, row, held)
    this = application_table.c.number == row.number
    unit.connection.execute(
        update(application_table).where(this).values(**timers.columns(unit, row.number, row.state))
    )
    if found.day == held.due_on:
        return False
    if held.name in RESCHEDULED:
        facts = {
            "what": RESCHEDULED[held.name],
            "day": found.day.isoformat(),
            "provisional": found.provisional,
        }
        moves.tell(unit, row, "rescheduled", "system", facts)
    return True
