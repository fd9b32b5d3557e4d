"""A wire that fails on purpose: a TCP relay which forwards a request and swallows its answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

CHUNK = 64 * 1024


@dataclass
class Relay:
    """Passes bytes on to 127.0.0.1:`towards`.

    lose: beginnings of requests. The next request that begins so reaches the other side, which does
        what it is asked; its answer never comes back and the line breaks. Each is lost once.
    """

    towards: int
    lose: list[bytes] = field(default_factory=list)
    lost: list[bytes] = field(default_factory=list)
    port: int = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Relay]:
        server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            there, onward = await asyncio.open_connection("127.0.0.1", self.towards)
            doomed = asyncio.Event()
            asking = asyncio.create_task(self._ask(reader, onward, doomed))
            with suppress(OSError):
                await _answer(there, writer, doomed)
            asking.cancel()
            onward.close()
        writer.close()

    async def _ask(
        self, reader: asyncio.StreamReader, onward: asyncio.StreamWriter, doomed: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                for begin in [each for each in self.lose if data.startswith(each)]:
                    self.lose.remove(begin)
                    self.lost.append(begin)
                    doomed.set()
                onward.write(data)
                await onward.drain()
        onward.close()


async def _answer(there: asyncio.StreamReader, writer: asyncio.StreamWriter, doomed: asyncio.Event) -> None:
    while data := await there.read(CHUNK):
        if doomed.is_set():
            return  # the other side has done it; nobody here will ever hear so
        writer.write(data)
        await writer.drain()
