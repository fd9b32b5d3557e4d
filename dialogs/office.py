"""The offices that handle what people hand in: name, phone, hours. Kept in offices.yaml.

An office here knows its hours but no holidays: whoever asks brings the office's calendar
from the database (`with_calendar`). Without one, every date it gives is provisional.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

from dialogs.calendar import Calendar, Due, Span

_SPAN = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class Office:
    """One office.

    phone:    empty while the bureau has not confirmed it; then only the hotline is told.
    hours:    when somebody is there on a working day, in order, Shanghai time.
    verified: the bureau has confirmed all this; else it is shown as 待核实 to admins.
    """

    id: str
    name: Mapping[str, str]
    address: Mapping[str, str]
    hours: tuple[Span, ...]
    phone: str = ""
    hotline: str = "12345"
    verified: bool = False
    source: str = ""
    calendar: Calendar = field(default_factory=Calendar)

    def with_calendar(self, calendar: Calendar) -> Office:
        """Return this office with the days it works."""
        return replace(self, calendar=calendar)

    def is_open(self, now: datetime) -> bool:
        """Say whether somebody is there at `now` (aware)."""
        return self.calendar.is_open(now, self.hours)

    def next_opening(self, now: datetime) -> datetime:
        """Return when somebody is there next, in Shanghai time: `now` itself while it is open."""
        return self.calendar.next_opening(now, self.hours)

    def due(self, start: datetime, days: int, kind: Literal["working", "calendar"]) -> Due:
        """Return when a limit that began at `start` (aware) runs out."""
        return self.calendar.due(start, days, kind)

    def spoken_hours(self) -> str:
        """Return the hours to tell: "8:30-12:00, 14:00-17:30"."""
        return ", ".join(f"{_clock(opens)}-{_clock(closes)}" for opens, closes in self.hours)

    def phones(self) -> tuple[str, ...]:
        """Return the numbers to tell, the office's own first."""
        return (self.phone, self.hotline) if self.phone else (self.hotline,)


@cache
def offices() -> Mapping[str, Office]:
    """Return all offices by id."""
    text = resources.files("dialogs").joinpath("offices.yaml").read_text(encoding="utf-8")
    return {name: _office(name, each) for name, each in yaml.load(text, Loader=yaml.CSafeLoader).items()}


def _office(name: str, data: dict[str, Any]) -> Office:
    hours = tuple(_span(each) for each in data.pop("hours"))
    calendar = Calendar(week=data.pop("week"))
    return Office(id=name, hours=hours, calendar=calendar, **data)


def _span(text: str) -> Span:
    """Read "08:30-12:00".

    Raises:
        ValueError: written differently, or closing before opening.
    """
    match = _SPAN.fullmatch(text)
    if not match:
        raise ValueError(f"hours are written 08:30-12:00, not {text!r}")
    a, b, c, d = map(int, match.groups())
    span = time(a, b), time(c, d)
    if span[0] >= span[1]:
        raise ValueError(f"hours end before they begin: {text!r}")
    return span


def _clock(at: time) -> str:
    return f"{at.hour}:{at.minute:02}"
