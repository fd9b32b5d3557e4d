"""A follow-up begins: its row, its first clock, and the word to the applicant."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update

from intake.cases import applications, events
from intake.days import calendars, clocks
from intake.days.calendars import Calendar
from intake.days.clocks import OFFICE_TIME, Due
from intake.keeping.schema import applications as table
from intake.keeping.unit import Unit
from intake.ratings.tables import followups
from intake.states import Limit

CONTACT = Limit(1)  # by the end of the next working day


def open_for(unit: Unit, number: str) -> None:
    """Open the follow-up of a bad mark and tell the applicant by when he hears from somebody."""
    day = unit.now.astimezone(OFFICE_TIME).strftime("%m%d")
    name = f"F-{day}-{unit.count(f'followup-{day}'):04d}"
    found = clocks.due(unit.now, CONTACT, calendar_of(unit, number))
    unit.connection.execute(
        insert(followups).values(
            id=name,
            number=number,
            state="contact",
            version=1,
            opened_at=unit.now,
            complex=False,
            flagged=False,
            late=False,
            **running(found),
        )
    )
    day = found.day.isoformat()
    tell(unit, number, "followup_opened", "system", contact_by=day, provisional=found.provisional)


def of(unit: Unit, number: str) -> Row[Any] | None:
    """The follow-up of a case, or None."""
    return unit.connection.execute(select(followups).where(followups.c.number == number)).one_or_none()


def calendar_of(unit: Unit, number: str) -> Calendar:
    """The calendar of the office whose case was marked: it is the one that mends."""
    return calendars.of(unit, applications.by_number(unit, number).office)


def running(found: Due) -> dict[str, Any]:
    """The columns of a running clock."""
    return {
        "warn_at": found.warn_at,
        "due_at": found.at,
        "due_on": found.day,
        "provisional": found.provisional,
    }


def tell(unit: Unit, number: str, kind: str, by: str, **facts: Any) -> None:
    """Add one event to a case without moving it."""
    row = applications.by_number(unit, number, lock=True)
    changes = {"seq": row.seq + 1, "version": row.version + 1}
    unit.connection.execute(update(table).where(table.c.number == number).values(**changes))
    events.add(unit, number, row.seq + 1, kind, row.state, by, facts)


def end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), OFFICE_TIME)


def place(followup: str, n: int) -> str:
    return f"followup_steps.words:{followup}/{n}"
