"""Days of a follow-up: counted in the week of the office that mends, and anew with a year's calendar."""

from __future__ import annotations

from typing import Any

from intake.days import calendars
from intake.keeping.unit import Unit
from intake.ratings import recounting
from tests.intake.desk import Desk
from tests.intake.test_calendars import FILE
from tests.intake.test_ratings import delivered, events, rate, step, the_only
from tests.intake.world import World


async def load(here: World) -> int:
    """Take the calendar of 2027: Saturday the 9th of January is worked."""

    def work(unit: Unit) -> int:
        calendars.load(unit, *calendars.read(FILE))
        return recounting.recount(unit)

    return await here.parts.change(work)


async def moved(here: World, number: str) -> list[dict[str, Any]]:
    return [each["data"] for each in await events(here, number) if each["type"] == "rescheduled"]


async def test_an_office_of_six_days_is_in_touch_on_its_saturday(here: World) -> None:
    await here.parts.change(lambda unit: calendars.set_week(unit, "weekend_hall", 6))
    here.clock.step(days=6)  # Friday 27 November
    desk = await Desk.sign_in(here)
    number = await delivered(here, desk, office="weekend_hall")
    await rate(here, number, 5)
    assert (await the_only(desk))["due_on"] == "2026-11-28"

    await step(desk, "contacted")
    assert (await the_only(desk))["due_on"] == "2026-12-03"


async def test_the_day_somebody_is_in_touch_moves_with_the_calendar_and_is_told(here: World) -> None:
    here.clock.step(days=40)  # Thursday 31 December
    desk = await Desk.sign_in(here)
    number = await delivered(here, desk)
    await rate(here, number, 5)
    before = (await events(here, number))[-1]["data"]
    page = await desk.open(number)
    changed, again = await load(here), await load(here)

    assert before == {"contact_by": "2027-01-01", "provisional": True}
    assert (changed, again) == (1, 0)
    assert await moved(here, number) == [{"what": "contact", "day": "2027-01-04", "provisional": False}]
    assert (await the_only(desk))["due_on"] == "2027-01-04"
    assert (await desk.open(number))["events"] == page["events"]  # it would tell whose mark it was


async def test_a_day_of_the_office_s_own_moves_and_is_not_told(here: World) -> None:
    here.clock.step(days=39)  # Wednesday 30 December
    desk = await Desk.sign_in(here)
    number = await delivered(here, desk)
    await rate(here, number, 5)
    await step(desk, "contacted")
    before = (await the_only(desk))["due_on"]  # five days from the mark

    assert (before, await load(here)) == ("2027-01-06", 1)
    assert (await the_only(desk))["due_on"] == "2027-01-07"
    assert await moved(here, number) == []


async def test_the_last_day_for_another_mark_moves_and_is_told(here: World) -> None:
    here.clock.step(days=39)
    desk = await Desk.sign_in(here)
    number = await delivered(here, desk)
    await rate(here, number, 5)
    for action in ("contacted", "fixed"):
        await step(desk, action)
    colleague = await Desk.sign_in(here, "赵复核")
    await step(colleague, "checked")
    told = (await events(here, number))[-1]["data"]

    assert told == {"result": "看过了", "rerate_until": "2027-01-06", "provisional": True}
    assert await load(here) == 1
    assert await moved(here, number) == [{"what": "rerate", "day": "2027-01-07", "provisional": False}]
