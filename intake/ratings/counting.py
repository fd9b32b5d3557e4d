"""Marks of a time, counted: by matter and office, and by who decided. Silence is counted as silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import and_, func, select

from intake.keeping.schema import applications, events
from intake.keeping.unit import Unit
from intake.ratings.tables import followup_steps, followups, marks

GOOD = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Given:
    """The mark that counts for a case: its last one."""

    number: str
    title: str
    office: str
    code: int
    round: int
    decided_by: str  # the reviewer's name, "" when nobody decided


@dataclass(slots=True)
class Tally:
    """What one matter at one office, or one reviewer, got."""

    asked: int = 0
    codes: Counter[int] = field(default_factory=Counter)
    followups: int = 0
    late: int = 0

    @property
    def given(self) -> int:
        return self.codes.total()

    @property
    def satisfied(self) -> float | None:
        """The share of 1, 2 and 3 among the marks given, 0 to 1; None without any mark."""
        return sum(self.codes[code] for code in GOOD) / self.given if self.given else None


Key = tuple[str, str]  # title, office


@dataclass(frozen=True, slots=True)
class Count:
    by_matter: Mapping[Key, Tally]
    by_reviewer: Mapping[str, Tally]
    flagged: int
    better: int  # second marks that are good where the first was bad
    closed: int


def count(unit: Unit, begin: datetime, end: datetime) -> Count:
    """Count what was given, asked and followed up from `begin` (inclusive) to `end` (exclusive)."""
    given = list(_given(unit, begin, end))
    matters: dict[Key, Tally] = {}
    reviewers: dict[str, Tally] = {}
    for mark in given:
        matters.setdefault((mark.title, mark.office), Tally()).codes[mark.code] += 1
        if mark.decided_by:
            reviewers.setdefault(mark.decided_by, Tally()).codes[mark.code] += 1
    for key in _asked(unit, begin, end):
        matters.setdefault(key, Tally()).asked += 1
    closed = _count_followups(unit, begin, end, matters)
    for by in _late_steps(unit, begin, end):
        reviewers.setdefault(by, Tally()).late += 1
    better = sum(mark.round > 1 and mark.code in GOOD for mark in given)
    return Count(matters, reviewers, _flagged(unit, begin, end), better, closed)


def _given(unit: Unit, begin: datetime, end: datetime) -> Iterable[Given]:
    last = select(marks.c.number, func.max(marks.c.round).label("round")).group_by(marks.c.number).subquery()
    decided = select(events.c.number, func.max(events.c.by).label("by")).where(events.c.type == "decided")
    who = decided.group_by(events.c.number).subquery()
    query = (
        select(marks, applications.c.title, applications.c.office, who.c.by)
        .join(last, and_(last.c.number == marks.c.number, last.c.round == marks.c.round))
        .join(applications, applications.c.number == marks.c.number)
        .outerjoin(who, who.c.number == marks.c.number)
        .outerjoin(followups, followups.c.number == marks.c.number)
        .where(marks.c.at >= begin, marks.c.at < end, followups.c.flagged.is_not(True))
        .order_by(marks.c.number)
    )
    for row in unit.connection.execute(query):
        decided_by = (row.by or "").partition(":")[2]
        yield Given(row.number, row.title, row.office, row.code, row.round, decided_by)


def _asked(unit: Unit, begin: datetime, end: datetime) -> Iterable[Key]:
    query = (
        select(applications.c.title, applications.c.office)
        .join(events, events.c.number == applications.c.number)
        .where(events.c.type == "rating_requested", events.c.occurred_at >= begin, events.c.occurred_at < end)
    )
    return [(row.title, row.office) for row in unit.connection.execute(query)]


def _count_followups(unit: Unit, begin: datetime, end: datetime, matters: dict[Key, Tally]) -> int:
    """Add follow-ups begun in the time to their matters; return how many of them are over."""
    query = (
        select(followups, applications.c.title, applications.c.office)
        .join(applications, applications.c.number == followups.c.number)
        .where(followups.c.opened_at >= begin, followups.c.opened_at < end, followups.c.flagged.is_(False))
    )
    closed = 0
    for row in unit.connection.execute(query):
        tally = matters.setdefault((row.title, row.office), Tally())
        tally.followups += 1
        tally.late += row.late or (row.due_at is not None and unit.now >= row.due_at)
        closed += row.closed_at is not None
    return closed


def _late_steps(unit: Unit, begin: datetime, end: datetime) -> list[str]:
    within = (followup_steps.c.at >= begin, followup_steps.c.at < end, followup_steps.c.late.is_(True))
    found = unit.connection.execute(select(followup_steps.c.by).where(*within)).scalars()
    return [str(by).partition(":")[2] for by in found]


def _flagged(unit: Unit, begin: datetime, end: datetime) -> int:
    within = (followups.c.opened_at >= begin, followups.c.opened_at < end, followups.c.flagged.is_(True))
    return int(
        unit.connection.execute(select(func.count()).select_from(followups).where(*within)).scalar_one()
    )
