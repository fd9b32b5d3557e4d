"""An operator stops the bot while people talk: what was acknowledged is kept, and it does not take long."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import aiohttp
import pytest

from tests.faults.crowd import Crowd
from tests.faults.machine import machine
from tests.faults.people import Identity, Person
from tests.faults.truth import truth_of

SPELL = 1.0  # seconds of talking before each stop
STOPPED_WITHIN = 8.0  # a busy machine's seconds; whoever waits for news would wait for 25


@pytest.mark.kill
async def test_stopped_and_started_again_under_load(tmp_path: Path) -> None:
    codes = []
    async with machine(tmp_path) as made, aiohttp.ClientSession() as session:
        async with Crowd(made, session, 1).busy() as crowd:
            for _ in range(2):
                await made.bot.start()
                await asyncio.sleep(SPELL)
                await made.bot.stop()
                codes.append(made.bot.code)
            await made.bot.start()
            await crowd.disperse()

        async with truth_of(made) as truth:
            await truth.settled()
            assert await truth.judge(crowd.people) == []
    assert codes == [0, 0]


@pytest.mark.kill
async def test_a_stop_does_not_wait_for_those_who_wait_for_news(tmp_path: Path) -> None:
    async with machine(tmp_path) as made, aiohttp.ClientSession() as session:
        await made.bot.start()
        her = await Person(session, (made.url,), Identity.of(1), Random(1)).open()
        await her.listen()
        async with session.ws_connect(f"{made.url}/chat/api/socket") as socket:
            await socket.send_json({"token": her.token, "after": her.heard[-1]["seq"]})
            asking = asyncio.create_task(her.listen(wait=25))
            frame = asyncio.create_task(socket.receive())
            await asyncio.sleep(0.5)

            took = await made.bot.stop()

            assert took < STOPPED_WITHIN
            assert (await frame).data == aiohttp.WSCloseCode.GOING_AWAY
        asking.cancel()  # answered with nothing or asking again already: the bot is gone
