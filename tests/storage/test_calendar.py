"""The days an office works: announced ones are there from the start, an office may say otherwise."""

from __future__ import annotations

from datetime import date

from storage import calendar
from storage.schema import office_days
from tests.storage.world import World

OFFICE = "changshan_social_insurance"


async def test_announced_holidays_and_make_up_days_are_there(world: World) -> None:
    found = await world.db.read(lambda c: calendar.load(c, OFFICE))

    assert {2025, 2026} <= found.covered
    assert not found.is_working(date(2026, 10, 1))
    assert found.is_working(date(2026, 10, 10))  # the Saturday that makes up for it
    assert found.is_working(date(2026, 11, 23))


async def test_seeding_again_changes_nothing(world: World) -> None:
    before = await world.rows(office_days, "office", "day", "working", "source")

    assert await world.db.run(calendar.seed) == []
    assert await world.rows(office_days, "office", "day", "working", "source") == before


async def test_an_office_may_close_on_a_day_of_its_own_and_take_it_back(world: World) -> None:
    day = date(2026, 11, 23)
    await world.db.run(lambda c: calendar.set_days(c, OFFICE, {day: False}, "moving house"))

    assert not (await world.db.read(lambda c: calendar.load(c, OFFICE))).is_working(day)
    assert (await world.db.read(lambda c: calendar.load(c, "another"))).is_working(day)

    await world.db.run(lambda c: calendar.forget_days(c, OFFICE, [day]))
    assert (await world.db.read(lambda c: calendar.load(c, OFFICE))).is_working(day)


async def test_a_notice_loaded_by_hand_covers_its_year_and_can_be_corrected(world: World) -> None:
    spring = date(2029, 2, 13)
    assert not (await world.db.read(lambda c: calendar.load(c, OFFICE))).is_certain(spring)

    for working in (True, False):
        await world.db.run(lambda c, w=working: calendar.cover(c, "", 2029, {spring: w}, "notice"))  # type: ignore[misc]

    found = await world.db.read(lambda c: calendar.load(c, OFFICE))
    assert 2029 in found.covered
    assert not found.is_working(spring)
