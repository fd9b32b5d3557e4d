"""Several processes on one PostgreSQL: whoever takes a message, a conversation keeps its order."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from tests.faults.crowd import Crowd
from tests.faults.machine import machine
from tests.faults.truth import truth_of
from tests.ports import free_port

SPELL = 1.0  # seconds of talking between two mishaps


@pytest.mark.kill
async def test_two_serve_and_two_work_and_some_of_them_die(tmp_path: Path, postgres_url: str) -> None:
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(machine(tmp_path, postgres_url))
        port = free_port()
        second = made.another("second", port, "serve")
        workers = [made.another(f"worker{n}", 0, "work") for n in (1, 2)]
        await made.bot.start()
        for program in (second, *workers):
            stack.push_async_callback(program.kill)
            await program.start()
        session = await stack.enter_async_context(aiohttp.ClientSession())
        urls = (made.url, f"http://127.0.0.1:{port}")

        async with Crowd(made, session, 1, urls).busy() as crowd:
            await asyncio.sleep(SPELL)
            await workers[0].kill()
            await second.kill()
            await asyncio.sleep(SPELL)
            await second.start()
            await asyncio.sleep(SPELL)
            await crowd.disperse()

        async with truth_of(made) as truth:
            await truth.settled()
            assert await truth.judge(crowd.people) == []
        assert len(crowd.people) >= 3
        assert workers[1].running
