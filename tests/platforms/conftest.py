"""A fake WeChat account with a bot that only acknowledges, a follower, and a client of its interface."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp import web

from tests.platforms import Clock, serving
from tests.platforms.wechat import FakeWeChat, WeChatPerson
from tests.platforms.wechat.client import Client

NOON = datetime(2026, 11, 16, 4, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
async def wechat(clock: Clock) -> AsyncIterator[FakeWeChat]:
    """An account whose bot acknowledges everything."""

    async def acknowledge(request: web.Request) -> web.Response:
        return web.Response(text="success")

    app = web.Application()
    app.router.add_post("/", acknowledge)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    platform = FakeWeChat(clock)
    async with serving(platform):
        platform.webhook = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        yield platform
    await runner.cleanup()


@pytest.fixture
async def her(wechat: FakeWeChat) -> WeChatPerson:
    person = wechat.person("hu")
    await person.open()
    return person


@pytest.fixture
async def client(wechat: FakeWeChat) -> Client:
    client = Client(wechat)
    await client.token()
    return client
