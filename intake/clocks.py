"""When a promise falls due, and how close it is.

The day of the event is not counted, and a promise is kept until 24:00 of its last day in Asia/Shanghai.
What arrives out of hours is received now; its clock starts with the next working day all the same,
because the first day never counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import chinese_calendar

from intake.states import Limit

OFFICE_TIME = ZoneInfo("Asia/Shanghai")
WARN_AT = 0.8  # of the time between the event and the due moment
Colour = Literal["green", "yellow", "red", "none"]


@dataclass(frozen=True, slots=True)
class Due:
    """The end of a promise. `provisional`: it depends on a year whose holidays are not published yet."""

    day: date
    at: datetime
    warn_at: datetime
    provisional: bool


def due(start: datetime, limit: Limit) -> Due:
    """Return when `limit` ends that began at `start` (aware)."""
    first = start.astimezone(OFFICE_TIME).date()
    day, provisional = _count(first, limit)
    at = datetime.combine(day + timedelta(days=1), time(), OFFICE_TIME).astimezone(UTC)
    return Due(day, at, start + (at - start) * WARN_AT, provisional)


def colour(warn_at: datetime, due_at: datetime, now: datetime) -> Colour:
    if now >= due_at:
        return "red"
    return "yellow" if now >= warn_at else "green"


def _count(first: date, limit: Limit) -> tuple[date, bool]:
    if limit.kind == "calendar":
        return first + timedelta(days=limit.days), False
    day, left, provisional = first, limit.days, False
    while left:
        day += timedelta(days=1)
        works, known = _works(day)
        provisional |= not known
        left -= works
    return day, provisional


def _works(day: date) -> tuple[bool, bool]:
    """Whether `day` is worked, and whether that is known. An uncovered year is taken as Monday to Friday."""
    try:
        return bool(chinese_calendar.is_workday(day)), True
    except NotImplementedError:
        return day.weekday() < 5, False
