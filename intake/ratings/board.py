"""What a reviewer sees of follow-ups: the matter and the words; the giver when he is named, or at the end."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from intake.cases import applications
from intake.days import clocks
from intake.keeping.unit import Unit
from intake.office.desk import mask, mask_name
from intake.ratings import followups, marks
from intake.ratings.steps import BY_ID, STATES, Step, Who
from intake.ratings.tables import followups as table

MOST_ROWS = 200


def overview(unit: Unit) -> dict[str, Any]:
    """Follow-ups, the most urgent first; those that are over at the end."""
    urgent_first = (table.c.due_at.is_(None), table.c.due_at, table.c.opened_at.desc())
    rows = unit.connection.execute(select(table).order_by(*urgent_first).limit(MOST_ROWS)).all()
    return {"followups": [_summary(unit, row) for row in rows]}


def detail(unit: Unit, row: Row[Any], by: str, role: Who) -> dict[str, Any]:
    given = marks.of(unit, row.number)
    return {
        **_summary(unit, row),
        "version": row.version,
        "applicant": _applicant(unit, row),
        "marks": [_mark(unit, mark) for mark in given],
        "steps": [_step(unit, each) for each in followups.steps_of(unit, row.id)],
        "actions": [_action(step) for step in followups.steps_open(unit, row, by, role)],
    }


def _summary(unit: Unit, row: Row[Any]) -> dict[str, Any]:
    case = applications.by_number(unit, row.number)
    first = marks.of(unit, row.number)[0]
    return {
        "id": row.id,
        "title": case.title,
        "office": case.office,
        "state": row.state,
        "state_label": STATES[row.state],
        "code": first.code,
        "opened_at": row.opened_at.isoformat(),
        "due_on": row.due_on and row.due_on.isoformat(),
        "clock": clocks.colour(row.warn_at, row.due_at, unit.now) if row.due_at else "none",
        "provisional": row.provisional,
        "named": marks.is_named(unit, row.number),
        "late": row.late,
    }


def _applicant(unit: Unit, row: Row[Any]) -> dict[str, str] | None:
    """Whose mark it is, or None while that is his own business."""
    if not marks.is_open_to_reviewers(unit, row.number):
        return None
    found = applications.body_of(unit, applications.by_number(unit, row.number))["applicant"]
    return {
        "number": row.number,
        "name": mask_name(found["name"]),
        "id_number": mask(found["id_number"]),
    }


def _mark(unit: Unit, mark: Row[Any]) -> dict[str, Any]:
    return {
        "round": mark.round,
        "code": mark.code,
        "words": marks.words_of(unit, mark),
        "at": mark.at.isoformat(),
    }


def _step(unit: Unit, row: Row[Any]) -> dict[str, Any]:
    return {
        "n": row.n,
        "at": row.at.isoformat(),
        "by": row.by,
        "step": row.step,
        "label": BY_ID[row.step].label,
        "late": row.late,
        "words": followups.words_of(unit, row),
    }


def _action(step: Step) -> dict[str, Any]:
    need = {
        "name": step.need.name,
        "label": step.need.label,
        "multiline": True,
        "required": True,
        "help": step.need.help,
    }
    tone = "danger" if step.id.startswith("flag") else "primary"
    return {"action": step.id, "label": step.label, "tone": tone, "needs": [need]}
