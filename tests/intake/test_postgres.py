"""The same road on PostgreSQL, where transactions do run side by side."""

from __future__ import annotations

import asyncio

import pytest

from tests.intake.desk import Desk
from tests.intake.test_ratings import closed_followup, delivered, rate, the_only
from tests.intake.world import BACK, FRONT, World


@pytest.fixture
def there(on_postgres: World) -> World:
    return on_postgres


async def test_the_straight_road(there: World) -> None:
    number = await there.hand_in()
    desk = await Desk.sign_in(there)
    for action in ("start_review", "accept", "start_work", "approve"):
        await desk.act(number, action)
    await desk.act(number, "deliver", method="电子送达")
    await there.call("POST", f"/v1/pre-applications/{number}/ratings", {"code": 2})
    _, found = await desk.get("applications?q=CS-1121")
    told = await there.told(8)

    assert [event["seq"] for event in told] == list(range(1, 9))
    assert [row["state"] for row in found["applications"]] == ["delivered"]


async def test_ten_at_once_under_one_key_are_one(there: World) -> None:
    answers = await asyncio.gather(*(there.create() for _ in range(10)))

    assert len({(status, str(body)) for status, body in answers}) == 1, answers
    assert answers[0][0] == 201


async def test_of_five_drafts_of_one_case_submitted_at_once_one_wins(there: World) -> None:
    drafts = [await there.create(f"ref-0000000{n}") for n in range(5)]
    numbers = [body["number"] for _, body in drafts]
    for number in numbers:
        await there.put(number, "front", FRONT)
        await there.put(number, "back", BACK)

    answers = await asyncio.gather(
        *(there.call("POST", f"/v1/pre-applications/{number}/submit") for number in numbers)
    )

    assert sorted(status for status, _ in answers) == [200, 409, 409, 409, 409]


async def test_a_bad_mark_is_followed_up_and_given_again(there: World) -> None:
    number = await closed_followup(there)

    assert (await rate(there, number, 2))[0] == 200
    assert (await the_only(await Desk.sign_in(there, "赵复核")))["marks"][-1]["code"] == 2


async def test_one_bad_mark_sent_ten_times_at_once_has_one_follow_up(there: World) -> None:
    desk = await Desk.sign_in(there)
    number = await delivered(there, desk)
    answers = await asyncio.gather(*(rate(there, number, 5, "慢") for _ in range(10)))

    assert {status for status, _ in answers} == {200}
    assert len((await the_only(desk))["marks"]) == 1
