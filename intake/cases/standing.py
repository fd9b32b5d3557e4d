"""What outlasts a single application: how often a person was sent back for a service, and broken promises.

温州 and Changshan's rule: sent back more than three times, the reviewing office has to answer for it. The
third time warns the supervisor and obliges the office to telephone; before any further one a supervisor
writes down a talk (约谈). An approval ends the count.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from intake.keeping.schema import broken_promises, erased_cases, rejections, talks
from intake.keeping.unit import Unit
from intake.office import alerts

WARN_AT = 3  # S3: 驳回次数超过3次的实行约谈


def count(unit: Unit, row: Row[Any]) -> int:
    """How often this person was sent back for this service, over all his applications for it."""
    query = select(func.count()).select_from(rejections).where(*_same(rejections, row))
    return int(unit.connection.execute(query.where(rejections.c.settled_at.is_(None))).scalar_one())


def talk_due(unit: Unit, row: Row[Any]) -> bool:
    """Whether a talk must be written down before the next time."""
    if count(unit, row) < WARN_AT:
        return False
    last = select(func.max(rejections.c.at)).where(*_same(rejections, row))
    talked = select(func.count()).select_from(talks).where(*_same(talks, row))
    since = talks.c.at >= unit.connection.execute(last).scalar_one()
    return not unit.connection.execute(talked.where(since)).scalar_one()


def note_rejection(unit: Unit, row: Row[Any], by: str) -> None:
    unit.connection.execute(
        insert(rejections).values(
            id=secrets.token_hex(16),
            person=row.person,
            service=row.service,
            number=row.number,
            at=unit.now,
            by=by,
        )
    )
    n = count(unit, row)
    if n >= WARN_AT:
        words = f"这件事已经退回{n}次。请给申请人打电话，把要什么一次说清；再退回之前要先有约谈记录。"
        alerts.add(unit, row.number, "third_rejection", words)


def note_talk(unit: Unit, row: Row[Any], by: str, record: Mapping[str, str]) -> None:
    found = secrets.token_hex(16)
    unit.connection.execute(
        insert(talks).values(
            id=found,
            person=row.person,
            service=row.service,
            number=row.number,
            at=unit.now,
            by=by,
            record_sealed=unit.vault.seal_json(dict(record), f"talks.record:{found}"),
        )
    )


def talks_of(unit: Unit, row: Row[Any]) -> list[dict[str, Any]]:
    found = unit.connection.execute(select(talks).where(*_same(talks, row)).order_by(talks.c.at))
    return [
        unit.vault.open_json(each.record_sealed, f"talks.record:{each.id}")
        | {"by": each.by, "at": each.at.isoformat()}
        for each in found
    ]


def forget_talks(unit: Unit, number: str) -> None:
    """Leave of the talks about a case that they were held, when, and who wrote them down."""
    for row in unit.connection.execute(select(talks.c.id).where(talks.c.number == number)).all():
        empty = unit.vault.seal_json({"who": "", "when": "", "result": ""}, f"talks.record:{row.id}")
        unit.connection.execute(update(talks).where(talks.c.id == row.id).values(record_sealed=empty))


def settle(unit: Unit, row: Row[Any]) -> None:
    """It was approved in the end: what was before is not counted any more."""
    unit.connection.execute(
        update(rejections)
        .where(*_same(rejections, row), rejections.c.settled_at.is_(None))
        .values(settled_at=unit.now)
    )


def follow(unit: Unit, row: Row[Any], person: bytes) -> None:
    """The identity number was corrected: what is noted about the application goes with it."""
    for table in (rejections, talks, broken_promises):
        unit.connection.execute(update(table).where(table.c.number == row.number).values(person=person))


def break_promise(unit: Unit, row: Row[Any], by: str) -> None:
    unit.connection.execute(
        insert(broken_promises).values(number=row.number, person=row.person, at=unit.now, by=by)
    )


def promise_broken(unit: Unit, person: bytes) -> bool:
    query = select(broken_promises.c.number).where(
        broken_promises.c.person == person, broken_promises.c.cleared_at.is_(None)
    )
    return unit.connection.execute(query.limit(1)).scalar() is not None


def clear_promise(unit: Unit, person: bytes, by: str, reason: str) -> None:
    """Let the person promise again. Who did it and why is kept with each promise that was broken.

    Of somebody who was forgotten nothing is kept once it is cleared.
    """
    gone = select(erased_cases.c.number)
    unit.connection.execute(
        delete(broken_promises).where(broken_promises.c.person == person, broken_promises.c.number.in_(gone))
    )
    found = unit.connection.execute(
        select(broken_promises.c.number).where(
            broken_promises.c.person == person, broken_promises.c.cleared_at.is_(None)
        )
    ).scalars()
    for number in list(found):
        sealed = unit.vault.seal(reason.encode(), f"broken_promises.cleared:{number}")
        unit.connection.execute(
            update(broken_promises)
            .where(broken_promises.c.number == number)
            .values(cleared_at=unit.now, cleared_by=by, cleared_sealed=sealed)
        )


def _same(table: Any, row: Row[Any]) -> tuple[Any, Any]:
    return table.c.person == row.person, table.c.service == row.service
