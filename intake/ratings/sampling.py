"""Whom to call back: cases that are over, drawn by chance (电话回访). Who is followed up is called anyway."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select

from intake.cases import applications
from intake.exports.codes import moment
from intake.keeping.schema import applications as table
from intake.keeping.unit import Unit
from intake.office import reviewers
from intake.office.desk import mask_name
from intake.ratings.tables import followups

WITHIN = timedelta(days=90)  # who is asked about something older has forgotten it
OVER = ("delivered", "closed")
COLUMNS = ("project_no", "task_name", "org_code", "name", "mobile", "submitted", "result")


def draw(unit: Unit, n: int, chance: random.Random, *, full: bool) -> list[dict[str, str]]:
    """Draw `n` cases, or as many as there are. `full` gives names and phones, and each is noted as a look."""
    rows = _cases(unit)
    picked = chance.sample(rows, min(n, len(rows)))
    return [_row(unit, row, full=full) for row in sorted(picked, key=lambda row: str(row.number))]


def _cases(unit: Unit) -> list[Row[Any]]:
    followed = select(followups.c.number)
    query = select(table).where(
        table.c.state.in_(OVER), table.c.submitted_at > unit.now - WITHIN, table.c.number.not_in(followed)
    )
    return list(unit.connection.execute(query.order_by(table.c.number)))


def _row(unit: Unit, row: Row[Any], *, full: bool) -> dict[str, str]:
    body = applications.body_of(unit, row)
    name = body["applicant"]["name"]
    phones = (str(each["value"]) for each in body["answers"] if each["kind"] == "phone")
    phone = next(phones, "")
    if full:
        reviewers.note_look(unit, "operator", row.number, "name and phone, for a call back")
    return {
        "project_no": row.number,
        "task_name": row.title,
        "org_code": row.office,
        "name": name if full else mask_name(name),
        "mobile": phone if full else "*" * max(0, len(phone) - 4) + phone[-4:],
        "submitted": moment(row.submitted_at),
        "result": row.state,
    }
