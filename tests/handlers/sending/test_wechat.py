"""The outgoing core and WeChat: real calls over HTTP to an account that refuses what WeChat refuses."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from dialogs.messages import Address, Inbound
from dialogs.turn import MessageReceived, ProgressReported
from handlers.channels.base import Kit
from handlers.channels.receiving import Mailroom
from handlers.channels.wechat import WeChat
from handlers.errors import problems
from handlers.keys import MAILROOM
from handlers.security import make_gate
from handlers.sending import Books, Sending
from handlers.turns import Turns
from storage.database import Database
from storage.flow import outbox
from storage.flow.turns import Arrival
from storage.schema import outbox as outbox_table
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault
from tests import forked, tables
from tests.handlers.channels.wechat_world import account_of
from tests.handlers.sending.town import LEASE, Voice
from tests.platforms import Clock, serving
from tests.platforms.wechat import FakeWeChat, WeChatPerson

START = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
AGAIN = "怕您没收到，再发一遍："
CASE = "CS-1120-0001"


class Bureau:
    """Our side, put together as the product does: webhook, database, worker; and her phone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = tables.of_bot(folder / "zerotrip.db")
        self.ring = folder / "master.key"
        self.vault = Vault(KeyRing.read_or_create(self.ring))
        self.clock = Clock(START)
        self.fake = FakeWeChat(self.clock)
        self.hu: WeChatPerson = self.fake.person("hu")
        self._seq = 0
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        enter = self._stack.enter_async_context
        await enter(serving(self.fake))
        session = await enter(ClientSession())
        self.database = await Database.open(
            self.url,
            vault=self.vault,
            decide=Voice().decide,
            pushed={"wechat"},
            migrate=True,
            clock=self.clock,
        )
        self._stack.push_async_callback(self.database.close)
        kit = Kit(session, self.database, self.vault, self.clock, "http://127.0.0.1:8080")
        channel = WeChat(account_of(self.fake), kit)
        self.turns = Turns(self.database, self.clock)
        app = web.Application(middlewares=[problems, make_gate({})])
        app[MAILROOM] = Mailroom(self.database, self.turns, self.vault, self.clock)
        channel.add_routes(app)
        server = await enter(TestServer(app))
        self.fake.webhook = str(server.make_url("/channels/wechat"))
        books = Books(self.database, self.vault, self.clock, "w1", LEASE)
        self.sending = Sending(books, {"wechat": channel}, random=lambda: 1.0)
        await self.hu.open()

    async def close(self) -> None:
        await self._stack.aclose()

    @property
    def address(self) -> Address:
        return Address("wechat", self.fake.account.app_id, self.hu.user)

    async def news(self, text: str, *, vital: bool = False) -> None:
        self._seq += 1
        data = {"text": text, "vital": vital, "phone": ""}
        event = ProgressReported("r1", CASE, self._seq, text, self.clock(), data)
        conversation = await self.database.conversation(self.address)
        await self.turns.take(conversation, "intake", f"e{self._seq}", event)

    async def work(self) -> None:
        await self.database.run(lambda c: outbox.ripen(c, self.clock()))
        while items := await self.database.run(
            lambda c: outbox.claim(
                c, self.vault, limit=8, now=self.clock(), lease=LEASE, worker="w1", kinds=("Say",)
            )
        ):
            for item in items:
                await self.sending.say(item)

    async def later(self, **span: float) -> None:
        self.clock.step(**span)
        await self.work()

    async def dies(self, point: str) -> None:
        """Let a worker of its own say what is due, and die at `point`."""
        process = await forked.start(
            *("tests.handlers.sending.speaker", self.url, str(self.ring), self.clock().isoformat()),
            environment={**os.environ, **self.fake.settings(), "FAULT": f"{point}:1"},
        )
        assert await process.wait() == -signal.SIGKILL

    async def states(self) -> list[str]:
        def read(connection: Any) -> list[str]:
            return [row.state for row in connection.execute(outbox_table.select())]

        return sorted(await self.database.read(read))

    def roads(self, *roads: str) -> list[str]:
        return [shown.text for shown in self.hu.shown if shown.road in roads]

    def codes(self, call: str) -> list[int]:
        return [each.code for each in self.fake.calls if each.name == call]


@pytest.fixture
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    made = Bureau(tmp_path)
    await made.open()
    yield made
    await made.close()


