"""The promises that run for one application: begun, stopped, paused, gone on with, counted anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from intake.cases import applications
from intake.days import calendars
from intake.days.calendars import Calendar
from intake.days.clocks import Due, due, local_day, on_day
from intake.keeping.schema import timers as table
from intake.keeping.unit import Unit
from intake.states import CLOCKS, STATES, Limit

# The fact a clock's day is told as, when the move that begins it causes an event.
TOLD_AS: Mapping[str, str] = {
    "answer": "answer_by",
    "promised": "promised_by",
    "correction": "by",
    "rating": "until",
}
KEPT = ("answer_by", "promised_by")  # days an application keeps when their clock has stopped


def calendar_of(unit: Unit, row: Row[Any], name: str) -> Calendar:
    return calendars.law(unit) if CLOCKS[name].law else calendars.of(unit, row.office)


def begin(unit: Unit, row: Row[Any], name: str, limit: Limit | None = None) -> Due:
    """Start a clock now. Without `limit` it is the table's, or the one the application brought."""
    limit = limit or CLOCKS[name].limit or _brought(unit, row, name)
    found = due(unit.now, limit, calendar_of(unit, row, name))
    _write(unit, row.number, name, unit.now, limit.days, limit.kind, found)
    return found


def begin_until(unit: Unit, row: Row[Any], name: str, day: date) -> Due:
    """Start a clock whose last day is named."""
    found = on_day(unit.now, day)
    _write(unit, row.number, name, unit.now, 0, "fixed", found)
    return found


def go_on(unit: Unit, row: Row[Any], name: str) -> Due | None:
    """Let a paused clock go on with the days that were left; the days it stood still do not count.

    One that had run out before it was paused stays run out. None: it was never begun.
    """
    held = find(unit, row.number, name)
    if held is None:
        return None
    calendar = calendar_of(unit, row, name)
    left = _left(held, calendar)
    if left < 0:
        found = Due(held.due_on, held.due_at, held.warn_at, held.provisional)
        _write(unit, row.number, name, held.started_at, held.days, held.kind, found)
        return found
    found = due(unit.now, Limit(left, held.kind), calendar)
    _write(unit, row.number, name, unit.now, left, held.kind, found)
    return found


def extend(unit: Unit, row: Row[Any], name: str, days: int) -> Due:
    held = _row(unit, row.number, name)
    limit = Limit(held.days + days, held.kind)
    found = due(held.started_at, limit, calendar_of(unit, row, name))
    _write(unit, row.number, name, held.started_at, limit.days, limit.kind, found)
    return found


def enter(unit: Unit, number: str, state: str, paused: Iterable[str]) -> None:
    """Stop what does not run in `state`. What is paused keeps its row, to go on from."""
    runs = {STATES[state].clock, *STATES[state].also}
    idle = table.c.number == number, table.c.name.not_in(runs)
    unit.connection.execute(
        update(table)
        .where(*idle, table.c.name.in_(list(paused)), table.c.stopped_at.is_(None))
        .values(stopped_at=unit.now)
    )
    unit.connection.execute(delete(table).where(*idle, table.c.stopped_at.is_(None)))


def stop(unit: Unit, number: str, name: str) -> None:
    unit.connection.execute(delete(table).where(table.c.number == number, table.c.name == name))


def running(unit: Unit, numbers: Iterable[str]) -> list[Row[Any]]:
    query = select(table).where(table.c.number.in_(list(numbers)), table.c.stopped_at.is_(None))
    return list(unit.connection.execute(query.order_by(table.c.due_at)))


def find(unit: Unit, number: str, name: str) -> Row[Any] | None:
    return unit.connection.execute(
        select(table).where(table.c.number == number, table.c.name == name)
    ).one_or_none()


def columns(unit: Unit, number: str, state: str) -> dict[str, Any]:
    """What the application's own row repeats: the clock its state is about, and the days it keeps."""
    found = {row.name: row for row in running(unit, [number])}
    kept = {told: found[name].due_on for name, told in TOLD_AS.items() if told in KEPT and name in found}
    row = found.get(STATES[state].clock)
    if row is None:
        stopped = {"clock": None, "warn_at": None, "due_at": None, "due_on": None, "provisional": False}
        return kept | stopped
    return kept | {
        "clock": row.name,
        "warn_at": row.warn_at,
        "due_at": row.due_at,
        "due_on": row.due_on,
        "provisional": row.provisional,
    }


def recount(unit: Unit, row: Row[Any], held: Row[Any]) -> Due:
    """Count a running clock again by the calendar there is now."""
    found = due(held.started_at, Limit(held.days, held.kind), calendar_of(unit, row, held.name))
    _write(unit, row.number, held.name, held.started_at, held.days, held.kind, found)
    return found


def _left(held: Row[Any], calendar: Calendar) -> int:
    """How many days were left when it stopped; negative when it had run out."""
    stopped = local_day(held.stopped_at)
    if stopped > held.due_on:
        return -1
    if held.kind == "calendar":
        return int((held.due_on - stopped).days)
    return calendar.between(stopped, held.due_on)


def _row(unit: Unit, number: str, name: str) -> Row[Any]:
    return unit.connection.execute(select(table).where(table.c.number == number, table.c.name == name)).one()


def _brought(unit: Unit, row: Row[Any], name: str) -> Limit:
    brought = applications.body_of(unit, row)["limits"][name]
    return Limit(int(brought["days"]), brought["kind"])


def _write(
    unit: Unit, number: str, name: str, started_at: datetime, days: int, kind: str, found: Due
) -> None:
    stop(unit, number, name)
    unit.connection.execute(
        insert(table).values(
            number=number,
            name=name,
            started_at=started_at,
            days=days,
            kind=kind,
            due_on=found.day,
            due_at=found.at,
            warn_at=found.warn_at,
            provisional=found.provisional,
        )
    )
