"""Callbacks over a real socket: signed, in order, at least once, through every kind of refusal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from intake import callbacks
from intake.callbacks import RETRIES, Callbacks, owed, retry_now
from intake.cases.moves import make_due
from tests.intake.desk import Desk
from tests.intake.world import World, world
from tests.patience import PATIENCE


@pytest.fixture
async def quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A world whose callbacks go only when a test says so."""

    async def never(self: Callbacks) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Callbacks, "run", never)
    async with world(tmp_path / "intake") as found:
        yield found


async def send(here: World) -> None:
    async with aiohttp.ClientSession() as session:
        worker = Callbacks(here.parts, session)
        while await worker.step():
            pass


async def test_the_straight_road_is_told_in_order_and_signed(here: World) -> None:
    number = await here.hand_in()
    desk = await Desk.sign_in(here)
    for action in ("start_review", "accept", "start_work", "approve"):
        await desk.act(number, action)
    await desk.act(number, "deliver", method="电子送达")
    await here.call("POST", f"/v1/pre-applications/{number}/ratings", {"code": 1, "words": "很快"})
    await desk.act(number, "close")
    told = await here.told(9)

    assert here.receiver.types() == [
        "preregistered",
        "pre_review_started",
        "accepted",
        "stage_changed",
        "decided",
        "delivered",
        "rating_requested",
        "rated",
        "closed",
    ]
    assert [event["seq"] for event in told] == list(range(1, 10))
    assert here.receiver.forged == 0
    assert told[2]["data"] == {
        "receipt_no": "SL-20261121-0001",
        "promised_by": "2026-11-24",
        "provisional": False,
    }
    assert told[4]["data"] == {"result": "approved", "why": "", "how": "", "rights": ""}
    assert told[7]["data"] == {"code": 1}


async def test_what_was_refused_is_sent_again_on_schedule_and_the_next_one_waits(quiet: World) -> None:
    quiet.receiver.statuses = [500, 503, 302]
    number = await quiet.hand_in()
    await quiet.call("POST", f"/v1/pre-applications/{number}/withdraw")

    seen = []
    for step in (0, 4.9, 0.2, 59, 2, 5 * 60):
        quiet.clock.step(seconds=step)
        await send(quiet)
        seen.append(quiet.receiver.seen)

    assert seen == [1, 1, 2, 2, 3, 5]
    assert quiet.receiver.types() == ["preregistered", "withdrawn"]


async def test_after_the_whole_schedule_it_is_failed_and_the_ones_behind_go_on(quiet: World) -> None:
    quiet.receiver.statuses = [400] * (len(RETRIES) + 1)
    number = await quiet.hand_in()
    await quiet.call("POST", f"/v1/pre-applications/{number}/withdraw")

    for step in (0, 5, 60, 300, 1800, 7200, 43200):
        quiet.clock.step(seconds=step)
        await send(quiet)
    left = await quiet.parts.read(owed)
    _, listed = await quiet.call("GET", f"/v1/pre-applications/{number}/events?after_seq=0")
    revived = await quiet.parts.change(lambda unit: retry_now(unit, refused_too=True))

    assert left == {"todo": 0, "failed": 1}
    assert quiet.receiver.types() == ["withdrawn"]
    assert [event["type"] for event in listed["events"]] == ["preregistered", "withdrawn"]
    assert revived == 1


async def test_when_the_receiver_is_back_all_that_waited_goes_at_once(quiet: World) -> None:
    quiet.receiver.statuses = [500] * (len(RETRIES) + 1)
    await quiet.hand_in("ref-00000001")
    for step in (0, 5, 60, 300, 1800, 7200, 43200):
        quiet.clock.step(seconds=step)
        await send(quiet)
    failed = await quiet.parts.read(owed)
    applicant = {"name": "张三", "id_number": "999901197601203159"}

    await quiet.hand_in("ref-00000002", applicant=applicant)
    await send(quiet)

    assert failed == {"todo": 0, "failed": 1}
    assert await quiet.parts.read(owed) == {"todo": 0, "failed": 0}
    assert sorted(event["reference"] for event in quiet.receiver.taken) == ["ref-00000001", "ref-00000002"]


async def test_what_is_being_sent_is_not_sent_by_another(quiet: World) -> None:
    await quiet.hand_in()

    first = await quiet.parts.quietly(callbacks.claim)
    second = await quiet.parts.quietly(callbacks.claim)
    quiet.clock.step(seconds=16)
    after_a_crash = await quiet.parts.quietly(callbacks.claim)

    assert (len(first), len(second), len(after_a_crash)) == (1, 0, 1)
    assert first[0].body == after_a_crash[0].body


async def test_nobody_listening_is_not_the_end(tmp_path: Path) -> None:
    async with world(tmp_path / "intake", callback_url="http://127.0.0.1:9/intake/events") as here:
        number = await here.hand_in()
        async with asyncio.timeout(PATIENCE):
            while not (await here.parts.read(owed))["todo"]:
                await asyncio.sleep(0.01)
        status, answer = await here.call("GET", f"/v1/pre-applications/{number}")

    assert (status, answer["state"]) == (200, "submitted")


async def test_an_unrated_case_closes_by_itself_when_the_window_ends(here: World) -> None:
    number = await here.hand_in()
    desk = await Desk.sign_in(here)
    for action in ("start_review", "accept", "start_work", "approve"):
        await desk.act(number, action)
    await desk.act(number, "deliver", method="邮寄 SF123")

    early = await here.parts.change(make_due)
    here.clock.step(days=8)
    made = await here.parts.change(make_due)
    again = await here.parts.change(make_due)
    late, _ = await here.call("POST", f"/v1/pre-applications/{number}/ratings", {"code": 5})

    assert (early, made, again) == (0, 1, 0)
    assert late == 200  # a mark that comes late is still a mark
    assert (await here.told(9))[-2]["type"] == "closed"