def notices(bureau: Bureau) -> list[Mapping[str, str]]:
    return [shown.fields for shown in bureau.hu.shown if shown.road == "template"]


async def test_twenty_pieces_of_news_never_meet_wechats_limits_and_all_are_heard(bureau: Bureau) -> None:
    await bureau.hu.say("你好")
    for n in range(20):
        await bureau.later(hours=2.3)
        await bureau.news(f"第{n}次进展", vital=n == 12)
        await bureau.work()
    for _ in range(8):
        await bureau.later(minutes=45)

    assert set(bureau.codes("message/custom/send")) == {0}, "no call was refused"
    assert len(bureau.roads("customer service")) == 5
    assert len(notices(bureau)) == 7
    await bureau.hu.say("怎么样了")
    heard = "".join(bureau.hu.heard())
    assert [heard.count(f"第{n}次进展") > 0 for n in range(20)] == [True] * 20


async def test_after_the_window_a_template_goes_out_and_the_news_is_said_first_when_she_writes(
    bureau: Bureau,
) -> None:
    await bureau.hu.say("你好")
    await bureau.later(hours=49)

    await bureau.news("没批，因为少了一页", vital=True)
    await bureau.work()

    (fields,) = notices(bureau)
    assert CASE in fields.values()
    await bureau.hu.say("怎么了")
    assert bureau.hu.heard()[-1] == "没批，因为少了一页\n\n答：怎么了"


async def test_news_that_not_even_a_template_may_tell_waits_for_her(bureau: Bureau) -> None:
    await bureau.hu.say("你好")
    await bureau.later(hours=49)
    bureau.fake.account.a_day["message/template/send"] = 0

    await bureau.news("办好了", vital=True)
    await bureau.work()
    await bureau.later(days=9)

    assert notices(bureau) == []
    await bureau.hu.say("怎么样了")
    assert bureau.hu.heard()[-1] == "办好了\n\n答：怎么样了"


async def test_a_follower_who_leaves_is_not_written_to(bureau: Bureau) -> None:
    await bureau.hu.say("你好")
    await bureau.hu.leave()
    before = len(bureau.fake.calls)

    await bureau.news("受理了")
    await bureau.work()
    assert len(bureau.fake.calls) == before

    await bureau.hu.open()
    await bureau.hu.say("我回来了")
    assert "受理了" in "".join(bureau.hu.heard())


@pytest.mark.kill
async def test_killed_after_wechat_took_words_they_come_once_more_and_marked(bureau: Bureau) -> None:
    await bureau.hu.say("你好")
    await bureau.news("办好了", vital=True)

    await bureau.dies("outbox.before_settle")
    assert bureau.hu.heard()[-1] == "办好了"
    for _ in range(6):
        await bureau.later(seconds=31)

    assert bureau.hu.heard()[-2:] == ["办好了", f"{AGAIN}\n\n办好了"]
    assert set(await bureau.states()) == {"done"}


@pytest.mark.kill
async def test_killed_after_wechat_took_words_and_she_wrote_talk_counts_as_seen(bureau: Bureau) -> None:
    await bureau.hu.say("沉默")
    conversation = await bureau.database.conversation(bureau.address)
    await bureau.database.take(_heard(bureau, conversation, "在吗"))

    await bureau.dies("outbox.before_settle")
    bureau.clock.step(seconds=31)
    await bureau.hu.say("好的")
    for _ in range(6):
        await bureau.later(seconds=31)

    assert [text for text in bureau.hu.heard() if "答" in text] == ["答：在吗", "答：好的"]
    assert set(await bureau.states()) == {"done"}


@pytest.mark.kill
async def test_killed_after_wechat_took_a_template_it_comes_once(bureau: Bureau) -> None:
    await bureau.hu.say("你好")
    await bureau.later(hours=49)
    await bureau.news("受理了", vital=True)

    await bureau.dies("notice.taken")
    assert len(notices(bureau)) == 1
    for _ in range(6):
        await bureau.later(seconds=31)

    assert len(notices(bureau)) == 1
    assert bureau.codes("message/template/send") == [0, 0], "it was sent again, under the same key"
    assert "held" in await bureau.states(), "what is vital is said in full when she writes"


def _heard(bureau: Bureau, conversation: str, words: str) -> Arrival:

    event = MessageReceived(Inbound("x1", bureau.clock(), text=words))
    return Arrival(conversation, "wechat", "", "x1", event, bureau.clock())
