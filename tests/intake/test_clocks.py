"""Due days against the calendar as it was published, and past its end."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from intake.days.clocks import OFFICE_TIME, colour, due
from intake.states import Limit


@pytest.mark.parametrize(
    ("start", "days", "kind", "day", "provisional"),
    [
        ("2026-11-20 09:00", 1, "working", date(2026, 11, 23), False),  # Friday: Monday
        (
            "2026-11-20 23:59",
            1,
            "working",
            date(2026, 11, 23),
            False,
        ),  # received out of hours, received today
        ("2026-11-21 16:00", 1, "working", date(2026, 11, 23), False),  # Saturday: Monday
        ("2026-11-22 00:00", 2, "working", date(2026, 11, 24), False),
        ("2026-09-30 10:00", 1, "working", date(2026, 10, 8), False),  # the National Day week
        ("2026-10-09 10:00", 1, "working", date(2026, 10, 10), False),  # a Saturday that is worked
        ("2026-11-21 16:00", 15, "calendar", date(2026, 12, 6), False),
        ("2026-12-31 10:00", 1, "working", date(2027, 1, 1), True),  # nobody knows 2027's holidays yet
        ("2026-12-01 10:00", 30, "working", date(2027, 1, 12), True),
        ("2026-12-31 10:00", 1, "calendar", date(2027, 1, 1), False),
    ],
)
def test_due_day(start: str, days: int, kind: str, day: date, provisional: bool) -> None:
    begun = datetime.fromisoformat(start).replace(tzinfo=OFFICE_TIME)

    found = due(begun, Limit(days, kind))  # type: ignore[arg-type]  # the table's words are the Literal's

    assert (found.day, found.provisional) == (day, provisional)


def test_a_promise_is_kept_until_midnight_of_its_day_in_changshan() -> None:
    found = due(datetime(2026, 11, 20, 1, tzinfo=UTC), Limit(1))

    assert found.at == datetime(2026, 11, 23, 16, tzinfo=UTC)


def test_yellow_from_80_percent_and_red_from_the_due_moment() -> None:
    start = datetime(2026, 11, 23, 16, tzinfo=UTC)
    found = due(start, Limit(4, "calendar"))
    hours = [(start + (found.at - start) * part) for part in (0, 0.79, 0.8, 0.999, 1, 2)]

    colours = [colour(found.warn_at, found.at, now) for now in hours]

    assert colours == ["green", "green", "yellow", "yellow", "red", "red"]
