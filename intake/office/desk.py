"""What a reviewer sees: masked by default, with the moves open to him."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import ColumnElement, Row, or_, select

from intake.cases import applications, corrections, events, guards, moves, owed, standing
from intake.cases.corrections import page_label
from intake.cases.making import Making
from intake.days import clocks, timers
from intake.documents import keeping
from intake.keeping.schema import applications as table
from intake.keeping.unit import Unit
from intake.lookups import finding
from intake.office import alerts
from intake.problems import unknown
from intake.ratings import marks
from intake.states import CLOCKS, EVENT_LABELS, MOVES, STATES, Move, Role, moves_from

MOST_ROWS = 200
INSTEAD = frozenset(move.instead[1] for move in MOVES)  # never offered for itself


def overview(unit: Unit, state: str, text: str) -> dict[str, Any]:
    """Applications in `state` (empty: all that were handed in), the most urgent first."""
    query = select(table).where(table.c.submitted_at.is_not(None))
    if state:
        query = query.where(table.c.state == state)
    if text:
        query = query.where(_matches(unit, text))
    urgent_first = (table.c.due_at.is_(None), table.c.due_at, table.c.submitted_at.desc())
    rows = unit.connection.execute(query.order_by(*urgent_first).limit(MOST_ROWS)).all()
    colours = _colours(unit, [row.number for row in rows])
    open_alerts = alerts.open_ones(unit)
    alerted = {alert["number"] for alert in open_alerts}
    return {
        "applications": [
            _summary(unit, row) | {"clock": colours.get(row.number, "none"), "alert": row.number in alerted}
            for row in rows
        ],
        "alerts": open_alerts,
        "states": [
            {"id": found.id, "label": found.label} for found in STATES.values() if found.id != "draft"
        ],
    }


def detail(unit: Unit, row: Row[Any], role: str) -> dict[str, Any]:
    """All there is to see of one application, with the moves open to `role`."""
    body = applications.body_of(unit, row)
    rating, told = marks.shown(unit, row)
    return {
        "number": row.number,
        "title": row.title,
        "package": _package(body),
        "state": row.state,
        "state_label": STATES[row.state].label,
        "version": row.version,
        "submitted_at": row.submitted_at and row.submitted_at.isoformat(),
        "due_on": row.due_on and row.due_on.isoformat(),
        "provisional": row.provisional,
        "clock": _colours(unit, [row.number]).get(row.number, "none"),
        "clocks": [_clock(unit, each) for each in timers.running(unit, [row.number])],
        "alerts": alerts.open_ones(unit, row.number),
        "rejections": standing.count(unit, row),
        "promise_broken": standing.promise_broken(unit, row.person),
        "talks": standing.talks_of(unit, row),
        "owed": _owed(unit, row),
        "lookups": [_lookup(each) for each in finding.of(unit, row.number)],
        "slots": _slots(unit, row, body),
        "examples": [{"id": name, "label": label} for name, label in corrections.EXAMPLES.items()],
        "rating": rating,
        "applicant": {
            "name": mask_name(body["applicant"]["name"]),
            "id_number": mask(body["applicant"]["id_number"]),
        },
        "agent": body.get("agent"),
        "guardian": _guardian(body),
        "answers": [_answer(found) for found in body["answers"]],
        "materials": [_material(row.number, found) for found in body["materials"]],
        "events": [_event(unit, found) for found in told],
        "documents": keeping.listed(unit, row.number),
        "actions": _actions(unit, row, role),
    }


def _package(body: dict[str, Any]) -> dict[str, Any] | None:
    """The package (一件事) it was handed in with. Each member is decided by itself."""
    found = body.get("package")
    return {"title": found["title"], "of": found["of"]} if found else None


def _guardian(body: dict[str, Any]) -> dict[str, str] | None:
    """Who consented for a child under 14, masked."""
    found = body.get("guardian")
    if not found:
        return None
    named = {"name": mask_name(found["name"]), "id_number": mask(found["id_number"])}
    return {**named, "relation": found.get("relation", "")}


def unmasked(unit: Unit, row: Row[Any], key: str) -> str:
    """One value in full. Raises: Problem 404 when there is no such answer."""
    body = applications.body_of(unit, row)
    person = body.get(key) if key in ("applicant", "guardian") else None
    if person:
        return f"{person['name']} {person['id_number']}"
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
        "applicant": f"{mask_name(applicant['name'])} {mask(applicant['id_number'])}",
    }


def _colours(unit: Unit, numbers: list[str]) -> dict[str, clocks.Colour]:
    """The worst colour of each application: several promises may run at a time."""
    worst: dict[str, clocks.Colour] = {}
    for row in timers.running(unit, numbers):
        found = _colour(unit, row)
        worst[row.number] = max(worst.get(row.number, "none"), found, key=clocks.WORST.index)
    return worst


def _colour(unit: Unit, timer: Row[Any]) -> clocks.Colour:
    if not CLOCKS[timer.name].watched:
        return "none"
    return clocks.colour(timer.warn_at, timer.due_at, unit.now)


def _clock(unit: Unit, timer: Row[Any]) -> dict[str, Any]:
    return {
        "name": timer.name,
        "label": CLOCKS[timer.name].label,
        "due_on": timer.due_on.isoformat(),
        "provisional": timer.provisional,
        "colour": _colour(unit, timer),
    }


def _owed(unit: Unit, row: Row[Any]) -> list[dict[str, Any]]:
    texts = owed.texts(unit, row)
    return [
        {
            "material": each.material,
            "title": each.title,
            "text": texts.get(each.material, ""),
            "promised_at": each.promised_at,
            "supplied_at": each.supplied_at and each.supplied_at.isoformat(),
        }
        for each in owed.of(unit, row.number)
    ]


def _lookup(row: Row[Any]) -> dict[str, Any]:
    """部门核验: who answered what, and when."""
    told = ("material", "state", "result", "officer", "department", "at")
    return {"title": row.title, **{name: finding.document(row)[name] for name in told}}


def _slots(unit: Unit, row: Row[Any], body: dict[str, Any]) -> list[dict[str, Any]]:
    """What can be asked for again. `late`: it was there at the first look and nobody said anything."""
    before = corrections.asked_ever(unit, row.number)
    again = bool(before)
    return [
        {"slot": slot, "title": title, "late": again and slot not in before}
        for slot, title in corrections.slots(body).items()
    ]


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
                "label": page_label(page),
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


def _actions(unit: Unit, row: Row[Any], role: str) -> list[dict[str, Any]]:
    """What may be done now, by that role. A move whose `when` fails is not offered."""
    offered = []
    for move in moves_from(row.state, cast("Role", role)):
        making = Making(unit, row, move, "")
        if move.action not in INSTEAD and all(guards.passes(name, making) for name in move.when):
            offered.append(_action(move, moves.resolved(making)))
    return offered


def _action(move: Move, carried_out: Move) -> dict[str, Any]:
    needs = [
        {
            "name": need.name,
            "label": need.label,
            "multiline": need.multiline,
            "required": need.required,
            "help": need.help,
            "choices": [{"value": value, "label": label} for value, label in need.choices],
            "closed": need.closed,
        }
        for need in carried_out.needs
    ]
    return {
        "action": move.action,
        "label": carried_out.label,
        "tone": move.tone,
        "needs": needs,
        "items": move.items,
    }
