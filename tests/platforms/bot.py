"""A bot that only listens: it keeps every call and answers as it is told. Tests of the fakes use it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.patience import PATIENCE


@dataclass(frozen=True, slots=True)
class Heard:
    """One call of the bot's webhook."""

    headers: dict[str, str]
    query: dict[str, str]
    body: bytes


@dataclass
class Listener:
    """`answers` are statuses for the calls to come, 200 when there are none; `reply` is the body."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    answers: deque[int] = field(default_factory=deque)
    reply: Any = None
    at_once: int = 0
    most_at_once: int = 0
    hold: asyncio.Event | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        """Keep a call and answer it."""
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            body = await request.read()
            self.heard.append(Heard(dict(request.headers), dict(request.query), body))
            self._news.set()
            self._news = asyncio.Event()
            if self.hold is not None:
                await self.hold.wait()
        finally:
            self.at_once -= 1
        status = self.answers.popleft() if self.answers else 200
        if self.reply is not None:
            return web.json_response(self.reply, status=status)
        return web.Response(text="", status=status)

    async def until(self, found: Callable[[], bool], within: float = PATIENCE) -> None:
        """Wait until something is true; it is asked after every call."""
        async with asyncio.timeout(within):
            while not found():
                await self._news.wait()


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """Run a listening bot."""
    bot = Listener()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", bot.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    bot.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield bot
    finally:
        await runner.cleanup()
