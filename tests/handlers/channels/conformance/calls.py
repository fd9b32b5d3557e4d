"""The calls a platform makes of us, recorded on their way, so that they can be made again, or changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from aiohttp import ClientSession, DummyCookieJar, web
from aiohttp.test_utils import TestServer
from yarl import URL

_OWN = {"host", "content-length", "transfer-encoding", "connection"}  # of one line, not of the call


@dataclass(frozen=True, slots=True)
class Recorded:
    """One call of our webhook."""

    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


Change = Callable[[Recorded], Recorded]


def header(name: str, value: str) -> Change:
    """Return a change of one header; "" takes it away."""
    return lambda call: replace(call, headers=_with(call.headers, name, value))


def parameter(name: str, value: str) -> Change:
    """Return a change of one parameter of the query; "" takes it away."""
    return lambda call: replace(call, query=_with(call.query, name, value))


def _with(given: Mapping[str, str], name: str, value: str) -> dict[str, str]:
    kept = {each: held for each, held in given.items() if each.lower() != name.lower()}
    return {**kept, name: value} if value else kept


@dataclass
class Recorder:
    """Stands between the platform and us, passes everything on and keeps it.

    answers: our statuses. losing: calls get lost before they reach us.
    """

    bot: str
    session: ClientSession
    url: str = ""
    calls: list[Recorded] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    losing: bool = False
    lost: set[bytes] = field(default_factory=set)

    async def pass_on(self, request: web.Request) -> web.Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OWN}
        call = Recorded(dict(request.query), headers, await request.read())
        self.calls.append(call)
        if self.losing or call.body in self.lost:  # its repeats get lost, too
            self.lost.add(call.body)
            return web.Response(status=503)
        status, body, kind = await self._make(call)
        self.answers.append(status)
        return web.Response(status=status, body=body, content_type=kind)

    async def again(self, call: Recorded) -> tuple[int, bytes]:
        """Make a call as if the platform did; return our answer."""
        status, body, _ = await self._make(call)
        return status, body

    async def _make(self, call: Recorded) -> tuple[int, bytes, str]:
        url = URL(self.bot).with_query(dict(call.query))
        async with self.session.post(
            url, data=call.body, headers=call.headers, skip_auto_headers=["Content-Type", "User-Agent"]
        ) as answer:
            return answer.status, await answer.read(), answer.content_type


@asynccontextmanager
async def recording(bot: str) -> AsyncIterator[Recorder]:
    """Record the calls of the webhook at `bot`; the platform is to call `Recorder.url`."""
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        recorder = Recorder(bot, session)
        app = web.Application(client_max_size=1024 * 1024)
        app.router.add_post("/", recorder.pass_on)
        async with TestServer(app) as server:
            recorder.url = str(server.make_url("/"))
            yield recorder


@asynccontextmanager
async def trap() -> AsyncIterator[tuple[str, list[str]]]:
    """An address that nobody may be led to, and who called it all the same."""
    callers: list[str] = []

    async def caught(request: web.Request) -> web.Response:
        callers.append(request.path_qs)
        return web.json_response({})

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", caught)
    async with TestServer(app) as server:
        yield str(server.make_url("/elsewhere")), callers
