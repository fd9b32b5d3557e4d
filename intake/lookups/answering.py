"""What a data officer sees of a look-up, and what follows his answer."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, insert, select, update

from intake.cases import applications, moves, owed
from intake.days import clocks
from intake.keeping.schema import applications as cases
from intake.keeping.schema import owed as owed_table
from intake.keeping.unit import Unit
from intake.lookups import finding
from intake.lookups.tables import lookups as table
from intake.problems import Problem, not_now, unknown
from intake.states.places import BEFORE_ACCEPTANCE

RESULTS = ("confirmed", "not_found", "differs")
MOST_ROWS = 200


def waiting(unit: Unit, department: str) -> dict[str, Any]:
    """What this department is asked and has not answered, the oldest first. Nobody is named in a list."""
    query = select(table).where(
        table.c.department == department,
        table.c.answered_at.is_(None),
        table.c.number.in_(select(cases.c.number).where(cases.c.state.in_(BEFORE_ACCEPTANCE))),
    )
    rows = unit.connection.execute(query.order_by(table.c.opened_at, table.c.id).limit(MOST_ROWS))
    return {"lookups": [_summary(unit, row) for row in rows]}


def ticket(unit: Unit, row: Row[Any]) -> dict[str, Any]:
    """The question and whom it is about; nothing of the case it is asked for."""
    about = applications.body_of(unit, applications.by_number(unit, row.number))["applicant"]
    return {
        **_summary(unit, row),
        "question": finding.question_of(unit, row),
        "person": {"name": about["name"], "id_number": about["id_number"]},
        "result": row.result or "",
    }


def of_department(unit: Unit, name: str, department: str) -> Row[Any]:
    """Raises: Problem 404, also for another department's."""
    row = finding.by_id(unit, name)
    if row.department != department:
        raise unknown("look-up")
    return row


def answer(unit: Unit, name: str, department: str, officer: str, result: str) -> dict[str, Any]:
    """Keep what the officer found, and tell it. What is not confirmed is wanted as a paper.

    The same answer again changes nothing. Raises: Problem 404, 409 answered otherwise, 423 too late.
    """
    number = of_department(unit, name, department).number
    case = applications.by_number(unit, number, lock=True)
    row = finding.by_id(unit, name)  # again: a colleague may have answered while we waited
    if row.answered_at is not None:
        if row.result != result:
            raise Problem(409, "answered", "It has another answer already.", "同事已经答复过了，请刷新。")
        return finding.document(row)
    if case.state not in BEFORE_ACCEPTANCE:
        raise not_now("answer_lookup", case.state)
    said = {"result": result, "officer": officer, "answered_at": unit.now}
    unit.connection.execute(update(table).where(table.c.id == name).values(**said))
    if result != "confirmed":
        _want_paper(unit, row)
    found = finding.document(finding.by_id(unit, name))
    moves.tell(unit, case, "lookup_answered", f"data_officer:{officer}", found)
    return found


def _want_paper(unit: Unit, row: Row[Any]) -> None:
    """From here on it is a paper that is owed: it may come at once, else acceptance names the day."""
    if any(each.material == row.material for each in owed.of(unit, row.number)):
        return
    unit.connection.execute(
        insert(owed_table).values(
            number=row.number,
            material=row.material,
            title=row.title,
            text_sha256=row.consent_sha256,
            promised_at=unit.now.isoformat(),
        )
    )


def _summary(unit: Unit, row: Row[Any]) -> dict[str, Any]:
    warn_at = row.opened_at + (row.due_at - row.opened_at) * clocks.WARN_AT
    return {
        "id": row.id,
        "title": row.title,
        "state": finding.state_of(row),
        "opened_at": row.opened_at.isoformat(),
        "answer_by": row.due_at.isoformat(),
        "clock": clocks.colour(warn_at, row.due_at, unit.now),
    }
