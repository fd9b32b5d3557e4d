"""The webhooks as the product serves them: real handlers, the real dialog, a real database."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from random import Random
from unittest.mock import patch

from aiohttp import ClientError, ClientSession, DummyCookieJar, web
from aiohttp.test_utils import BaseTestServer, TestServer

from dialogs.office import offices
from dialogs.script.loader import load, shipped_texts
from dialogs.world import Library
from handlers.channels.base import Channel, Kit
from handlers.channels.dingtalk import DingTalk
from handlers.channels.receiving import Mailroom
from handlers.channels.telegram import Account, Telegram
from handlers.channels.wechat import WeChat, webhook
from handlers.errors import problems
from handlers.keys import MAILROOM
from handlers.security import Buckets, make_gate
from handlers.sms import Gateway
from handlers.turns import Decider, Turns
from storage.database import Database
from storage.flow import notices
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault
from tests.handlers.channels import dingtalk_calls, telegram_updates, wechat_calls
from tests.handlers.channels.dingtalk_calls import Made
from tests.handlers.channels.fuzz.targets import TARGETS
from tests.handlers.channels.fuzz.texts import SECRET
from tests.patience import PATIENCE

SLOT = timedelta(seconds=0.2)  # WeChat waits for words about photos; here nobody looks at them
AT_ONCE = 16
NEVER = 1e9


class Failed(Exception):
    """A call was answered with 5xx, or not at all."""


@asynccontextmanager
async def webhooks(folder: Path) -> AsyncIterator[BaseTestServer]:
    """Serve the webhooks of all channels over HTTP, before the real dialog and a database in `folder`."""
    vault = Vault(KeyRing.fresh())

    def clock() -> datetime:
        return wechat_calls.NOW

    library = Library.of(load(text, name) for text, name in shipped_texts())
    async with AsyncExitStack() as stack:
        # A machine that is too busy to answer within WeChat's 5 s says 503: true, and not what we look for.
        stack.enter_context(patch.object(webhook, "HANGS_UP_AFTER", PATIENCE))
        database = await Database.open(
            f"sqlite:///{folder / 'storm.db'}",
            vault=vault,
            decide=Decider(library, offices()),
            pushed={"wechat", "telegram", "dingtalk"},
            migrate=True,
            clock=clock,
        )
        stack.push_async_callback(database.close)
        session = await stack.enter_async_context(ClientSession())
        # Every caller comes from an address of its own: who is refused too often is not heard at all.
        gate = make_gate({}, proxies=[ip_network("127.0.0.0/8")])
        app = web.Application(middlewares=[problems, gate])
        patient = Buckets(NEVER, NEVER)  # whoever floods is not listened to, and that is not what we try
        turns = Turns(database, clock)
        app[MAILROOM] = Mailroom(database, turns, vault, clock, buckets=patient)

        def kit(now: datetime) -> Kit:
            return Kit(session, database, vault, lambda: now, "http://127.0.0.1:8080")

        for channel in _channels(kit):
            channel.add_routes(app)
            stack.push_async_callback(channel.close)
        _gateway(session, database).add_routes(app)
        yield await stack.enter_async_context(TestServer(app))


def _channels(kit: Callable[[datetime], Kit]) -> list[Channel]:
    bot = Account(telegram_updates.TOKEN, telegram_updates.SECRET, photos=True, api_url="http://127.0.0.1:9")
    return [
        WeChat(wechat_calls.account(), kit(wechat_calls.NOW), SLOT),
        Telegram(bot, kit(telegram_updates.NOW)),
        DingTalk(dingtalk_calls.APP, kit(dingtalk_calls.NOW)),
    ]


def _gateway(session: ClientSession, database: Database) -> Gateway:
    now = dingtalk_calls.NOW

    async def report(key: str, delivered: bool) -> None:
        await database.run(lambda c: notices.report(c, key, delivered=delivered, now=now, rungs=("sms",)))

    return Gateway("http://127.0.0.1:9", SECRET, session, lambda: now, report)


async def storm(server: BaseTestServer, name: str, times: int, random: Random) -> Counter[str]:
    """Return how often which status came of `times` broken calls, some of them at once.

    Raises:
        Failed: one was answered with 5xx, or the line was cut.
    """
    told, target = Counter[str](), TARGETS[name]
    todo = iter(range(times))
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:

        async def calls() -> None:
            for _ in todo:
                made = target.broken(random)
                told[str(await _call(session, server, target.path, made, random))] += 1

        await asyncio.gather(*(calls() for _ in range(AT_ONCE)))
    return told


async def _call(session: ClientSession, server: BaseTestServer, path: str, made: Made, random: Random) -> int:
    caller = ".".join(["10", *(str(random.randrange(256)) for _ in range(3))])
    headers = {name: _sendable(value) for name, value in made.headers.items()}
    query = {name: _unbroken(value) for name, value in made.query.items()}
    url = server.make_url(path).with_query(query)
    try:
        async with session.post(
            url, data=made.body, headers={**headers, "X-Forwarded-For": caller}, allow_redirects=False
        ) as answer:
            said = await answer.read()
            if answer.status >= 500:
                raise Failed(f"{answer.status} for {path}: {made!r}: {said!r}")
            return answer.status
    except ClientError as fault:
        raise Failed(f"{path}: {made!r}") from fault


def _unbroken(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _sendable(text: str) -> str:
    """Return a header's value as a client can send it."""
    return "".join(each for each in _unbroken(text) if each.isprintable())
