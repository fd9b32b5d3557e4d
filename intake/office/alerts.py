"""What a supervisor should see, until somebody has seen to it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, insert, select, update

from intake.keeping.schema import alerts as table
from intake.keeping.unit import Unit
from intake.problems import unknown

LABELS: Mapping[str, str] = {
    "third_rejection": "退回已到三次",
    "deemed_accepted": "五个工作日没有答复，可能视为受理",
    "lookup_late": "部门核验五分钟没有答复",
    "added_later": "补正时添加了第一次就有的内容",
}


def add(unit: Unit, number: str, kind: str, text: str) -> None:
    """Raise an alert in the caller's transaction. `text` may name people: it is sealed."""
    found = secrets.token_hex(16)
    unit.connection.execute(
        insert(table).values(
            id=found,
            number=number,
            kind=kind,
            at=unit.now,
            text_sealed=unit.vault.seal(text.encode(), f"alerts.text:{found}"),
        )
    )


def open_ones(unit: Unit, number: str = "") -> list[dict[str, Any]]:
    """Alerts nobody has seen to, the oldest first; of one application, or of all."""
    query = select(table).where(table.c.done_at.is_(None))
    if number:
        query = query.where(table.c.number == number)
    return [_shown(unit, row) for row in unit.connection.execute(query.order_by(table.c.at, table.c.id))]


def close(unit: Unit, alert: str, by: str, note: str) -> str:
    """Note what was done about it; returns its application. Raises: Problem 404."""
    row = unit.connection.execute(select(table).where(table.c.id == alert)).one_or_none()
    if row is None or row.done_at is not None:
        raise unknown("open alert")
    sealed = unit.vault.seal(note.encode(), f"alerts.note:{alert}")
    unit.connection.execute(
        update(table).where(table.c.id == alert).values(done_at=unit.now, done_by=by, note_sealed=sealed)
    )
    return str(row.number)


def forget(unit: Unit, number: str) -> None:
    """Remove what was written in the alerts of a case; that there were any stays. Open ones are over."""
    mine = table.c.number == number
    unit.connection.execute(
        update(table).where(mine, table.c.done_at.is_(None)).values(done_at=unit.now, done_by="erasure")
    )
    for each in unit.connection.execute(select(table.c.id).where(mine)).scalars().all():
        empty = unit.vault.seal(b"", f"alerts.text:{each}")
        unit.connection.execute(
            update(table).where(table.c.id == each).values(text_sealed=empty, note_sealed=None)
        )


def _shown(unit: Unit, row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "kind": row.kind,
        "label": LABELS.get(row.kind, row.kind),
        "text": unit.vault.open(row.text_sealed, f"alerts.text:{row.id}").decode(),
        "at": row.at.isoformat(),
    }
