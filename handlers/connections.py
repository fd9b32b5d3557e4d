"""Sockets that only pretend to talk are closed.

aiohttp waits without end for a silent socket, for half a header and for a body that never comes;
a thousand of them are free for whoever opens them and cost us a thousand file handles. `Site` is
a TCP site of aiohttp with a watchman on every connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, cast

from aiohttp import web

from handlers import metrics
from handlers.errors import Handler

HEADERS_WITHIN = 15.0  # seconds from the first byte (or the connection) to the end of the headers
SILENCE = 15.0  # seconds without a byte in the middle of a body
BODY_WITHIN = 600.0  # seconds for a whole body: 10 MB over the weakest network that still works
LOOK_EVERY = 5.0
KEEP_ALIVE = 15.0

# For web.AppRunner. Decompression is off because a few kB can unfold to gigabytes.
RUNNER_OPTIONS: dict[str, Any] = {
    "keepalive_timeout": KEEP_ALIVE,
    "lingering_time": 2.0,
    "auto_decompress": False,
    "access_log": None,
    "max_line_size": 8190,
    "max_field_size": 8190,
}


@web.middleware
async def watch(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell the watchman of the connection which request is being read. Outermost middleware."""
    protocol = request.transport.get_protocol() if request.transport else None
    if not isinstance(protocol, Watchman):
        return await handler(request)
    protocol.begin(request)
    try:
        return await handler(request)
    finally:
        protocol.end()


class Site(web.BaseSite):
    """Listens on host:port, with a watchman on every connection.

    `limit` connections per address are kept open, 0: any number. `exempt` says which addresses stand
    for many people (our own proxies) and are not counted; this machine never is.
    """

    def __init__(
        self,
        runner: web.AppRunner,
        host: str,
        port: int,
        *,
        limit: int = 0,
        exempt: Callable[[str], bool] = lambda address: False,
    ) -> None:
        super().__init__(runner, backlog=1024)
        self._host, self.port = host, port
        self._limit, self._exempt = limit, exempt
        self._open: Counter[str] = Counter()

    @property
    def name(self) -> str:
        return f"http://{self._host}:{self.port}"

    async def start(self) -> None:
        """Listen. `port` says which port it became when 0 was asked for."""
        await super().start()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, self._host, self.port, backlog=self._backlog)
        self.port = self._server.sockets[0].getsockname()[1]

    def _protocol(self) -> Watchman:
        serve = self._runner.server
        if serve is None:
            raise RuntimeError("the runner is not set up")
        return Watchman(serve(), self._admit, self._leave)

    def _admit(self, address: str) -> bool:
        self._open[address] += 1
        if not self._limit or self._exempt(address) or _is_here(address):
            return True
        return self._open[address] <= self._limit

    def _leave(self, address: str) -> None:
        self._open[address] -= 1
        if self._open[address] <= 0:
            del self._open[address]


class Watchman(asyncio.Protocol):
    """Stands between the socket and aiohttp's protocol: passes everything on, and looks at the clock."""

    def __init__(
        self, inner: asyncio.Protocol, admit: Callable[[str], bool], leave: Callable[[str], None]
    ) -> None:
        self._inner, self._admit, self._leave = inner, admit, leave
        self._loop = asyncio.get_running_loop()
        self._request: web.Request | None = None
        self._since = self._heard = self._loop.time()  # when this wait began; when a byte last came
        self._speaking = True  # bytes of a request have come since the last one (or nothing ever has)
        self._address = ""

    def begin(self, request: web.Request) -> None:
        """The headers are here; now the body has its time."""
        self._request, self._since = request, self._loop.time()

    def end(self) -> None:
        """The request has been answered; aiohttp's keep-alive runs until the next one begins."""
        self._request, self._speaking = None, False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self._address = peer[0] if isinstance(peer, tuple) else ""
        self._look = self._loop.call_later(LOOK_EVERY, self._check)
        self._inner.connection_made(transport)
        if not self._admit(self._address):
            self._cut("too many connections")

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()
        if self._request is None and not self._speaking:
            self._speaking, self._since = True, self._heard
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._look.cancel()
        self._leave(self._address)
        self._request = None
        self._inner.connection_lost(exc)

    def _check(self) -> None:
        self._look = self._loop.call_later(LOOK_EVERY, self._check)
        if reason := self._overdue(self._loop.time()):
            self._cut(reason)

    def _overdue(self, now: float) -> str:
        if self._request is None:
            return "slow headers" if self._speaking and now - self._since > HEADERS_WITHIN else ""
        if self._request.content.is_eof() or not self._transport.is_reading():
            return ""  # complete, or it is we who do not read
        if now - max(self._heard, self._since) > SILENCE:
            return "silent body"
        return "slow body" if now - self._since > BODY_WITHIN else ""

    def _cut(self, reason: str) -> None:
        metrics.dropped_connections.labels(reason).inc()
        self._transport.abort()


def _is_here(address: str) -> bool:
    with contextlib.suppress(ValueError):
        return ip_address(address).is_loopback
    return False
