"""A WeChat account of ours beside a fake WeChat, for tests of what leaves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import ClientSession

from dialogs.messages import Address, Choice, News
from handlers.channels.base import Kit, Part
from handlers.channels.wechat import Account, WeChat, form_of
from storage.database import Database
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault
from tests.platforms.base import Clock, serving
from tests.platforms.wechat import FakeWeChat, WeChatPerson
from tests.platforms.wechat.account import SUBSCRIPTION, TEMPLATE, WORDS

START = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
ORIGIN = "https://bot.example.gov.cn"
NEWS = News("灵活就业人员参保登记", "ZT2026000123", "已受理", "11月21日", vital=True)
YES_NO = (Choice("3:yes", "是"), Choice("3:no", "不是"))


@dataclass
class Desk:
    """Our side and theirs. `hu` follows the account and has just written."""

    fake: FakeWeChat
    clock: Clock
    wechat: WeChat
    database: Database
    kit: Kit
    hu: WeChatPerson
    database_url: str

    @property
    def to(self) -> Address:
        return Address("wechat", self.fake.account.app_id, self.hu.user)

    async def say(self, text: str, *choices: Choice) -> str:
        return await self.wechat.send(self.to, Part(text, choices), key="k1")

    def calls(self, name: str) -> list[int]:
        """Return WeChat's codes to the calls of that name."""
        return [call.code for call in self.fake.calls if call.name == name]


def account_of(fake: FakeWeChat, *, menus: bool = False, forms: bool = True, url: str = "") -> Account:
    """Return the settings of our side for the account of `fake`."""
    theirs = fake.account
    return Account(
        app_id=theirs.app_id,
        secret=theirs.secret,
        token=theirs.token,
        aes_key=theirs.aes_key,
        api_url=url or fake.url,
        template=form_of(f"{TEMPLATE}:{WORDS}") if forms else None,
        subscription=form_of(f"{SUBSCRIPTION}:{WORDS}") if forms else None,
        menus=menus,
    )


@asynccontextmanager
async def desk(url: str, *, menus: bool = False, forms: bool = True) -> AsyncIterator[Desk]:
    """Serve a fake WeChat and open a channel to it."""
    clock = Clock(START)
    fake = FakeWeChat(clock)
    async with serving(fake), ClientSession() as session:
        vault = Vault(KeyRing.fresh())
        database = await Database.open(url, migrate=True)
        kit = Kit(session, database, vault, clock, ORIGIN)
        hu = fake.person("hu")
        hu.follower.follows = True
        hu.follower.does("message", clock())
        wechat = WeChat(account_of(fake, menus=menus, forms=forms), kit)
        yield Desk(fake, clock, wechat, database, kit, hu, url)
        await database.close()
