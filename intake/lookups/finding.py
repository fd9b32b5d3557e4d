"""Finding look-ups, and what the contract says of one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from intake.cases import applications
from intake.keeping.unit import Unit
from intake.lookups.tables import lookups as table
from intake.problems import unknown


def by_id(unit: Unit, name: str) -> Row[Any]:
    """Raises: Problem 404."""
    row = unit.connection.execute(select(table).where(table.c.id == name)).one_or_none()
    if row is None:
        raise unknown("look-up")
    return row


def of(unit: Unit, number: str) -> list[Row[Any]]:
    """All look-ups of a case, the first one first."""
    query = select(table).where(table.c.number == number).order_by(table.c.opened_at, table.c.id)
    return list(unit.connection.execute(query))


def document(row: Row[Any]) -> dict[str, Any]:
    """The contract's Lookup."""
    return {
        "lookup": row.id,
        "number": row.number,
        "material": row.material,
        "state": state_of(row),
        "answer_by": row.due_at.isoformat(),
        "result": row.result or "",
        "officer": row.officer or "",
        "department": row.department,
        "at": row.answered_at and row.answered_at.isoformat(),
    }


def state_of(row: Row[Any]) -> str:
    if row.answered_at is not None:
        return "answered"
    return "escalated" if row.escalated_at is not None else "waiting"


def question_of(unit: Unit, row: Row[Any]) -> str:
    return unit.vault.open(row.question_sealed, place(row.id)).decode()


def unanswered(unit: Unit, row: Row[Any]) -> list[str]:
    """Materials a department is to answer for: nobody has yet, nor has the paper come or been promised."""
    body = applications.body_of(unit, row)
    answered = {each.material for each in of(unit, row.number) if each.answered_at is not None}
    settled = answered | {material["id"] for material in body["materials"]}
    settled |= {
        promise["material"] for promise in body.get("deferred", [])
    }  # owed, so nobody waits for an answer
    return [material for material in body.get("lookups", []) if material not in settled]


def unasked(unit: Unit, row: Row[Any]) -> list[str]:
    """Those of them for which no department was ever asked: the applicant may bring the paper instead."""
    known = {each.material for each in of(unit, row.number)}
    return [material for material in unanswered(unit, row) if material not in known]


def place(name: str) -> str:
    return f"lookups.question:{name}"
