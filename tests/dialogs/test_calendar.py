"""Working days, due dates, opening hours, and the offices that keep them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.calendar import ZONE, Calendar, local_day, spoken, spoken_moment, spoken_month
from dialogs.office import Office, offices

# National Day 2026 as it was announced: 1 to 7 October off; Sunday 20 September and Saturday
# 10 October are made up.
HOLIDAYS = {date(2026, 10, day): False for day in range(1, 8)}
YEAR = Calendar(HOLIDAYS | {date(2026, 9, 20): True, date(2026, 10, 10): True}, frozenset({2026}))
SIX_DAYS = Calendar(YEAR.working, YEAR.covered, week=6)
OFFICE = offices()["changshan_social_insurance"].with_calendar(YEAR)


def at(text: str) -> datetime:
    """Return "2026-11-21 10:00" in Shanghai, as aware UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
        (date(2026, 10, 1), False),
        (date(2026, 10, 10), True),
    ],
)
def test_holidays_and_make_up_days_go_before_the_week(day: date, works: bool) -> None:
    assert YEAR.is_working(day) is works


def test_a_six_day_office_works_on_saturdays() -> None:
    assert SIX_DAYS.is_working(date(2026, 11, 21))
    assert not SIX_DAYS.is_working(date(2026, 10, 3))


@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        ("2026-11-21 10:00", 1, date(2026, 11, 23)),  # handed in on a Saturday: by Monday
        ("2026-11-20 10:00", 1, date(2026, 11, 23)),  # on a Friday: the day itself is not counted
        ("2026-11-19 23:59", 1, date(2026, 11, 20)),  # after hours is that day still
        ("2026-11-20 00:00", 1, date(2026, 11, 23)),
        ("2026-09-30 10:00", 2, date(2026, 10, 9)),
        ("2026-09-30 10:00", 3, date(2026, 10, 10)),  # the make-up Saturday counts
        ("2026-11-21 10:00", 0, date(2026, 11, 23)),  # on the spot, as soon as somebody is there
        ("2026-11-20 10:00", 0, date(2026, 11, 20)),
    ],
)
def test_working_days_from_the_day_after_the_event(start: str, days: int, last: date) -> None:
    due = YEAR.due(at(start), days, "working")

    assert due.day == last
    assert not due.provisional


def test_due_is_24_00_in_shanghai() -> None:
    assert YEAR.due(at("2026-11-21 10:00"), 1, "working").at == datetime(2026, 11, 23, 16, tzinfo=UTC)


def test_calendar_days_run_through_holidays() -> None:
    due = YEAR.due(at("2026-09-28 10:00"), 15, "calendar")

    assert due.day == date(2026, 10, 13)
    assert not due.provisional


def test_the_day_is_the_one_in_shanghai() -> None:
    assert local_day(datetime(2026, 11, 20, 16, 30, tzinfo=UTC)) == date(2026, 11, 21)


def test_a_year_without_announced_holidays_is_provisional() -> None:
    due = YEAR.due(at("2026-12-21 10:00"), 30, "working")

    assert due.day == date(2027, 2, 1)
    assert due.provisional


def test_a_single_known_day_of_such_a_year_is_certain() -> None:
    known = Calendar({date(2027, 1, 1): False, date(2027, 1, 4): True}, frozenset({2026}))
    assert known.is_certain(date(2027, 1, 4))
    assert not known.is_certain(date(2027, 1, 5))


def test_a_calendar_without_working_days_is_found_out() -> None:
    with pytest.raises(ValueError, match="no working day"):
        Calendar(week=0).due(at("2026-11-21 10:00"), 1, "working")


@given(
    st.integers(0, 5_000_000).map(
        lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.integers(0, 60),
    st.integers(1, 7),
)
def test_due_days_are_working_days_and_never_before_the_event(start: datetime, days: int, week: int) -> None:
    calendar = Calendar(YEAR.working, YEAR.covered, week)
    due = calendar.due(start, days, "working")
    after = local_day(start) + timedelta(days=1)
    counted = [after + timedelta(days=n) for n in range((due.day - after).days + 1)]

    assert calendar.is_working(due.day)
    assert due.at > start
    assert days == 0 or sum(calendar.is_working(day) for day in counted) == days


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-20 08:00", "2026-11-20 08:30"),
        ("2026-11-20 12:00", "2026-11-20 14:00"),  # the lunch break
        ("2026-11-20 17:30", "2026-11-23 08:30"),
        ("2026-11-21 10:00", "2026-11-23 08:30"),
        ("2026-10-01 21:00", "2026-10-08 08:30"),
        ("2026-10-09 18:00", "2026-10-10 08:30"),
    ],
)
def test_next_opening(now: str, opens: str) -> None:
    assert not OFFICE.is_open(at(now))
    assert OFFICE.next_opening(at(now)) == at(opens)
    assert OFFICE.is_open(at(opens))


def test_an_open_office_opens_now() -> None:
    assert OFFICE.next_opening(at("2026-11-20 09:00")) == at("2026-11-20 09:00")


def test_days_as_people_say_them() -> None:
    today = date(2026, 11, 21)
    assert spoken(date(2026, 11, 23), "zh-CN", today) == "11月23日(周一)"
    assert spoken(date(2026, 11, 23), "en", today) == "Monday 23 November"
    assert spoken(date(2027, 1, 4), "zh-CN", today) == "2027年1月4日(周一)"
    assert spoken(date(2027, 1, 4), "en", today) == "Monday 4 January 2027"
    assert spoken_month(2026, 12, "zh-CN") == "2026年12月"


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-11-23 08:30", "11月23日(周一)早上8:30"),
        ("2026-11-23 12:05", "11月23日(周一)中午12:05"),
        ("2026-11-23 14:00", "11月23日(周一)下午2:00"),
        ("2026-11-23 00:10", "11月23日(周一)凌晨12:10"),
        ("2026-11-23 19:00", "11月23日(周一)晚上7:00"),
    ],
)
def test_moments_as_people_say_them(moment: str, words: str) -> None:
    assert spoken_moment(at(moment), "zh-CN", date(2026, 11, 21)) == words


def test_a_moment_in_english() -> None:
    assert spoken_moment(at("2026-11-23 08:30"), "en", date(2026, 11, 21)) == "Monday 23 November, 8:30"


def test_every_office_has_both_names_and_somebody_to_call() -> None:
    for office in offices().values():
        assert office.name["zh-CN"]
        assert office.name["en"]
        assert "12345" in office.phones()
        assert office.spoken_hours()


def test_an_unconfirmed_phone_is_not_told() -> None:
    assert OFFICE.phones() == ("12345",)
    known = Office("it", {}, {}, (), phone="0570-0000000")
    assert known.phones() == ("0570-0000000", "12345")
