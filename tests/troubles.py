"""What can go wrong on a line, ordered ahead: `troubles.order("create", lose_answer(), status(503))`.

Every fake server of the tests takes its calls through `Troubles.door`, so that each can be slow, wrong,
silent or gone, call by call.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

Work = Callable[[], Awaitable[web.StreamResponse]]
Trouble = Callable[[web.Request, Work], Awaitable[web.StreamResponse]]


def status(code: int, body: Any = None, **headers: str) -> Trouble:
    """Answer with `code` and do nothing."""

    async def trouble(request: web.Request, work: Work) -> web.StreamResponse:
        shown = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.json_response(body if body is not None else {"status": code}, status=code, headers=shown)

    return trouble


def text(body: str, code: int = 200) -> Trouble:
    """Answer with something that is not ours, as a captive portal does."""

    async def trouble(request: web.Request, work: Work) -> web.StreamResponse:
        return web.Response(text=body, status=code, content_type="text/html")

    return trouble


def lose_answer() -> Trouble:
    """Do the work and cut the line before the answer."""

    async def trouble(request: web.Request, work: Work) -> web.StreamResponse:
        await work()
        return _cut(request)

    return trouble


def refuse_line() -> Trouble:
    """Cut the line and do nothing."""

    async def trouble(request: web.Request, work: Work) -> web.StreamResponse:
        return _cut(request)

    return trouble


def slow(seconds: float) -> Trouble:
    """Do the work, late."""

    async def trouble(request: web.Request, work: Work) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await work()

    return trouble


def silent(seconds: float) -> Trouble:
    """Do nothing, say nothing, and cut the line after a while."""

    async def trouble(request: web.Request, work: Work) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return _cut(request)

    return trouble


def half_answer() -> Trouble:
    """Do the work and break off in the middle of the answer."""

    async def trouble(request: web.Request, work: Work) -> web.StreamResponse:
        await work()
        answer = web.StreamResponse(headers={"Content-Length": "1000"})
        await answer.prepare(request)
        await answer.write(b'{"number": "CS-')
        _cut(request)
        return answer

    return trouble


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:  # else the caller has gone already
        request.transport.abort()
    return web.Response()


class Troubles:
    """The troubles that wait for their calls."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Trouble]] = defaultdict(deque)
        self._always: Trouble | None = None

    def order(self, call: str, *what: Trouble) -> None:
        """Spoil the next calls of that name, one each."""
        self._waiting[call].extend(what)

    def waiting(self, call: str) -> int:
        """Return how many calls of that name are still to be spoiled."""
        return len(self._waiting[call])

    def forget(self) -> None:
        """Take back what was ordered."""
        self._waiting.clear()
        self._always = None

    def always(self, what: Trouble | None) -> None:
        """Spoil every call from now on; None: be well again."""
        self._always = what

    async def door(self, call: str, request: web.Request, work: Work) -> web.StreamResponse:
        """Do `work`, or what was ordered in its place."""
        waiting = self._waiting[call]
        trouble = waiting.popleft() if waiting else self._always
        return await (trouble(request, work) if trouble else work())
