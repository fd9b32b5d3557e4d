"""What a case leaves beside its own row, when its person is to be forgotten.

What supervises the office stays as bare facts: that there was an alert or a talk, of which kind, when, and
who saw to it; that the case was sent back, and by whom. The words go, and nothing leads back to the person
(docs/decisions/0014-what-outlasts-an-erasure.md).
"""

from __future__ import annotations

from sqlalchemy import Table, delete, func, select, update

from intake.cases import standing
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
from intake.office import alerts as alerting

WORDS: tuple[Table, ...] = (supplements, corrections, owed, lookups)


def forget(unit: Unit, number: str, nobody: bytes) -> None:
    """Remove what people wrote, and let no count lead back to the person.

    A promise that was broken and not cleared stays with the person's fingerprint: who breaks one and has
    himself forgotten is not to be a new person to us. It goes as soon as it is cleared.
    """
    for table in WORDS:
        unit.connection.execute(delete(table).where(table.c.number == number))
    for counted in (rejections, talks):
        unit.connection.execute(update(counted).where(counted.c.number == number).values(person=nobody))
    alerting.forget(unit, number)
    standing.forget_talks(unit, number)
    cleared = broken_promises.c.number == number, broken_promises.c.cleared_at.is_not(None)
    unit.connection.execute(delete(broken_promises).where(*cleared))


def promise_stands(unit: Unit, number: str) -> bool:
    """Whether a broken promise of this case still stands against its person, known by his fingerprint."""
    mine = broken_promises.c.number == number, broken_promises.c.cleared_at.is_(None)
    query = select(func.count()).select_from(broken_promises).where(*mine)
    return bool(unit.connection.execute(query).scalar_one())


def remove(unit: Unit, number: str) -> None:
    """Remove all that hangs on a draft, before its row goes."""
    for table in (*WORDS, alerts, talks, timers):
        unit.connection.execute(delete(table).where(table.c.number == number))
