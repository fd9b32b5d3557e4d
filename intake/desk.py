"""What a reviewer sees: masked by default, with the moves open to him."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, or_, select

from intake import applications, clocks, events
from intake.documents import keeping
from intake.problems import unknown
from intake.ratings import marks
from intake.schema import applications as table
from intake.states import CLOCKS, EVENT_LABELS, STATES, Move, moves_from
from intake.unit import Unit

MOST_ROWS = 200
SIDES = {"front": "正面", "back": "反面"}


def overview(unit: Unit, state: str, text: str) -> dict[str, Any]:
    """Applications in `state` (empty: all that were handed in), the most urgent first."""
    query = select(table).where(table.c.submitted_at.is_not(None))
    if state:
        query = query.where(table.c.state == state)
    if text:
        query = query.where(_matches(unit, text))
    urgent_first = (table.c.due_at.is_(None), table.c.due_at, table.c.submitted_at.desc())
    rows = unit.connection.execute(query.order_by(*urgent_first).limit(MOST_ROWS)).all()
    return {
        "applications": [_summary(unit, row) for row in rows],
        "states": [
            {"id": found.id, "label": found.label} for found in STATES.values() if found.id != "draft"
        ],
    }


def detail(unit: Unit, row: Row[Any]) -> dict[str, Any]:
    body = applications.body_of(unit, row)
    rating, hidden = marks.shown_rating(unit, row)
    told = [found for found in events.rows(unit, row.number) if found.type not in hidden]
    return {
        "number": row.number,
        "title": row.title,
        "state": row.state,
        "state_label": STATES[row.state].label,
        "version": row.version,
        "submitted_at": row.submitted_at and row.submitted_at.isoformat(),
        "due_on": row.due_on and row.due_on.isoformat(),
        "provisional": row.provisional,
        "clock": _colour(unit, row),
        "rating": rating,
        "applicant": {
            "name": mask_name(body["applicant"]["name"]),
            "id_number": mask(body["applicant"]["id_number"]),
        },
        "answers": [_answer(found) for found in body["answers"]],
        "materials": [_material(row.number, found) for found in body["materials"]],
        "events": [_event(unit, found) for found in told],
        "documents": keeping.listed(unit, row.number),
        "actions": [_action(move) for move in moves_from(row.state, "reviewer")],
    }


def unmasked(unit: Unit, row: Row[Any], key: str) -> str:
    """One value in full. Raises: Problem 404 when there is no such answer."""
    body = applications.body_of(unit, row)
    if key == "applicant":
        return f"{body['applicant']['name']} {body['applicant']['id_number']}"
    for found in body["answers"]:
        if found["key"] == key:
            return str(found["value"])
    raise unknown("answer")


def mask(value: str) -> str:
    """Keep the area of an identity number and its tail, and of anything else as little as tells it apart."""
    if len(value) >= 15:
        return value[:6] + "*" * (len(value) - 10) + value[-4:]
    if len(value) >= 8:
        return "*" * (len(value) - 4) + value[-4:]
    return "*" * len(value)


def mask_name(name: str) -> str:
    return name[:1] + "*" * max(1, len(name) - 1)


def _matches(unit: Unit, text: str) -> ColumnElement[bool]:
    """Part of a number or of the title; or a whole name or identity number (these are sealed)."""
    return or_(
        table.c.number.contains(text.upper(), autoescape=True),
        table.c.title.contains(text, autoescape=True),
        table.c.name_index == unit.vault.blind("name", text),
        table.c.person == unit.vault.blind("person", text.upper()),
    )


def _summary(unit: Unit, row: Row[Any]) -> dict[str, Any]:
    applicant = applications.body_of(unit, row)["applicant"]
    return {
        "number": row.number,
        "title": row.title,
        "state": row.state,
        "state_label": STATES[row.state].label,
        "submitted_at": row.submitted_at.isoformat(),
        "due_on": row.due_on and row.due_on.isoformat(),
        "clock": _colour(unit, row),
        "applicant": f"{mask_name(applicant['name'])} {mask(applicant['id_number'])}",
    }


def _colour(unit: Unit, row: Row[Any]) -> clocks.Colour:
    if row.clock is None or not CLOCKS[row.clock].watched:
        return "none"
    return clocks.colour(row.warn_at, row.due_at, unit.now)


def _answer(found: dict[str, Any]) -> dict[str, Any]:
    # The client's `shown` is masked as a rule, but this page does not rely on another's rule.
    full, shown = str(found["value"]), found["shown"]
    if found["sensitive"]:
        shown = shown.replace(full, mask(full)) if full else shown
    return {"key": found["key"], "label": found["label"], "shown": shown, "sensitive": found["sensitive"]}


def _material(number: str, found: dict[str, Any]) -> dict[str, Any]:
    address = f"/review/api/applications/{number}/materials/{found['id']}"
    return {
        "id": found["id"],
        "title": found["title"],
        "pages": [
            {
                "page": page["page"],
                "label": page.get("label") or SIDES.get(page["page"], page["page"]),
                "url": f"{address}/{page['page']}",
                "flags": page.get("flags", []),
            }
            for page in found["pages"]
        ],
    }


def _event(unit: Unit, row: Row[Any]) -> dict[str, Any]:
    return {
        "seq": row.seq,
        "type": row.type,
        "label": EVENT_LABELS[row.type],
        "at": row.occurred_at.isoformat(),
        "by": row.by,
        "data": events.data_of(unit, row),
    }


def _action(move: Move) -> dict[str, Any]:
    needs = [
        {
            "name": need.name,
            "label": need.label,
            "multiline": need.multiline,
            "required": need.required,
            "help": need.help,
        }
        for need in move.needs
    ]
    return {"action": move.action, "label": move.label, "tone": move.tone, "needs": needs}
