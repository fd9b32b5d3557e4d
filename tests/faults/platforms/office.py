"""Our side of one platform, put together as the product does, with a worker that can be killed; and hu.

The clock is one for all and moves by steps, so a minute's rest and ten minutes of a key's life pass at
once. What is said is the simple `Voice` of tests.handlers.sending.town.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from sqlalchemy import select

from bot.channels import open_channels
from bot.settings import load
from dialogs.messages import Address, Inbound
from dialogs.turn import MessageReceived, ProgressReported
from handlers.channels.base import Kit
from handlers.channels.receiving import Mailroom
from handlers.errors import problems
from handlers.keys import MAILROOM
from handlers.security import make_gate
from handlers.sending import Books, Sending
from handlers.sms import Gateway
from handlers.turns import Turns
from storage.database import Database
from storage.flow import outbox
from storage.flow.turns import Arrival, Decide
from storage.schema import TODO, addresses
from storage.schema import outbox as outbox_table
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault
from tests import forked
from tests.handlers.sending.town import LEASE
from tests.patience import PATIENCE
from tests.platforms import Clock, Fake, serving
from tests.platforms.dingtalk import FakeDingTalk
from tests.platforms.sms import FakeSms
from tests.platforms.telegram import FakeTelegram
from tests.platforms.wechat import FakeWeChat
from tests.product import until

START = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
CASE, PHONE = "CS-1120-0001", "+8613900000000"
KINDS: Mapping[str, type[Fake]] = {"wechat": FakeWeChat, "telegram": FakeTelegram, "dingtalk": FakeDingTalk}


class Office:
    """One platform, its bot, a database, a worker, and somebody who chats."""

    def __init__(
        self, folder: Path, database_url: str, platform: str, settings: Mapping[str, str], decide: Decide
    ) -> None:
        """decide: the dialog. settings: of the bot, in the place of those the platform would have it use."""
        self.url = database_url or f"sqlite:///{folder / 'zerotrip.db'}"
        self.ring = folder / "master.key"
        self.vault = Vault(KeyRing.read_or_create(self.ring))
        self.clock = Clock(START)
        self.fake = KINDS[platform](self.clock)
        self.fake.patience = PATIENCE
        self.sms = FakeSms(self.clock)
        self.hu = self.fake.person("hu")
        self._settings = settings
        self._decide = decide
        self._seq = 0
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        enter = self._stack.enter_async_context
        await enter(serving(self.fake))
        await enter(serving(self.sms))
        session = await enter(ClientSession())
        self.database = await Database.open(
            self.url,
            vault=self.vault,
            decide=self._decide,
            pushed={self.fake.name},
            migrate=True,
            clock=self.clock,
        )
        self._stack.push_async_callback(self.database.close)
        named = {name.removeprefix("ZEROTRIP_").lower(): value for name, value in self.environment.items()}
        kit = Kit(session, self.database, self.vault, self.clock, "http://127.0.0.1:8080")
        channels = open_channels(load(**named), kit)
        self.turns = Turns(self.database, self.clock)
        app = web.Application(middlewares=[problems, make_gate({})])
        app[MAILROOM] = Mailroom(self.database, self.turns, self.vault, self.clock)
        for channel in channels.values():
            channel.add_routes(app)
            self._stack.push_async_callback(channel.close)
        server = await enter(TestServer(app))
        self.fake.webhook = str(server.make_url(f"/channels/{self.fake.name}"))
        texts = Gateway(self.sms.url, self.sms.secret, session, self.clock, _nobody)
        books = Books(self.database, self.vault, self.clock, "w1", LEASE)
        self.sending = Sending(books, channels, random=lambda: 1.0, texts=texts)
        await self.hu.open()
        await self.hu.say("沉默")

    async def close(self) -> None:
        await self._stack.aclose()

    @property
    def environment(self) -> dict[str, str]:
        return {**self.fake.settings(), **self.sms.settings(), **self._settings}

    async def news(self, text: str) -> None:
        """News of the case is decided."""
        data = {"text": text, "vital": True, "phone": PHONE}
        await self.happens(ProgressReported("r1", CASE, self._seq + 1, text, self.clock(), data))

    async def happens(self, event: ProgressReported) -> None:
        """The intake service reports progress."""
        self._seq += 1
        await self.turns.take(await self.conversation(), "intake", f"e{self._seq}", event)

    async def talk(self, text: str) -> None:
        """Something is decided to be said in the dialog: what answers `text`."""
        self._seq += 1
        event = MessageReceived(Inbound(f"t{self._seq}", self.clock(), text=text))
        arrival = Arrival(await self.conversation(), "test", "", f"t{self._seq}", event, self.clock())
        await self.database.take(arrival)

    async def conversation(self) -> str:
        """Return hu's conversation."""
        row = await self.database.read(lambda c: c.execute(select(addresses)).one())
        return await self.database.conversation(Address(row.channel, row.account, row.user_id))

    async def work(self) -> None:
        """Do what a worker does, until nothing is due."""
        await self.database.run(lambda c: outbox.ripen(c, self.clock()))
        while items := await self.database.run(
            lambda c: outbox.claim(
                c, self.vault, limit=8, now=self.clock(), lease=LEASE, worker="w1", kinds=("Say",)
            )
        ):
            for item in items:
                await self.sending.say(item)

    async def let_go(self) -> None:
        """Wait until nobody holds a row: a call notes what it said after its answer is written."""

        async def free() -> bool:
            held = select(outbox_table.c.id).where(TODO, outbox_table.c.lease_until > self.clock())
            return await self.database.read(lambda c: c.execute(held).first()) is None

        await until(free, "the rows of the call that was answered")

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, half a minute at a time, with a worker at work."""
        while seconds > 0:
            self.clock.step(seconds=min(seconds, 31))
            seconds -= 31
            await self.work()

    async def dies(self, point: str, nth: int = 1) -> None:
        """Let a worker of its own say what is due, and die when it passes `point` for the n-th time."""
        process = await forked.start(
            *("tests.handlers.sending.speaker", self.url, str(self.ring), self.clock().isoformat()),
            environment={**os.environ, **self.environment, "FAULT": f"{point}:{nth}"},
        )
        assert await process.wait() == -signal.SIGKILL

    async def states(self) -> set[str]:
        rows = await self.database.read(lambda c: c.execute(select(outbox_table.c.state)).all())
        return {row.state for row in rows}

    def heard(self, *roads: str) -> list[str]:
        """Return what reached hu, by these roads or by any."""
        return [each.text for each in self.hu.shown if not roads or each.road in roads]


async def _nobody(key: str, delivered: bool) -> None:
    """No report comes in these tests."""
