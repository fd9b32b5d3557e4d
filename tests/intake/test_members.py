"""A member of a package (一件事) is an application like any other; the reviewer sees what it came with."""

from __future__ import annotations

from tests.intake.desk import Desk
from tests.intake.world import World

PACKAGE = {"reference": "ref-package1", "title": "低保家庭四项补助", "of": 4}
WATER = {"id": "low_income_benefits_water", "version": "1", "title": "自来水补助"}
POWER = {"id": "low_income_benefits_power", "version": "1", "title": "用电补助"}


async def test_the_reviewer_sees_what_it_came_with(here: World) -> None:
    alone = await here.hand_in("ref-alone001")
    member = await here.hand_in("ref-member01", service=WATER, package=PACKAGE)
    desk = await Desk.sign_in(here)

    assert (await desk.open(alone))["package"] is None
    assert (await desk.open(member))["package"] == {"title": "低保家庭四项补助", "of": 4}


async def test_members_of_one_person_are_no_duplicates_of_each_other_but_of_themselves(here: World) -> None:
    first = await here.hand_in("ref-member01", service=WATER, package=PACKAGE)
    await here.hand_in("ref-member02", service=POWER, package=PACKAGE)

    status, problem = await here.create("ref-member03", service=WATER, package=PACKAGE)
    assert (status, problem["number"]) == (409, first)
