"""News of an application: kept in order, and owed to the bot until it has taken them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, insert, select, update

from intake.documents import keeping
from intake.keeping.schema import applications, callbacks, events
from intake.keeping.unit import Unit
from intake.states import EVENTS

MOST_AT_ONCE = 500


def add(unit: Unit, number: str, seq: int, kind: str, state: str, by: str, facts: Mapping[str, Any]) -> None:
    """Keep one event and owe it, with the document it is put in writing by, in the caller's transaction."""
    known = {"provisional": False, **facts}
    data = {name: known[name] for name in EVENTS[kind]}
    unit.connection.execute(
        insert(events).values(
            number=number,
            seq=seq,
            event_id=f"evt_{secrets.token_hex(16)}",
            type=kind,
            state=state,
            occurred_at=unit.now,
            by=by,
            data_sealed=unit.vault.seal_json(data, _place(number, seq)),
        )
    )
    keeping.make(unit, number, seq, kind, data)
    unit.connection.execute(
        insert(callbacks).values(number=number, seq=seq, state="todo", attempts=0, due_at=unit.now, error="")
    )


def after(unit: Unit, number: str, seq: int) -> list[dict[str, Any]]:
    """The contract's Event for each event of `number` with a higher seq, at most `MOST_AT_ONCE`."""
    return [document(unit, row) for row in rows(unit, number, seq)]


def rows(unit: Unit, number: str, after_seq: int = 0) -> list[Row[Any]]:
    found = unit.connection.execute(
        select(events, applications.c.reference)
        .join(applications, applications.c.number == events.c.number)
        .where(events.c.number == number, events.c.seq > after_seq)
        .order_by(events.c.seq)
        .limit(MOST_AT_ONCE)
    )
    return list(found)


def document(unit: Unit, row: Row[Any]) -> dict[str, Any]:
    written = keeping.of_event(unit, row.number, row.seq)
    return {
        "event_id": row.event_id,
        "seq": row.seq,
        "number": row.number,
        "reference": row.reference,
        "type": row.type,
        "state": row.state,
        "occurred_at": row.occurred_at.isoformat().replace("+00:00", "Z"),
        "data": data_of(unit, row),
        "document_url": written and f"/v1/pre-applications/{row.number}/documents/{written['id']}.pdf",
        "document": written,
    }


def data_of(unit: Unit, row: Row[Any]) -> dict[str, Any]:
    data: dict[str, Any] = unit.vault.open_json(row.data_sealed, _place(row.number, row.seq))
    return data


def tell_again(unit: Unit, number: str, seq: int, data: Mapping[str, Any]) -> None:
    """Put `data` in the place of what an event told: its person is forgotten."""
    sealed = unit.vault.seal_json(dict(data), _place(number, seq))
    mine = events.c.number == number, events.c.seq == seq
    unit.connection.execute(update(events).where(*mine).values(data_sealed=sealed))


def body(found: Mapping[str, Any]) -> bytes:
    """The bytes that are signed and sent: the same at every attempt."""
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()


def _place(number: str, seq: int) -> str:
    return f"events.data:{number}/{seq}"
