"""Carrying out one row of the state table: guards, clock, events, all in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Row, and_, select, update

from intake import applications, events
from intake.clocks import OFFICE_TIME, Due, due
from intake.problems import Problem, not_now
from intake.schema import applications as table
from intake.schema import events as event_table
from intake.states import BY_ACTION, CLOCKS, EVENTS, MOVES, STATES, Limit, Move, Need
from intake.unit import Unit

MOST_CHARACTERS = 2000


def make(
    unit: Unit, row: Row[Any], action: str, by: str, fields: Mapping[str, str] | None = None, **facts: Any
) -> Row[Any]:
    """Move the application of `row` (locked) by `action` and return its new row.

    Raises: Problem 423 not from this state, 422 a field is missing, or what a guard says.
    """
    move = BY_ACTION[action]
    if row.state not in move.sources:
        raise not_now(action, row.state)
    filled = fill(move, fields or {})
    for name in move.guards:
        GUARDS[name](unit, row)
    state = move.target or row.state
    changes, started = _clock_changes(unit, row, move, state)
    known = {**filled, **move.says, **started, **facts}
    if any("receipt_no" in EVENTS[kind] for kind in move.emits):
        known["receipt_no"] = changes["receipt_no"] = _receipt_no(unit)
    changes |= {"state": state, "version": row.version + 1, "seq": row.seq + len(move.emits)}
    _save(unit, row, changes)
    for seq, kind in enumerate(move.emits, row.seq + 1):
        events.add(unit, row.number, seq, kind, state, by, known)
    return applications.by_number(unit, row.number)


def submit(unit: Unit, number: str) -> dict[str, Any]:
    """Hand in a draft. Handed in already, it gets the answer it got then."""
    row = applications.by_number(unit, number, lock=True)
    if row.submitted_at is None:
        row = make(unit, row, "submit", "applicant")
    return {
        "number": number,
        "reference": row.reference,
        "state": "submitted",
        "answer_by": row.answer_by.isoformat(),
        "provisional": _told_provisional(unit, number),
    }


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


def fill(move: Move, fields: Mapping[str, str]) -> dict[str, str]:
    """The fields `move` needs, trimmed, defaults in place. Raises: Problem 422 naming each wrong one."""
    wrong = {need.name: fault for need in move.needs if (fault := _fault(need, fields.get(need.name, "")))}
    if wrong:
        raise Problem(
            422,
            "fields",
            f"{', '.join(wrong)} must be filled in properly.",
            "请把必填的内容填好。",
            fields=wrong,
        )
    return {need.name: fields.get(need.name, "").strip() or need.default for need in move.needs}


def _fault(need: Need, value: str) -> str:
    if need.required and not value.strip():
        return f"请填写“{need.label}”。"
    if len(value) > MOST_CHARACTERS:
        return f"“{need.label}”最多{MOST_CHARACTERS}个字。"
    return ""


def _clock_changes(
    unit: Unit, row: Row[Any], move: Move, state: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns to change, and the facts a started clock gives the events."""
    if not move.starts:
        stops = STATES[state].clock != (row.clock or "")
        return (_stopped() if stops else {}), {}
    found = due(unit.now, _limit(unit, row, move.starts))
    changes = _running(move.starts, found)
    if move.starts == "answer":
        changes |= {"submitted_at": unit.now, "answer_by": found.day}
    elif move.starts == "promised":
        changes |= {"promised_by": found.day}
    day = found.day.isoformat()
    return changes, {"answer_by": day, "promised_by": day, "provisional": found.provisional}


def _limit(unit: Unit, row: Row[Any], clock: str) -> Limit:
    own = CLOCKS[clock].limit
    if own is not None:
        return own
    brought = applications.body_of(unit, row)["limits"][clock]
    return Limit(int(brought["days"]), brought["kind"])


def _running(clock: str, found: Due) -> dict[str, Any]:
    return {
        "clock": clock,
        "warn_at": found.warn_at,
        "due_at": found.at,
        "due_on": found.day,
        "provisional": found.provisional,
    }


def _stopped() -> dict[str, Any]:
    return {"clock": None, "warn_at": None, "due_at": None, "due_on": None, "provisional": False}


def _receipt_no(unit: Unit) -> str:
    day = unit.now.astimezone(OFFICE_TIME).strftime("%Y%m%d")
    return f"SL-{day}-{unit.count(f'receipt-{day}'):04d}"


def _save(unit: Unit, row: Row[Any], changes: Mapping[str, Any]) -> None:
    same = and_(table.c.number == row.number, table.c.version == row.version)
    if not unit.connection.execute(update(table).where(same).values(**changes)).rowcount:
        raise Problem(409, "changed", "It changed meanwhile.", "这件事刚被别人处理过，请刷新后再看。")


def _told_provisional(unit: Unit, number: str) -> bool:
    first = next(row for row in events.rows(unit, number) if row.type == "preregistered")
    return bool(events.data_of(unit, first)["provisional"])


def _pages_held(unit: Unit, row: Row[Any]) -> None:
    missing = [page.name for page in applications.pages_of(unit, row.number) if page.file is None]
    if missing:
        raise Problem(
            422,
            "missing-pages",
            f"{len(missing)} pages are missing.",
            "还有照片没有传上来。",
            missing=missing,
        )


def _not_duplicate(unit: Unit, row: Row[Any]) -> None:
    # Two drafts of one case may stand side by side (an answer was lost); only one may be handed in. On
    # PostgreSQL the counter's row makes the two wait for each other.
    unit.count("submitted")
    applications.refuse_duplicate(unit, row.person, row.service, but=row.number)


def _rating_open(unit: Unit, row: Row[Any]) -> None:
    asked = select(event_table.c.seq).where(
        event_table.c.number == row.number, event_table.c.type == "rating_requested"
    )
    if unit.connection.execute(asked.limit(1)).scalar() is None:
        raise not_now("rate", row.state)


GUARDS: Mapping[str, Callable[[Unit, Row[Any]], None]] = {
    "pages_held": _pages_held,
    "not_duplicate": _not_duplicate,
    "rating_open": _rating_open,
}
