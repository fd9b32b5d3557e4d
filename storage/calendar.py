"""Which days an office works: what the State Council announced, and what an office changed for itself.

Rows of office "" hold for every office and are seeded from `chinesecalendar`; an office's own rows go
before them. A year without announced holidays stays uncovered, and every date counted into it is
provisional until a release of the package, or an operator, brings the notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

from sqlalchemy import Connection, delete, select

from dialogs.calendar import Calendar
from storage import bulk
from storage.schema import office_days, office_years

EVERYWHERE = ""
FIRST_YEAR = 2025  # no limit that still runs began earlier
_KEEP_YEAR = "ON CONFLICT (office, year) DO NOTHING"


def seed(connection: Connection) -> list[int]:
    """Bring in the years the installed `chinesecalendar` covers and we have not; return them."""
    announced = _announced()
    known = set(
        connection.execute(select(office_years.c.year).where(office_years.c.office == EVERYWHERE)).scalars()
    )
    new = sorted(set(announced) - known)
    for year in new:
        cover(connection, EVERYWHERE, year, announced[year], "chinesecalendar", replace=False)
    return new


def announced() -> Calendar:
    """Return the days of the notices the installed `chinesecalendar` knows, for who has no database."""
    years = _announced()
    working = {day: works for days in years.values() for day, works in days.items()}
    return Calendar(working=working, covered=frozenset(years))


def cover(
    connection: Connection,
    office: str,
    year: int,
    days: Mapping[date, bool],
    source: str,
    *,
    replace: bool = True,
) -> None:
    """Write down a year's notice: its holidays (False) and make-up workdays (True)."""
    _write(connection, office, days, source, replace=replace)
    bulk.insert(connection, office_years, ("office", "year", "source"), [(office, year, source)], _KEEP_YEAR)


def set_days(connection: Connection, office: str, days: Mapping[date, bool], source: str) -> None:
    """Let an office work, or not, on `days`, whatever the notice says."""
    _write(connection, office, days, source, replace=True)


def forget_days(connection: Connection, office: str, days: Iterable[date]) -> None:
    """Go back to the notice for an office's `days`."""
    connection.execute(
        delete(office_days).where(office_days.c.office == office, office_days.c.day.in_(list(days)))
    )


def load(connection: Connection, office: str) -> Calendar:
    """Return the calendar of `office`."""
    names = [EVERYWHERE, office]
    rows = connection.execute(
        select(office_days.c.day, office_days.c.working)
        .where(office_days.c.office.in_(names))
        .order_by(office_days.c.office)  # "" first: the office's own word is the last
    )
    years = connection.execute(select(office_years.c.year).where(office_years.c.office.in_(names))).scalars()
    return Calendar(working=dict(rows.all()), covered=frozenset(years))


def _write(
    connection: Connection, office: str, days: Mapping[date, bool], source: str, *, replace: bool
) -> None:
    if not replace:
        known = connection.execute(select(office_days.c.day).where(office_days.c.office == office)).scalars()
        days = {day: days[day] for day in days.keys() - set(known)}
    forget_days(connection, office, days)
    rows = [
        {"office": office, "day": day, "working": working, "source": source} for day, working in days.items()
    ]
    if rows:
        connection.execute(office_days.insert(), rows)


@lru_cache(maxsize=1)
def _announced() -> dict[int, dict[date, bool]]:
    """Return the days that differ from the week, by year, as the installed package knows them."""
    from chinese_calendar.constants import holidays, workdays

    days = dict.fromkeys(holidays, False) | dict.fromkeys(workdays, True)
    years: dict[int, dict[date, bool]] = {}
    for day, working in sorted(days.items()):
        if day.year >= FIRST_YEAR:
            years.setdefault(day.year, {})[day] = working
    return years
