"""Carrying out one row of the state table: guards, clocks, events, steps, all in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, and_, select, update

from intake.cases import applications, events, guards
from intake.cases.fields import fill
from intake.cases.making import Making
from intake.cases.steps import STEPS
from intake.days import timers
from intake.days.clocks import OFFICE_TIME, local_day
from intake.keeping.schema import applications as table
from intake.keeping.unit import Unit
from intake.problems import changed, not_now
from intake.states import BY_ACTION, EVENTS, MOVES, Move

KEPT_FOR = timedelta(days=30)  # how long what was handed in may still be used for a new application


def make(
    unit: Unit,
    row: Row[Any],
    action: str,
    by: str,
    fields: Mapping[str, str] | None = None,
    given: Mapping[str, Any] | None = None,
    **facts: Any,
) -> Row[Any]:
    """Move the application of `row` (locked) by `action` and return its new row.

    given: what the move brings beside its fields, such as the items of a correction.
    Raises: Problem 423 not from this state, 422 a field is missing, or what a guard says.
    """
    making = Making(unit, row, BY_ACTION[action], by, given=given or {})
    if row.state not in making.move.sources:
        raise not_now(action, row.state)
    making.move = resolved(making)
    move = making.move
    making.fields = fill(move, fields or {}, local_day(unit.now))
    for name in (*move.when, *move.guards):
        guards.GUARDS[name](making)
    making.facts = {"provisional": False, **making.fields, **move.says, **facts}
    state = move.target or row.state
    _turn_clocks(making, state)
    for name in move.prepares:
        STEPS[name](making)
    _save(making, state)
    for seq, kind in enumerate(move.emits, row.seq + 1):
        events.add(unit, row.number, seq, kind, state, by, making.facts)
    for name in move.after:
        STEPS[name](making)
    return applications.by_number(unit, row.number)


def resolved(making: Making) -> Move:
    """The row that is carried out: the move's own, or the one in its place."""
    guard, action = making.move.instead
    return BY_ACTION[action] if guard and guards.passes(guard, making) else making.move


def submit(unit: Unit, number: str) -> dict[str, Any]:
    """Hand in a draft. Handed in already, it gets the answer it got then."""
    row = applications.by_number(unit, number, lock=True)
    if row.submitted_at is None:
        make(unit, row, "submit", "applicant")
    told = _first_told(unit, number)
    return {"number": number, "reference": row.reference, "state": "submitted", **told}


def withdraw(unit: Unit, number: str) -> Row[Any]:
    row = applications.by_number(unit, number, lock=True)
    if row.state == BY_ACTION["withdraw"].target:
        return row
    return make(unit, row, "withdraw", "applicant")


def make_due(unit: Unit) -> int:
    """Make the moves the system owes because their clock has run out. Returns how many."""
    made = 0
    for move in (move for move in MOVES if move.on_due):
        overdue = select(table).where(
            table.c.state.in_(move.sources), table.c.clock == move.on_due, table.c.due_at <= unit.now
        )
        for row in unit.connection.execute(overdue.limit(100).with_for_update(skip_locked=True)).all():
            make(unit, row, move.action, "system")
            made += 1
    return made


def tell(unit: Unit, row: Row[Any], kind: str, by: str, facts: Mapping[str, Any]) -> None:
    """Tell one event of an application (locked) that stays in its state."""
    seq = row.seq + 1
    _write(unit, row, {"seq": seq, "version": row.version + 1})
    events.add(unit, row.number, seq, kind, row.state, by, facts)


def _turn_clocks(making: Making, state: str) -> None:
    """Stop, start and go on with clocks as the move says, and note the days it tells."""
    unit, row, move = making.unit, making.row, making.move
    timers.enter(unit, row.number, state, move.pauses)
    begun = [(name, timers.begin(unit, row, name)) for name in move.starts]
    gone_on = [(name, timers.go_on(unit, row, name)) for name in move.goes_on]
    for name, found in (*begun, *gone_on):
        if found is not None and name in timers.TOLD_AS:
            making.tell(timers.TOLD_AS[name], found.day.isoformat(), provisional=found.provisional)


def _save(making: Making, state: str) -> None:
    unit, row, move = making.unit, making.row, making.move
    told = {fact for kind in move.emits for fact in EVENTS[kind]}
    changes: dict[str, Any] = timers.columns(unit, row.number, state)
    if "receipt_no" in told:
        making.facts["receipt_no"] = changes["receipt_no"] = _receipt_no(unit)
    if "keep_until" in told:
        making.facts["keep_until"] = (local_day(unit.now) + KEPT_FOR).isoformat()
    if row.submitted_at is None and "preregistered" in move.emits:
        changes["submitted_at"] = unit.now
    changes |= {"state": state, "version": row.version + 1, "seq": row.seq + len(move.emits)}
    _write(unit, row, changes)


def _receipt_no(unit: Unit) -> str:
    day = unit.now.astimezone(OFFICE_TIME).strftime("%Y%m%d")
    return f"SL-{day}-{unit.count(f'receipt-{day}'):04d}"


def _write(unit: Unit, row: Row[Any], changes: Mapping[str, Any]) -> None:
    same = and_(table.c.number == row.number, table.c.version == row.version)
    if not unit.connection.execute(update(table).where(same).values(**changes)).rowcount:
        raise changed()


def _first_told(unit: Unit, number: str) -> dict[str, Any]:
    first = next(row for row in events.rows(unit, number) if row.type == "preregistered")
    return events.data_of(unit, first)
