"""Sockets that only pretend to talk are closed; those that talk are left alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from handlers import connections
from handlers.connections import RUNNER_OPTIONS, Site, watch
from handlers.errors import problems, read_body
from tests.patience import PATIENCE


async def length(request: web.Request) -> web.Response:
    return web.Response(text=str(len(await read_body(request, within=60))))


async def idle(request: web.Request) -> web.Response:
    await asyncio.sleep(0.5)
    return web.Response(text="done")


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    for name, seconds in {
        "HEADERS_WITHIN": 0.2,
        "SILENCE": 0.2,
        "BODY_WITHIN": 0.6,
        "LOOK_EVERY": 0.05,
    }.items():
        monkeypatch.setattr(connections, name, seconds)
    app = web.Application(middlewares=[watch, problems])
    app.router.add_post("/length", length)
    app.router.add_get("/idle", idle)
    runner = web.AppRunner(app, **RUNNER_OPTIONS | {"keepalive_timeout": 1.0})
    await runner.setup()
    site = Site(runner, "127.0.0.1", 0)
    await site.start()
    yield site.port
    await runner.cleanup()


Socket = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def closed(socket: Socket, within: float = PATIENCE) -> bool:
    """Say whether the other side closed, without having answered."""
    try:
        return await asyncio.wait_for(socket[0].read(), within) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    finally:
        socket[1].close()


async def test_a_silent_socket_is_closed(port: int) -> None:
    assert await closed(await asyncio.open_connection("127.0.0.1", port))


async def test_half_a_header_that_trickles_is_closed(port: int) -> None:
    socket = await asyncio.open_connection("127.0.0.1", port)
    socket[1].write(b"GET /idle HTTP/1.1\r\n")

    async def trickle() -> None:
        while not socket[1].is_closing():
            socket[1].write(b"a: b\r\n")
            await asyncio.sleep(0.05)

    writing = asyncio.create_task(trickle())
    assert await closed(socket)
    await writing


async def test_a_body_that_stops_is_closed(port: int) -> None:
    socket = await asyncio.open_connection("127.0.0.1", port)
    socket[1].write(b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")

    assert await closed(socket)


async def test_a_body_that_takes_for_ever_is_closed(port: int) -> None:
    socket = await asyncio.open_connection("127.0.0.1", port)
    socket[1].write(b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n")

    async def trickle() -> None:
        while not socket[1].is_closing():
            socket[1].write(b"x")
            await asyncio.sleep(0.05)

    writing = asyncio.create_task(trickle())
    assert await closed(socket)
    await writing


async def ask(socket: Socket, request: bytes, answer: bytes) -> None:
    socket[1].write(request)
    head = await asyncio.wait_for(socket[0].readuntil(b"\r\n\r\n"), PATIENCE)
    assert head.startswith(b"HTTP/1.1 200")
    assert await asyncio.wait_for(socket[0].readexactly(len(answer)), PATIENCE) == answer


async def test_a_slow_but_steady_body_arrives(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "SILENCE", 1.0)  # a busy machine is silent for a moment, too
    monkeypatch.setattr(connections, "BODY_WITHIN", PATIENCE)
    socket = await asyncio.open_connection("127.0.0.1", port)
    socket[1].write(b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n")
    for _ in range(3):
        await asyncio.sleep(0.4)
        socket[1].write(b"x")

    await ask(socket, b"x", b"4")
    socket[1].close()


async def test_a_slow_answer_is_not_the_callers_fault(port: int) -> None:
    socket = await asyncio.open_connection("127.0.0.1", port)

    await ask(socket, b"GET /idle HTTP/1.1\r\nHost: x\r\n\r\n", b"done")
    await ask(socket, b"GET /idle HTTP/1.1\r\nHost: x\r\n\r\n", b"done")
    socket[1].close()


async def test_one_address_holds_so_many_connections_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_is_here", lambda address: False)
    runner = web.AppRunner(web.Application(middlewares=[watch]), **RUNNER_OPTIONS)
    await runner.setup()
    site = Site(runner, "127.0.0.1", 0, limit=2)
    await site.start()

    held = [await asyncio.open_connection("127.0.0.1", site.port) for _ in range(2)]
    third: Any = await asyncio.open_connection("127.0.0.1", site.port)
    assert await closed(third)

    held[0][1].close()
    async with asyncio.timeout(PATIENCE):  # until it has seen that one has gone
        while await closed(await asyncio.open_connection("127.0.0.1", site.port), within=0.2):
            await asyncio.sleep(0.05)
    held[1][1].close()
    await runner.cleanup()
