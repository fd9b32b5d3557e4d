"""The storm: applicants go on talking while the bot is killed again and again, at every named point.

    python -m tests.faults.storm --kills 100 --database sqlite
    python -m tests.faults.storm --kills 100 --database postgres --seed 7

A round arms the bot with one crash point (`FAULT=point:n`), starts it, and waits until it has died of
it; a point that is not reached in time is a kill at any moment instead. After the last round the bot
runs undisturbed until everything is delivered, and then tests.faults.truth judges.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median

import aiohttp

from storage.faults import POINTS
from tests.faults.crowd import Crowd
from tests.faults.machine import KILLED, Machine, machine
from tests.faults.people import Person
from tests.faults.truth import truth_of
from tests.postgres import cluster

KILL_WITHIN = 12.0  # seconds a crash point has to be reached before the bot is killed all the same
ANY_MOMENT = "any moment"
# How often a point is passed while four people talk, so that some of it is over when it strikes.
OFTEN = {"turn.decided": 30, "turn.before_commit": 30, "turn.after_commit": 30}
SELDOM = 3
# What only platforms come by: tests.faults.platforms.storm. And nobody changes the channel here.
ELSEWHERE = ("words", "notice", "reply", "handover")
HERE = tuple(point for point in POINTS if point.partition(".")[0] not in ELSEWHERE)


@dataclass
class Report:
    """What a storm did, and what it found."""

    kills: Counter[str] = field(default_factory=Counter)
    people: int = 0
    acknowledged: int = 0
    repeated: int = 0
    handed_in: int = 0
    rated: int = 0
    ready: list[float] = field(default_factory=list)  # seconds from start to serving, each round
    longest_wait: float = 0.0
    seconds: float = 0.0
    broken: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the report as lines to print."""
        named = sum(n for point, n in self.kills.items() if point != ANY_MOMENT)
        return [
            *(f"  {n:4}  {point}" for point, n in sorted(self.kills.items())),
            f"{self.kills.total()} kills, {named} of them at {len(self.kills) - (ANY_MOMENT in self.kills)}"
            f" of {len(HERE)} named points, in {self.seconds:.0f} s",
            f"{self.people} applicants, {self.acknowledged} messages acknowledged, {self.repeated} repeats",
            f"{self.handed_in} pre-applications handed in, {self.rated} rated",
            f"up after {median(self.ready):.1f} s in the median, {max(self.ready):.1f} s at most; "
            f"the longest wait for an acknowledgement was {self.longest_wait:.1f} s",
            *(f"BROKEN {each}" for each in self.broken),
            "every promise was kept" if not self.broken else f"{len(self.broken)} promises were broken",
        ]


@dataclass
class Storm:
    """One storm over one machine."""

    machine: Machine
    session: aiohttp.ClientSession
    seed: int
    kills: int
    points: Sequence[str]
    report: Report = field(default_factory=Report)

    def __post_init__(self) -> None:
        self._dice = Random(self.seed)

    async def run(self) -> Report:
        """Rage, calm down, and judge."""
        begun = time.monotonic()
        async with Crowd(self.machine, self.session, self.seed).busy() as crowd:
            for point in self._order():
                await self._round(point)
            self.report.ready.append(await self.machine.bot.start())
            await crowd.disperse()
        async with truth_of(self.machine) as truth:
            await truth.settled()
            self.report.broken = await truth.judge(crowd.people)
        self._count(crowd.people)
        self.report.seconds = time.monotonic() - begun
        return self.report

    def _order(self) -> list[str]:
        """Return a point for each kill: all of them in turn, shuffled anew each time round."""
        order: list[str] = []
        while len(order) < self.kills:
            order += self._dice.sample(self.points, len(self.points))
        return order[: self.kills]

    async def _round(self, point: str) -> None:
        nth = self._dice.randint(1, OFTEN.get(point, SELDOM))
        bot = self.machine.bot
        self.report.ready.append(await bot.start(f"{point}:{nth}"))
        if not await bot.ended(KILL_WITHIN):
            point = ANY_MOMENT
            await bot.kill()
        assert bot.code == KILLED, f"the bot ended with {bot.code} by itself:\n{bot.printed[-3000:]}"
        self.report.kills[point] += 1
        print(f"{self.report.kills.total():4}/{self.kills} {point}", end="\r", file=sys.stderr, flush=True)

    def _count(self, people: Sequence[Person]) -> None:
        sent = [sent for person in people for sent in person.sent]
        self.report.people = len(people)
        self.report.acknowledged = sum(bool(each.seq) for each in sent)
        self.report.repeated = sum(each.posts for each in sent) - len(sent)
        self.report.handed_in = sum(bool(person.number) for person in people)
        self.report.rated = sum(person.rated for person in people)
        self.report.longest_wait = max(wait for person in people for wait in person.waits)


async def rage(
    folder: Path, kills: int, *, database_url: str = "", seed: int = 1, points: Sequence[str] = HERE
) -> Report:
    """Let a storm loose on a fresh machine in `folder`; return what it found."""
    async with machine(folder, database_url) as made, aiohttp.ClientSession() as session:
        return await Storm(made, session, seed, kills, points).run()


def main() -> int:
    """Run a storm from the command line; 1 when a promise was broken."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--kills", type=int, default=100)
    asked.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = ""
        if given.database == "postgres":
            server = stack.enter_context(cluster())
            name = server.create()
            stack.callback(server.drop, name)
            url = server.url(name)
        report = asyncio.run(rage(folder, given.kills, database_url=url, seed=given.seed))
    print("\n".join(report.lines()))
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main())
