"""Which days an office works: the published holidays, and how many days its week has.

The holidays of a year are published late in the year before. `chinese_calendar` knows them up to a year;
a newer one is loaded from a file by the operator (`python -m intake calendar load`) and goes before the
library. A year nobody knows is taken as ordinary weeks, and every day counted through it is provisional.

An office that works six or seven days a week works its Saturdays (and Sundays) too, but no holiday.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import chinese_calendar
import yaml
from sqlalchemy import delete, insert, select

from intake.keeping.schema import calendar_days, calendar_years, offices
from intake.keeping.unit import Unit

WEEK = 5
WEEKS = (5, 6, 7)


class BadCalendar(Exception):
    """The file cannot be taken. Says which line is wrong and what belongs there."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """days: holidays False, make-up workdays True, of the `years` that were loaded. week: 5, 6 or 7 days."""

    days: Mapping[date, bool] = field(default_factory=dict)
    years: frozenset[int] = frozenset()
    week: int = WEEK

    def works(self, day: date) -> tuple[bool, bool]:
        """Whether `day` is worked, and whether that is known."""
        ordinary = day.weekday() < self.week
        if day.year in self.years:
            return self.days.get(day, ordinary), True
        try:
            off, name = chinese_calendar.get_holiday_detail(day)
        except NotImplementedError:
            return ordinary, False
        return (ordinary if name is None else not off), True

    def after(self, first: date, count: int) -> tuple[date, bool]:
        """The `count`-th working day after `first`, and whether it is provisional. 0 is `first` itself."""
        day, left, provisional = first, count, False
        while left > 0:
            day += timedelta(days=1)
            works, known = self.works(day)
            provisional |= not known
            left -= works
        return day, provisional

    def between(self, first: date, last: date) -> int:
        """How many working days there are after `first`, up to and with `last`."""
        span = range(1, (last - first).days + 1)
        return sum(self.works(first + timedelta(days=step))[0] for step in span)


STANDARD = Calendar()


def of(unit: Unit, office: str) -> Calendar:
    """The calendar of `office`; an unknown one works five days a week."""
    week = unit.connection.execute(select(offices.c.week).where(offices.c.id == office)).scalar()
    years = frozenset(unit.connection.execute(select(calendar_years.c.year)).scalars())
    days = {row.day: row.works for row in unit.connection.execute(select(calendar_days))} if years else {}
    return Calendar(days, years, week or WEEK)


def law(unit: Unit) -> Calendar:
    """The calendar the law counts in: the ordinary week."""
    return of(unit, "")


def set_week(unit: Unit, office: str, week: int) -> None:
    unit.connection.execute(delete(offices).where(offices.c.id == office))
    unit.connection.execute(insert(offices).values(id=office, week=week))


def load(unit: Unit, year: int, days: Mapping[date, bool]) -> None:
    """Take the notice of `year`; loaded again, it replaces the one before."""
    unit.connection.execute(delete(calendar_days).where(calendar_days.c.year == year))
    unit.connection.execute(delete(calendar_years).where(calendar_years.c.year == year))
    unit.connection.execute(insert(calendar_years).values(year=year, loaded_at=unit.now))
    rows = [{"day": day, "year": year, "works": works} for day, works in sorted(days.items())]
    unit.connection.execute(insert(calendar_days), rows)


def read(text: str) -> tuple[int, dict[date, bool]]:
    """The year and the days of a calendar file. Raises: BadCalendar.

    year: 2027
    holidays: [2027-01-01, 2027-02-05..2027-02-11]
    workdays: [2027-02-14]
    """
    try:
        given = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadCalendar(f"This is no YAML: {error}") from error
    if not isinstance(given, dict) or not isinstance(given.get("year"), int):
        raise BadCalendar("The file must say `year:`, such as 2027.")
    year = given["year"]
    days = dict.fromkeys(_days(given, "holidays", year), False)
    if not days:
        raise BadCalendar("The file must list `holidays:`, the days off as the notice names them.")
    for day in _days(given, "workdays", year):
        if day in days:
            raise BadCalendar(f"{day} is in both lists.")
        days[day] = True
    return year, days


def _days(given: dict[str, Any], name: str, year: int) -> list[date]:
    listed = given.get(name) or []
    if not isinstance(listed, list):
        raise BadCalendar(f"`{name}:` must be a list of days.")
    found = [day for each in listed for day in _span(str(each))]
    wrong = next((day for day in found if day.year != year), None)
    if wrong is not None:
        raise BadCalendar(f"`{name}:` names {wrong}, which is not in {year}.")
    return found


def _span(text: str) -> list[date]:
    """One day, or "first..last"."""
    first, _, last = text.partition("..")
    try:
        begin, end = date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
    except ValueError as error:
        raise BadCalendar(f"{text!r} is no day; write 2027-01-01 or 2027-02-05..2027-02-11.") from error
    if not 0 <= (end - begin).days < 60:
        raise BadCalendar(f"{text!r} must run forward, over less than 60 days.")
    return [begin + timedelta(days=step) for step in range((end - begin).days + 1)]
