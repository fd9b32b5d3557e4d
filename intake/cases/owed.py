"""Papers an applicant promised to bring later (容缺受理): noted when he hands in, ticked off as they come."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, insert, select, update

from intake.cases import applications, standing
from intake.cases.making import Making
from intake.days import timers
from intake.days.clocks import local_day, reminders
from intake.keeping.schema import owed as table
from intake.keeping.unit import Unit
from intake.problems import Problem, invalid
from intake.states import Limit

# Shenzhen's rule: two working days before the promise ends, and never more than twenty.
BEFORE_PROMISE, MOST_DAYS = 2, 20


def refuse_blocked(unit: Unit, person: bytes, body: dict[str, Any]) -> None:
    """Raise Problem 422 when `body` promises papers and its person has a broken promise standing."""
    if body.get("deferred") and standing.promise_broken(unit, person):
        raise Problem(
            422,
            "deferral-blocked",
            "An earlier promise was not kept and nobody has cleared it.",
            "上次答应补的材料没有补上，这次要把材料交齐才能办。有难处，可以找工作人员说明。",
            field="/deferred",
        )


def note(unit: Unit, number: str, body: dict[str, Any]) -> None:
    """Keep what `body` promises. Raises: Problem 422 for a paper promised twice, or promised and sent."""
    sent, rows = {material["id"] for material in body["materials"]}, {}
    for place, promise in enumerate(body.get("deferred", [])):
        if promise["material"] in sent or promise["material"] in rows:
            raise invalid("This paper is there already.", f"/deferred/{place}/material")
        rows[promise["material"]] = {
            "number": number,
            "material": promise["material"],
            "title": promise["title"],
            "text_sha256": promise["text_sha256"],
            "promised_at": promise["at"],
        }
    if rows:
        unit.connection.execute(insert(table), list(rows.values()))


def of(unit: Unit, number: str) -> list[Row[Any]]:
    """All papers ever promised, those that came as well."""
    return list(
        unit.connection.execute(select(table).where(table.c.number == number).order_by(table.c.material))
    )


def still(unit: Unit, number: str) -> list[Row[Any]]:
    return [row for row in of(unit, number) if row.supplied_at is None]


def supplied(unit: Unit, number: str, material: str) -> None:
    """Tick a paper off; with the last one the clock of the promise stops."""
    unit.connection.execute(
        update(table)
        .where(table.c.number == number, table.c.material == material)
        .values(supplied_at=unit.now)
    )
    if not still(unit, number):
        timers.stop(unit, number, "deferral")


def begin(making: Making) -> None:
    """The work starts: tell what is owed, by when, and when to remind."""
    unit, row = making.unit, making.row
    calendar = timers.calendar_of(unit, row, "deferral")
    promised = timers.find(unit, row.number, "promised")
    assert promised is not None  # the move started it
    # A promise of a day or two leaves no room before it; the applicant has a working day all the same.
    days = calendar.between(local_day(unit.now), promised.due_on) - BEFORE_PROMISE
    days = max(1, min(days, MOST_DAYS))
    found = timers.begin(unit, row, "deferral", Limit(days))
    making.tell("by", found.day.isoformat(), provisional=found.provisional)
    making.facts["remind"] = [day.isoformat() for day in reminders(unit.now, days, calendar)]
    making.facts["items"] = [
        {"material": each.material, "title": each.title} for each in still(unit, row.number)
    ]


def texts(unit: Unit, row: Row[Any]) -> dict[str, str]:
    """The words agreed to, by material."""
    body = applications.body_of(unit, row)
    return {promise["material"]: promise["text"] for promise in body.get("deferred", [])}
