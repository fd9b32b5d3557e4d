"""An operator stops the bot while people talk: what was acknowledged is kept, and it does not take long."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from tests.faults.crowd import Crowd
from tests.faults.machine import machine
from tests.faults.truth import truth_of

SPELL = 3.0  # seconds of talking before each stop
STOPPED_WITHIN = 15.0  # ZEROTRIP_STOP_WITHIN is 10 s; the rest is for a busy machine


@pytest.mark.kill
async def test_stopped_and_started_again_under_load(tmp_path: Path, database_url: str) -> None:
    took, codes = [], []
    async with machine(tmp_path, database_url) as made, aiohttp.ClientSession() as session:
        async with Crowd(made, session, 1).busy() as crowd:
            for _ in range(2):
                await made.bot.start()
                await asyncio.sleep(SPELL)
                took.append(await made.bot.stop())
                codes.append(made.bot.code)
            await made.bot.start()
            await crowd.disperse()

        async with truth_of(made) as truth:
            await truth.settled()
            assert await truth.judge(crowd.people) == []
    assert codes == [0, 0]
    assert max(took) < STOPPED_WITHIN, took
