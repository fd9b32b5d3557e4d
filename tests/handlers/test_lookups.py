"""部门核验 between our worker and the embedded intake service, over HTTP: asked, answered, or refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest

from dialogs.messages import Address
from dialogs.turn import AskDepartment, Effect, Event, Submit, Supply, TellClerks, decode, encode
from handlers.delivery import Deliveries
from handlers.intake import IntakeClient
from storage.flow.outbox import Hold, Item
from storage.flow.turns import Taken
from tests.dialogs.talking import Chat
from tests.dialogs.test_looking_up import at_the_certificate
from tests.intake.office import Office
from tests.intake.test_lookups import officer, say
from tests.intake.world import TOKEN, World, world

PHOTO = b"\xff\xd8\xff\xe0 "


@dataclass
class Bot:
    """An applicant whose orders are carried out against the service; what comes back, he hears."""

    here: World
    chat: Chat
    deliveries: Deliveries

    async def take(self, *given: Any, settles: Hold | None = None) -> Taken:
        self.chat.happen(cast(Event, given[3]))
        return Taken(given[0], True, 0, 0)

    async def read(self, _: str, file: str) -> bytes:
        return PHOTO + file.encode()

    async def carry_out(self, kind: type) -> None:
        """Carry out the newest order of this kind."""
        effect = with_real_photos(self.chat.ordered(kind)[-1])
        address, now = Address("webchat", "", "u1"), self.here.clock()
        item = Item(Hold("o1", 1), "c1", address, "a1", kind.__name__, "", effect, 1, now, now, "m1")
        await self.deliveries.deliver(item)

    async def news(self) -> None:
        """Hear what the office has told since."""
        (case,) = self.chat.session.cases.values()
        for report in await self.deliveries.intake.events(case["number"], case["seq"]):
            self.chat.happen(report.event)

    @property
    def office(self) -> Office:
        return Office(self.here)

    @property
    def number(self) -> str:
        (case,) = self.chat.session.cases.values()
        return str(case["number"])


def with_real_photos(effect: Any) -> Effect:
    """Return the order with the hashes of photos that have bytes."""
    text = json.dumps(encode(effect))
    for page in getattr(effect, "pages", ()):
        text = text.replace(page["sha256"], hashlib.sha256(PHOTO + page["file"].encode()).hexdigest())
    return cast(Effect, decode(json.loads(text)))


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    """Somebody who hands in without a paper that a department is to answer for."""
    async with world(tmp_path) as here, aiohttp.ClientSession() as session:
        chat = at_the_certificate().say("没带").tap("同意", "都对，交上去")
        bot = Bot(here, chat, cast(Any, None))
        parts, files = cast(Any, bot), cast(Any, bot)
        client = IntakeClient(here.url, TOKEN, session)
        bot.deliveries = Deliveries(
            cast(Any, None), parts, client, cast(Any, None), files, here.clock, timedelta(days=7), parts
        )
        yield bot


async def test_a_department_is_asked_once_and_its_answer_is_told(bot: Bot) -> None:
    await bot.carry_out(Submit)
    for _ in range(2):  # a worker that died in between does it again
        await bot.carry_out(AskDepartment)
    asked = bot.chat.ordered(TellClerks)
    desk = await officer(bot.office)
    _, listed = await desk.get("lookups")
    await say(desk, asked[0].ticket, "confirmed")
    await bot.news()

    assert {each.ticket for each in asked} == {each["id"] for each in listed["lookups"]}
    assert asked[0].department == "民政"
    assert "低保证核验好了，不用再交。部门核验：民政王数据" in bot.chat.heard[-1]


async def test_a_refusal_is_told_and_the_paper_itself_opens_the_way(bot: Bot) -> None:
    await bot.carry_out(Submit)
    await _unknown_paper(bot)
    assert "低保证这次没法请别的部门查，不是您的错" in bot.chat.heard[-2]
    bot.chat.tap("不同意")

    await bot.office.act(bot.number, "start_review")
    assert (await bot.office.refused(bot.number, "accept")).kind == "looking-up"
    bot.chat.say("补材料").send_photo()
    await bot.carry_out(Supply)
    await bot.office.act(bot.number, "accept")
    await bot.news()

    assert await bot.office.state(bot.number) == "accepted"
    assert bot.chat.session.cases[bot.chat.ordered(Submit)[0].reference]["state"] == "accepted"


async def test_after_a_refusal_the_paper_may_be_promised_and_work_begins(bot: Bot) -> None:
    await bot.carry_out(Submit)
    await _unknown_paper(bot)
    bot.chat.tap("同意")
    for _ in range(2):  # a worker that died in between does it again
        await bot.carry_out(Supply)
    assert "记上了。低保证先欠着" in bot.chat.heard[-1]
    assert len([each for each in bot.chat.heard if "记上了" in each]) == 1

    await bot.office.act(bot.number, "start_review")
    await bot.office.act(bot.number, "accept")
    await bot.news()
    assert "还欠1样：低保证" in bot.chat.heard[-1]
    bot.chat.tap("现在补").send_photo()
    await bot.carry_out(Supply)
    await bot.news()

    assert await bot.office.state(bot.number) == "accepted"
    assert bot.chat.session.cases[bot.chat.ordered(Submit)[0].reference]["state"] == "accepted"


async def _unknown_paper(bot: Bot) -> None:
    """The service says 422: it does not do look-ups for this."""
    order = bot.chat.ordered(AskDepartment)[-1]
    spoilt = {**order.question, "question": ""}
    bot.chat.turns.append([AskDepartment(order.reference, order.number, spoilt)])
    await bot.carry_out(AskDepartment)
