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

from intake.days.calendars import STANDARD, Calendar
from intake.states import Limit

OFFICE_TIME = ZoneInfo("Asia/Shanghai")
WARN_AT = 0.8  # of the time between the event and the due moment
Colour = Literal["green", "yellow", "red", "none"]
WORST: tuple[Colour, ...] = ("none", "green", "yellow", "red")


@dataclass(frozen=True, slots=True)
class Due:
    """The end of a promise. `provisional`: it depends on a year whose holidays are not published yet."""

    day: date
    at: datetime
    warn_at: datetime
    provisional: bool


def due(start: datetime, limit: Limit, calendar: Calendar = STANDARD) -> Due:
    """Return when `limit` ends that began at `start` (aware)."""
    first = local_day(start)
    if limit.kind == "calendar":
        return on_day(start, first + timedelta(days=limit.days))
    day, provisional = calendar.after(first, limit.days)
    return on_day(start, day, provisional=provisional)


def on_day(start: datetime, day: date, *, provisional: bool = False) -> Due:
    """The end of a promise that names its day."""
    at = datetime.combine(day + timedelta(days=1), time(), OFFICE_TIME).astimezone(UTC)
    return Due(day, at, start + (at - start) * WARN_AT, provisional)


def reminders(start: datetime, days: int, calendar: Calendar) -> list[date]:
    """Days to remind on when `days` working days run: half the time, two before the last, the last."""
    first = local_day(start)
    steps = sorted({step for step in (days // 2, days - 2, days) if step > 0})
    return [calendar.after(first, step)[0] for step in steps]


def colour(warn_at: datetime, due_at: datetime, now: datetime) -> Colour:
    if now >= due_at:
        return "red"
    return "yellow" if now >= warn_at else "green"


def local_day(moment: datetime) -> date:
    return moment.astimezone(OFFICE_TIME).date()
