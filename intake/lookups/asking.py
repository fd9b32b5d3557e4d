"""Asking a department: once for each material and consent, with five minutes to answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update

from intake.cases import applications, moves
from intake.days.clocks import OFFICE_TIME
from intake.keeping.schema import applications as cases
from intake.keeping.unit import Unit
from intake.lookups.finding import by_id, place, state_of
from intake.lookups.tables import lookups as table
from intake.office import alerts
from intake.problems import invalid, not_now
from intake.states.places import BEFORE_ACCEPTANCE

WITHIN = timedelta(minutes=5)  # 龙游's 五分钟反馈
MOST_AT_ONCE = 100


def ask(unit: Unit, body: Mapping[str, str]) -> dict[str, Any]:
    """Open a look-up, or answer again for the one there is; the contract's LookupOpened.

    Raises: Problem 404, 423 accepted or over already, 422 the pre-application names no such look-up.
    """
    row = applications.by_number(unit, body["number"], lock=True)
    known = _known(unit, body)
    if known is not None:
        return _opened(known)
    if row.state not in BEFORE_ACCEPTANCE:
        raise not_now("open_lookup", row.state)
    if body["material"] not in applications.body_of(unit, row).get("lookups", ()):
        raise invalid("The pre-application names no look-up of this material.", "/material")
    return _opened(_write(unit, body))


def escalate(unit: Unit) -> int:
    """Show the supervisor what nobody answered in time, and tell the applicant. Returns how many."""
    late = select(table.c.id, table.c.number).where(
        table.c.answered_at.is_(None),
        table.c.escalated_at.is_(None),
        table.c.due_at <= unit.now,
        table.c.number.in_(select(cases.c.number).where(cases.c.state.in_(BEFORE_ACCEPTANCE))),
    )
    found = unit.connection.execute(late.order_by(table.c.number, table.c.id).limit(MOST_AT_ONCE)).all()
    return sum(_escalate(unit, each.id, each.number) for each in found)


def _escalate(unit: Unit, name: str, number: str) -> bool:
    """Escalate one, unless it was answered or the case went on while we waited for its lock."""
    case = applications.by_number(unit, number, lock=True)
    row = by_id(unit, name)
    if state_of(row) != "waiting" or case.state not in BEFORE_ACCEPTANCE:
        return False
    unit.connection.execute(update(table).where(table.c.id == name).values(escalated_at=unit.now))
    words = f"请{row.department}核验“{row.title}”，五分钟没有答复。请打电话催一下，没有答复不能算通过。"
    alerts.add(unit, number, "lookup_late", words)
    moves.tell(unit, case, "lookup_escalated", "system", {"lookup": name, "material": row.material})
    return True


def _known(unit: Unit, body: Mapping[str, str]) -> Row[Any] | None:
    names = ("number", "material", "consent_sha256")
    same = (table.c[name] == body[name] for name in names)
    return unit.connection.execute(select(table).where(*same)).one_or_none()


def _write(unit: Unit, body: Mapping[str, str]) -> Row[Any]:
    day = unit.now.astimezone(OFFICE_TIME).strftime("%m%d")
    name = f"L-{day}-{unit.count(f'lookup-{day}'):04d}"
    given = {each: body[each] for each in ("number", "material", "department", "title", "consent_sha256")}
    sealed = unit.vault.seal(body["question"].encode(), place(name))
    unit.connection.execute(
        insert(table).values(
            id=name, question_sealed=sealed, opened_at=unit.now, due_at=unit.now + WITHIN, **given
        )
    )
    return by_id(unit, name)


def _opened(row: Row[Any]) -> dict[str, Any]:
    return {"lookup": row.id, "answer_by": row.due_at.isoformat()}
