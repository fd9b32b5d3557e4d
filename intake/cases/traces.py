"""What a case leaves beside its own row, when its person is to be forgotten."""

from __future__ import annotations

from sqlalchemy import Table, delete, update

from intake.keeping.schema import (
    alerts,
    broken_promises,
    corrections,
    owed,
    rejections,
    supplements,
    talks,
    timers,
)
from intake.keeping.unit import Unit
from intake.lookups.tables import lookups

WORDS: tuple[Table, ...] = (supplements, corrections, owed, alerts, talks, lookups)


def forget(unit: Unit, number: str, nobody: bytes) -> None:
    """Remove what people wrote, and let no count lead back to the person.

    A promise that was broken and not cleared stays with the person's fingerprint: who breaks one and has
    himself forgotten is not to be a new person to us. It goes as soon as it is cleared.
    """
    for table in WORDS:
        unit.connection.execute(delete(table).where(table.c.number == number))
    unit.connection.execute(update(rejections).where(rejections.c.number == number).values(person=nobody))
    cleared = broken_promises.c.number == number, broken_promises.c.cleared_at.is_not(None)
    unit.connection.execute(delete(broken_promises).where(*cleared))


def remove(unit: Unit, number: str) -> None:
    """Remove all that hangs on a draft, before its row goes."""
    for table in (*WORDS, timers):
        unit.connection.execute(delete(table).where(table.c.number == number))
