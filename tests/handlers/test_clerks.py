"""The clerks' group is told what waits, in few messages, and hears nothing about people."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from sqlalchemy import update

from dialogs.turn import TellClerks
from handlers.clerks import Clerks, Robot, words
from storage.database import Database
from storage.flow import outbox
from storage.schema import outbox as outbox_table
from storage.schema import tickets as tickets_table
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault
from tests.platforms import Clock, serving
from tests.platforms.dingtalk import FakeDingTalk
from tests.platforms.dingtalk.service import CLERKS, GROUP_SECRET, GROUP_TOKEN
from tests.storage.world import START, World
from tests.troubles import lose_answer, status

LEASE = timedelta(seconds=30)


class Office(World):
    """A bot that tells clerks, and the group it tells."""

    fake: FakeDingTalk
    clerks: Clerks
    clock: Clock

    async def open(self, *, exclusive: bool = False) -> None:
        self.db = await Database.open(
            self.url,
            vault=self.vault,
            decide=lambda session, event, now: self.dialog.decide(session, event, now),
            tells_clerks=True,
            migrate=True,
            clock=lambda: self.now,
        )

    def later(self, **span: float) -> Any:
        self.clock.step(**span)
        return super().later(**span)

    async def wanted(self, *people: str) -> None:
        """Let people ask for a clerk."""
        for user in people:
            await self.write(await self.person(user), f"person 我叫{user}")

    async def work(self, limit: int = 16) -> int:
        """Carry out what is due, as a worker does; return how many orders it began with."""
        claimed = await self.db.run(
            lambda c: outbox.claim(
                c, self.vault, limit=limit, now=self.now, lease=LEASE, worker="w1", kinds=("TellClerks",)
            )
        )
        await asyncio.gather(*(self.clerks.tell(item) for item in claimed))
        return len(claimed)

    def told(self) -> list[str]:
        return [each.text for each in self.fake.truth.of(CLERKS)]

    async def states(self) -> set[str]:
        return {row.state for row in await self.rows(outbox_table, "id", "state", "kind")
                if row.kind == "TellClerks"}  # fmt: skip


@pytest.fixture
async def office(lite: str) -> AsyncIterator[Office]:
    office = Office(lite, Vault(KeyRing.fresh()))
    office.clock = Clock(START)
    await office.open()
    office.fake = FakeDingTalk(office.clock)
    async with serving(office.fake), aiohttp.ClientSession() as session:
        url = f"{office.fake.url}/robot/send?access_token={GROUP_TOKEN}"
        robot = Robot(url, GROUP_SECRET, session, office.clock)
        office.clerks = Clerks(robot, office.db, office.vault, office.clock, "w1")
        yield office
    await office.close()


async def test_the_group_hears_that_somebody_waits_and_not_who(office: Office) -> None:
    await office.wanted("胡一")
    await office.work()

    (ticket,) = await office.rows(tickets_table, "id")
    assert office.told() == [
        f"有新的事要人看，现在一共1件在等：\n· 有人要找工作人员（单号末六位 {ticket.id[-6:]}）"
    ]
    assert await office.states() == {"done"}


async def test_many_at_once_are_one_message(office: Office) -> None:
    await office.wanted(*(f"p{n}" for n in range(40)))
    await office.work()

    (told,) = office.told()
    assert "一共40件" in told
    assert told.endswith("· 还有32件")
    assert await office.states() == {"done"}


async def test_a_rush_never_silences_the_robot(office: Office) -> None:
    for n in range(90):  # one a second: more than four times what the robot may say
        await office.wanted(f"p{n}")
        await office.work()
        office.later(seconds=1)
    office.later(seconds=10)
    await office.work()

    assert {call.code for call in office.fake.calls if call.name == "group"} == {0}
    assert await office.states() == {"done"}


async def test_a_silenced_robot_is_left_alone_for_ten_minutes_and_nothing_is_lost(office: Office) -> None:
    office.fake.troubles.order("group", status(200, {"errcode": 130101, "errmsg": "send too fast"}))
    await office.wanted("hu")
    await office.work()
    for _ in range(9):
        office.later(minutes=1)
        await office.wanted(f"li{_}")
        await office.work()
    assert office.told() == []

    office.later(minutes=1)
    await office.work()
    (told,) = office.told()
    assert "一共10件" in told
    assert await office.states() == {"done"}


async def test_what_was_closed_meanwhile_is_not_told(office: Office) -> None:
    await office.wanted("hu")
    await office.db.run(lambda c: c.execute(update(tickets_table).values(state="closed")))
    await office.work()

    assert office.told() == []
    assert await office.states() == {"done"}


async def test_asking_twice_is_told_once(office: Office) -> None:
    await office.wanted("hu", "hu", "hu")
    while await office.work():
        office.later(seconds=5)

    assert len(office.told()) == 1
    assert await office.states() == {"done"}


@pytest.mark.parametrize(
    "trouble",
    [status(500), status(200, {"errcode": -1}), status(200, {"errcode": 310000}), lose_answer()],
    ids=["down", "busy", "wrong secret", "answer lost"],
)
async def test_what_went_wrong_is_told_a_minute_later(office: Office, trouble: Any) -> None:
    office.fake.troubles.order("group", trouble)
    await office.wanted("hu")
    await office.work()
    assert await office.states() == {"todo"}

    office.later(minutes=1)
    await office.work()
    assert office.told()
    assert await office.states() == {"done"}


async def test_after_a_day_an_operator_hears_that_the_group_does_not(office: Office) -> None:
    await office.wanted("hu")
    office.later(hours=25)
    office.fake.troubles.order("group", status(500))
    await office.work()

    assert await office.states() == {"dead"}


async def test_what_another_worker_holds_by_now_is_left_to_him(office: Office) -> None:
    await office.wanted("hu", "li")
    held = await office.db.run(
        lambda c: outbox.claim(
            c, office.vault, limit=2, now=office.now, lease=LEASE, worker="w1", kinds=("TellClerks",)
        )
    )
    stale = replace(held[0], hold=held[0].hold._replace(fence=0))
    await asyncio.gather(office.clerks.tell(stale), office.clerks.tell(held[1]))

    states = [row.state for row in await office.rows(outbox_table, "id", "state")]
    assert sorted(states) == ["done", "todo"]


def test_a_reason_nobody_foresaw_is_told_in_general_words() -> None:
    assert "有事要人看（单号末六位 ABCDEF）" in words([TellClerks("01ABCDEF", "new_reason")], 3)


async def test_a_look_up_that_waits_is_told_without_anybody_s_name(office: Office) -> None:
    await office.wanted("hu")
    (order,) = await office.db.run(
        lambda c: outbox.claim(
            c, office.vault, limit=1, now=office.now, lease=LEASE, worker="w1", kinds=("TellClerks",)
        )
    )
    await office.clerks.tell(replace(order, effect=TellClerks("L-1121-0001", "lookup", "民政")))

    assert office.told() == [
        "有新的事要人看，现在一共2件在等：\n· 民政：有一份材料等核验，请在五分钟内答复（L-1121-0001）"
    ]
    assert await office.states() == {"done"}
