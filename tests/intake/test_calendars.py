"""Office weeks, a year that is loaded later, and the days that move with it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from intake.days import calendars, reschedule
from intake.days.calendars import BadCalendar, Calendar, read
from intake.days.clocks import due, reminders
from intake.keeping.unit import Unit
from intake.states import Limit
from tests.intake.office import TWO_WEEKS, Office

FILE = """
year: 2027
holidays: [2027-01-01..2027-01-03, 2027-02-05..2027-02-11]
workdays: [2027-01-09]
"""


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-11-21", (False, True, True)),  # a Saturday
        ("2026-11-22", (False, False, True)),  # a Sunday
        ("2026-10-10", (True, True, True)),  # a Saturday that is worked for the National Day week
        ("2026-10-03", (False, False, False)),  # a Saturday within that week: a holiday for everybody
        ("2026-11-23", (True, True, True)),
    ],
)
def test_offices_of_five_six_and_seven_days(day: str, works: tuple[bool, bool, bool]) -> None:
    found = tuple(Calendar(week=week).works(date.fromisoformat(day)) for week in (5, 6, 7))

    assert found == tuple((each, True) for each in works)


def test_a_loaded_year_goes_before_what_the_library_knows_and_is_certain() -> None:
    year, days = read(FILE)
    calendar = Calendar(days, frozenset({year}))
    start = datetime(2026, 12, 31, 2, tzinfo=UTC)

    found = due(start, Limit(5), calendar)

    assert (found.day, found.provisional) == (date(2027, 1, 8), False)
    assert calendar.works(date(2027, 1, 9)) == (True, True)


@pytest.mark.parametrize(("days", "steps"), [(1, [23]), (2, [23, 24]), (3, [23, 25]), (5, [24, 25, 27])])
def test_reminders_fall_at_half_two_days_before_and_on_the_last_day(days: int, steps: list[int]) -> None:
    saturday = datetime(2026, 11, 21, 8, tzinfo=UTC)

    assert reminders(saturday, days, Calendar()) == [date(2026, 11, step) for step in steps]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[", "no YAML"),
        ("holidays: [2027-01-01]", "year"),
        ("year: 2027", "holidays"),
        ("year: 2027\nholidays: 2027-01-01", "list of days"),
        ("year: 2027\nholidays: [2026-01-01]", "not in 2027"),
        ("year: 2027\nholidays: [yesterday]", "no day"),
        ("year: 2027\nholidays: [2027-02-05..2027-02-01]", "run forward"),
        ("year: 2027\nholidays: [2027-01-01]\nworkdays: [2027-01-01]", "both lists"),
    ],
)
def test_a_wrong_file_is_refused_and_says_where(text: str, words: str) -> None:
    with pytest.raises(BadCalendar, match=words):
        read(text)


def test_the_file_in_the_docs_is_taken() -> None:
    page = (Path(__file__).parents[2] / "docs" / "intake.md").read_text("utf-8")
    shown = page.split("```yaml\n", 1)[1].split("```", 1)[0]

    assert read(shown)[0] == 2027


async def test_provisional_days_are_counted_anew_and_those_that_moved_are_told(office: Office) -> None:
    office.here.clock.step(days=33)  # Thursday 24 December
    number = await office.reviewed(limits=TWO_WEEKS)
    untouched = await office.hand_in(service={"id": "other", "version": "v1", "title": "别的事"})
    await office.act(number, "accept")
    before = (await office.last(number))["data"]

    def load(unit: Unit) -> int:
        calendars.load(unit, *read(FILE))
        return reschedule.recount(unit)

    changed = await office.here.parts.change(load)
    event = await office.last(number)
    again = await office.here.parts.change(reschedule.recount)
    _, status = await office.here.call("GET", f"/v1/pre-applications/{number}")

    assert (before["promised_by"], before["provisional"]) == ("2027-01-07", True)
    assert (changed, again) == (1, 0)  # the statutory limit loses a day and gains a Saturday
    assert (event["type"], event["state"]) == ("rescheduled", "accepted")
    assert event["data"] == {"what": "promised", "day": "2027-01-08", "provisional": False}
    assert (status["promised_by"], status["due_on"], status["provisional"]) == (
        "2027-01-08",
        "2027-01-08",
        False,
    )
    assert (await office.last(untouched))["type"] == "preregistered"


async def test_an_office_of_six_days_promises_by_its_own_week(office: Office) -> None:
    office.here.clock.step(days=6)  # Friday 27 November
    await office.here.parts.change(lambda unit: calendars.set_week(unit, "weekend_hall", 6))

    five = await office.hand_in()
    six = await office.hand_in(
        office="weekend_hall", service={"id": "other", "version": "v1", "title": "别的事"}
    )

    days = [(await office.last(number))["data"]["answer_by"] for number in (five, six)]
    assert days == ["2026-11-30", "2026-11-28"]
