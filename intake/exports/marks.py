"""Marks with the codes of GB/T 39046 A.8, a row for each mark. The giver's name only where he gave it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from intake.cases import applications as cases
from intake.exports import codes
from intake.keeping.schema import applications
from intake.keeping.unit import Unit
from intake.ratings import marks
from intake.ratings.tables import followups
from intake.ratings.tables import marks as table

COLUMNS = (
    "project_no",
    "task_code",
    "task_name",
    "org_code",
    "satisfaction",
    "satisfaction_name",
    "round",
    "evaluate_time",
    "evaluate_words",
    "is_named",
    "applyer_name",
    "channel",
    "rectify_state",
    "is_valid",
)


def rows(unit: Unit, since: datetime, until: datetime) -> list[dict[str, str]]:
    """Every mark given from `since` (inclusive) to `until` (exclusive), in the order of the cases."""
    query = (
        select(table, followups.c.state.label("followup"), followups.c.flagged)
        .outerjoin(followups, followups.c.number == table.c.number)
        .where(table.c.at >= since, table.c.at < until)
        .order_by(table.c.number, table.c.round)
    )
    found = []
    for mark in unit.connection.execute(query).all():
        case = unit.connection.execute(select(applications).where(applications.c.number == mark.number)).one()
        body = cases.body_of(unit, case)
        found.append(
            {
                "project_no": mark.number,
                "task_code": body["service"].get("name_code", ""),
                "task_name": case.title,
                "org_code": case.office,
                "satisfaction": str(mark.code),
                "satisfaction_name": codes.MARKS[mark.code],
                "round": str(mark.round),
                "evaluate_time": codes.moment(mark.at),
                "evaluate_words": marks.words_of(unit, mark),
                "is_named": "1" if mark.named else "0",
                "applyer_name": body["applicant"]["name"] if mark.named else "",
                "channel": codes.BY_PHONE,
                "rectify_state": mark.followup or "",
                "is_valid": "0" if mark.flagged else "1",
            }
        )
    return found
