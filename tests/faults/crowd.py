"""Applicants and a reviewer who go on with their business whatever happens to the bot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count
from random import Random

import aiohttp

from tests.faults.machine import Machine
from tests.faults.people import Identity, Person
from tests.product import Reviewer, until

TALKING = 3  # applicants who talk at a time
CALM_WITHIN = 240.0
DONE = ("delivered", "closed")  # nothing is left for a reviewer to do


class Crowd:
    """People who apply, again and again under new names, until they are told that it is enough."""

    def __init__(
        self, machine: Machine, session: aiohttp.ClientSession, seed: int, urls: Sequence[str] = ()
    ) -> None:
        self._machine = machine
        self._session = session
        self._seed = seed
        self._urls = tuple(urls) or (machine.url,)
        self._numbers = count()
        self._rating: list[asyncio.Task[Person]] = []
        self._enough = False
        self.people: list[Person] = []

    async def disperse(self) -> None:
        """Let everybody finish what he is at. Callbacks that met a dead bot are sent again."""
        self._enough = True
        async with asyncio.timeout(CALM_WITHIN):
            await asyncio.wait(self._talking)
            while not all(task.done() for task in self._rating):
                await self._machine.tell_again()
                await asyncio.wait(self._rating, timeout=2)
        for task in (*self._talking, *self._rating):
            task.result()

    async def _talk(self) -> None:
        while not self._enough:
            n = next(self._numbers)
            person = Person(self._session, self._urls, Identity.of(n), Random(f"{self._seed}:{n}"))
            await person.open()
            self.people.append(person)
            await person.apply()
            self._rating.append(asyncio.create_task(person.rate()))

    @asynccontextmanager
    async def busy(self) -> AsyncIterator[Crowd]:
        """Have them talk for as long as the context lasts; whoever fails ends it."""
        async with asyncio.TaskGroup() as group:
            reviewing = group.create_task(review(self._machine))
            self._talking = [group.create_task(self._talk()) for _ in range(TALKING)]
            yield self
            reviewing.cancel()


async def review(machine: Machine) -> None:
    """Move every application on as it comes, so that there is progress to report; does not end."""
    # A browser keeps cookies of 127.0.0.1; aiohttp has to be told.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        code = await until(machine.sign_in_code, "the first reviewer's code")
        reviewer = await Reviewer(session, machine.intake_url).sign_in(code)
        while True:
            for found in await reviewer.find():
                if found["state"] in DONE:
                    continue
                with suppress(AssertionError):  # somebody's mark came in between: seen again next time
                    await _move_on(reviewer, found["number"])
            await asyncio.sleep(0.6)


async def _move_on(reviewer: Reviewer, number: str) -> None:
    seen = await reviewer.read(number)
    action = next((each for each in seen["actions"] if each["tone"] == "primary"), None)
    if action and seen["state"] not in DONE:
        fields = {need["name"]: "从12月起算。" for need in action["needs"]}
        await reviewer.move(number, action["action"], **fields)
