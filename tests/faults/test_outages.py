"""The intake service is away, or its answer is: the applicant hears the truth, and one case comes of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import aiohttp
import pytest

from tests.faults.machine import machine
from tests.faults.people import Identity, Person
from tests.faults.relay import Relay
from tests.faults.truth import truth_of
from tests.ports import free_port

CREATE, SUBMIT = b"POST /v1/pre-applications HTTP", b"POST /v1/pre-applications/CS-"


def person(session: aiohttp.ClientSession, url: str, n: int) -> Person:
    return Person(session, (url,), Identity.of(n), Random(n), mischief=False)


@pytest.mark.kill
async def test_intake_down_when_it_is_handed_in_and_up_again_later(tmp_path: Path) -> None:
    async with machine(tmp_path) as made, aiohttp.ClientSession() as session:
        await made.bot.start()
        await made.intake.kill()
        her = await person(session, made.url, 1).open()
        await her.until(lambda: her.has_heard("收件系统现在没有回音"))
        assert not her.number

        await made.intake.start()
        await her.apply()

        async with truth_of(made) as truth:
            await truth.settled()
            assert await truth.judge([her]) == []


@pytest.mark.kill
async def test_intake_does_it_and_its_answer_is_lost(tmp_path: Path) -> None:
    port = free_port()
    async with (
        machine(tmp_path, intake_seen_at=port) as made,
        Relay(made.intake_port, [CREATE, SUBMIT], port=port).listening() as relay,
        aiohttp.ClientSession() as session,
    ):
        await made.bot.start()
        people = [await person(session, made.url, n).open() for n in (1, 2)]
        await asyncio.gather(*[each.apply() for each in people])

        assert relay.lost == [CREATE, SUBMIT]
        async with truth_of(made) as truth:
            await truth.settled()
            assert await truth.judge(people) == []
