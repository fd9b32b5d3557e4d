"""Working days, due dates and opening hours: arithmetic only, in the office's own time zone.

A limit of N days does not count the day of the event, and ends at 24:00 of its last day (Civil Code
art. 201-203, the habit of 行政许可法 82). What comes in after hours or on a holiday has come in; its
first counted day is the next working day. Limits in calendar days run through holidays.

A year whose holidays the State Council has not announced yet is counted Monday to Friday, and every
date that touches it is `provisional` (暂定), to be worked out anew when the notice is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Literal
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
LONGEST_BREAK = 60  # days; the longest real one is 9. A calendar without working days is a mistake of ours.

WEEKDAYS_ZH = "一二三四五六日"
WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS_EN = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

Span = tuple[time, time]


@dataclass(frozen=True, slots=True)
class Due:
    """When a limit runs out.

    at:          the first moment that is too late, aware UTC: 24:00 in Shanghai of `day`.
    day:         the last day that is still in time; this is the one to tell people.
    provisional: part of the way lies in a year without announced holidays.
    """

    at: datetime
    day: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days one office works.

    working: what differs from the week, or is known for sure: holidays False, make-up days True.
    covered: years whose holidays are announced and in `working`.
    week:    how many days from Monday are working days in an ordinary week (5, or 6).
    """

    working: Mapping[date, bool] = field(default_factory=dict)
    covered: frozenset[int] = frozenset()
    week: int = 5

    def is_working(self, day: date) -> bool:
        """Say whether the office works on `day`."""
        known = self.working.get(day)
        return day.weekday() < self.week if known is None else known

    def is_certain(self, day: date) -> bool:
        """Say whether that is known, rather than supposed from the week."""
        return day.year in self.covered or day in self.working

    def working_days(self, first: date) -> Iterator[date]:
        """Yield the working days from `first` on.

        Raises:
            ValueError: no working day for LONGEST_BREAK days; the calendar was filled in wrongly.
        """
        day, idle = first, 0
        while idle < LONGEST_BREAK:
            if self.is_working(day):
                idle = 0
                yield day
            else:
                idle += 1
            day += DAY
        raise ValueError(f"no working day in the {LONGEST_BREAK} days before {day}")

    def due(self, start: datetime, days: int, kind: Literal["working", "calendar"]) -> Due:
        """Return when a limit of `days` that began with an event at `start` (aware) runs out.

        No days means on the spot: the same day, or the next working day where a working one is meant.
        """
        event = local_day(start)
        last = event + days * DAY if kind == "calendar" else self._nth_working_day(event, days)
        certain = all(self.is_certain(day) for day in _days(event, last)) or kind == "calendar"
        return Due(at=end_of(last), day=last, provisional=not certain)

    def before(self, last: date, days: int) -> date:
        """Return the working day that lies `days` working days before `last`, which is not counted."""
        back = (last - count * DAY for count in range(1, LONGEST_BREAK + 7 * days))
        return next(islice(filter(self.is_working, back), days - 1, None), last)

    def is_open(self, now: datetime, hours: tuple[Span, ...]) -> bool:
        """Say whether somebody is there at `now` (aware)."""
        here = now.astimezone(ZONE)
        inside = any(opens <= here.time() < closes for opens, closes in hours)
        return inside and self.is_working(here.date())

    def next_opening(self, now: datetime, hours: tuple[Span, ...]) -> datetime:
        """Return when somebody is there next, in Shanghai time: `now` itself while the office is open."""
        here = now.astimezone(ZONE)
        if self.is_open(now, hours):
            return here
        starts = [
            datetime.combine(day, opens, ZONE) for day in self._next_two(here.date()) for opens, _ in hours
        ]
        return min(start for start in starts if start > here)

    def _nth_working_day(self, event: date, days: int) -> date:
        if days == 0:
            return next(self.working_days(event))
        counted = self.working_days(event + DAY)
        for _ in range(days - 1):
            next(counted)
        return next(counted)

    def _next_two(self, first: date) -> tuple[date, date]:
        """Two days, because today's hours may be over already."""
        days = self.working_days(first)
        return next(days), next(days)


def local_day(moment: datetime) -> date:
    """Return the day it is in Shanghai at `moment` (aware)."""
    return moment.astimezone(ZONE).date()


def end_of(day: date) -> datetime:
    """Return 24:00 in Shanghai of `day`, as aware UTC."""
    return datetime.combine(day + DAY, time(0), ZONE).astimezone(UTC)


def spoken(day: date, lang: str, today: date, *, weekday: bool = True) -> str:
    """Return the day as people say it: "11月23日(周一)", "Monday 23 November".

    The year is said when it is not this one.
    """
    if lang == "en":
        name = f"{WEEKDAYS_EN[day.weekday()]} " if weekday else ""
        year = "" if day.year == today.year else f" {day.year}"
        return f"{name}{day.day} {MONTHS_EN[day.month - 1]}{year}"
    name = f"(周{WEEKDAYS_ZH[day.weekday()]})" if weekday else ""
    year = "" if day.year == today.year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日{name}"


def spoken_month(year: int, month: int, lang: str) -> str:
    """Return the month as people say it: "2026年12月", "December 2026"."""
    return f"{MONTHS_EN[month - 1]} {year}" if lang == "en" else f"{year}年{month}月"


def spoken_moment(moment: datetime, lang: str, today: date) -> str:
    """Return day and time in Shanghai: "11月23日(周一)早上8:30", "Monday 23 November, 8:30"."""
    here = moment.astimezone(ZONE)
    day = spoken(here.date(), lang, today)
    if lang == "en":
        return f"{day}, {here.hour}:{here.minute:02}"
    return f"{day}{_part_of_day(here.hour)}{(here.hour - 1) % 12 + 1}:{here.minute:02}"


def _part_of_day(hour: int) -> str:
    for until, words in ((6, "凌晨"), (11, "早上"), (13, "中午"), (18, "下午")):
        if hour < until:
            return words
    return "晚上"


def _days(first: date, last: date) -> Iterator[date]:
    return (first + count * DAY for count in range((last - first).days + 1))
