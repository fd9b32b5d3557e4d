"""The storm over the platforms: people chat through three apps, the bot is killed, the weather is bad.

    python -m tests.faults.platforms.storm --minutes 10 --database sqlite
    python -m tests.faults.platforms.storm --minutes 10 --database postgres --seed 7

A round arms the bot with one crash point, starts it, and waits until it has died of it or its time is
over, when it is killed at any moment. Meanwhile the platforms lose answers, refuse, are slow or silent,
and end tokens. After that the sun shines until all is said, and tests.faults.platforms.judges judges.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from statistics import median

from sqlalchemy import Connection, func, select

from storage.faults import POINTS
from storage.schema import outbox
from tests.faults.crowd import review
from tests.faults.machine import KILLED, Machine, machine
from tests.faults.people import Identity
from tests.faults.platforms.guests import Guest
from tests.faults.platforms.judges import Judges, Verdict
from tests.faults.platforms.weather import Platforms, Weather, platforms
from tests.faults.storm import ANY_MOMENT
from tests.faults.truth import Truth, truth_of
from tests.postgres import cluster

ROUND = 25.0  # seconds a crash point has to be reached before the bot is killed all the same
CALM_WITHIN = 480.0
APPLICANTS, TALKERS = 1, 6  # at a time, on each platform
# How often a point is passed in a round, about.
OFTEN = {"turn": 30, "words": 8, "outbox": 10, "delivery": 8, "reply": 6}
SELDOM = 2


@dataclass
class Report:
    """What a storm did, and what it found."""

    seconds: float = 0.0
    kills: Counter[str] = field(default_factory=Counter)
    spoiled: Counter[str] = field(default_factory=Counter)
    unseen: int = 0
    ready: list[float] = field(default_factory=list)
    people: int = 0
    rated: int = 0
    verdict: Verdict = field(default_factory=Verdict)

    @property
    def explained(self) -> int:
        """Return how many messages reached a phone though we could not see it, at most."""
        deaths = sum(n for point, n in self.kills.items() if point in EXPLAINING)
        return self.unseen + deaths

    @property
    def broken(self) -> list[str]:
        """Return the promises that were not kept."""
        found = list(self.verdict.broken)
        if self.verdict.repeated.total() > self.explained:
            found.append(f"{self.verdict.repeated.total()} repeats for {self.explained} unseen ends")
        return found

    def lines(self) -> list[str]:
        """Return the report as lines to print."""
        seen, broken = self.verdict, self.broken
        named = sum(n for point, n in self.kills.items() if point != ANY_MOMENT)
        repeated = seen.repeated.total()
        rate = f"{seen.repeated['talk']} of them talk; {repeated * 10_000 / max(seen.sends, 1):.1f} in 10,000"
        return [
            *(f"  {n:4}  {point}" for point, n in sorted(self.kills.items())),
            f"{self.kills.total()} kills, {named} of them at {len(self.kills) - (ANY_MOMENT in self.kills)}"
            f" named points, in {self.seconds:.0f} s; up after {median(self.ready):.1f} s in the median",
            "the weather: " + ", ".join(f"{n} {what}" for what, n in self.spoiled.most_common()),
            f"{self.people} people, {seen.acknowledged} letters acknowledged, {self.rated} cases to the mark",
            f"{seen.sends} messages on phones: "
            + ", ".join(f"{n} {road}" for road, n in seen.by_road.most_common()),
            f"{self.unseen} of them reached a phone and their answer was lost on its way to us",
            f"{seen.marked} marked as possible repeats; {repeated} were repeats ({rate}); "
            f"{seen.unsaid} words were given up because he wrote while they were in doubt",
            *(f"BROKEN {each}" for each in broken),
            "every promise was kept" if not broken else f"{len(broken)} promises were broken",
        ]


# Deaths after which something is on a phone and not in our books. A kill at any moment may be one, too.
EXPLAINING = {"words.taken", "outbox.before_settle", "reply.after_answer", ANY_MOMENT}


class Street:
    """The people of all platforms, who go on with their business whatever happens."""

    def __init__(self, there: Platforms, seed: int, applicants: int, talkers: int) -> None:
        self._there = there
        self._seed = seed
        self._many = applicants, talkers
        self._numbers = count()
        self._enough = False
        self.guests: list[Guest] = []
        self.applicants: list[Guest] = []

    def enough(self) -> bool:
        return self._enough

    def open(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """Let them all begin."""
        applicants, talkers = self._many
        return [
            group.create_task(work(platform))
            for platform in range(len(self._there.all))
            for work, n in ((self._apply, applicants), (self._talk, talkers))
            for _ in range(n)
        ]

    def close(self) -> None:
        """Let them finish what they are at."""
        self._enough = True

    async def _apply(self, platform: int) -> None:
        while not self._enough:
            guest = self._guest(platform)
            self.applicants.append(guest)
            await guest.apply()

    async def _talk(self, platform: int) -> None:
        await self._guest(platform).talk(self.enough)

    def _guest(self, platform: int) -> Guest:
        n = next(self._numbers)
        fake = self._there.all[platform]
        guest = Guest(fake, fake.person(f"p{n}"), Identity.of(n), Random(f"{self._seed}:{n}"))
        self.guests.append(guest)
        return guest


@dataclass
class Storm:
    """One storm over one machine."""

    machine: Machine
    there: Platforms
    seed: int
    enough: Callable[[Report], bool]
    points: Sequence[str]
    many: tuple[int, int]
    report: Report = field(default_factory=Report)

    def __post_init__(self) -> None:
        self._dice = Random(self.seed)
        self._begun = time.monotonic()

    async def run(self) -> Report:
        """Rage, calm down, and judge."""
        street = Street(self.there, self.seed, *self.many)
        weather = Weather(self.there, Random(f"weather:{self.seed}"))
        async with asyncio.TaskGroup() as group:
            reviewing = group.create_task(review(self.machine))
            blowing = group.create_task(weather.blow())
            tasks = street.open(group)
            await self._rage()
            blowing.cancel()
            weather.clear()
            street.close()
            self.report.ready.append(await self.machine.bot.start())
            await self._calm(street, tasks)
            reviewing.cancel()
        async with truth_of(self.machine) as truth:
            await self._say_all(truth, street)
            await truth.settled()
            self.report.verdict = await Judges(truth, self.there).judge(street.guests, street.applicants)
        self._count(street, weather)
        return self.report

    async def _rage(self) -> None:
        order: list[str] = []
        while not self.enough(self.report):
            order = order or self._dice.sample(self.points, len(self.points))
            await self._round(order.pop())
            self.report.seconds = time.monotonic() - self._begun

    async def _round(self, point: str) -> None:
        nth = self._dice.randint(1, OFTEN.get(point.partition(".")[0], SELDOM))
        bot = self.machine.bot
        self.report.ready.append(await bot.start(f"{point}:{nth}"))
        if not await bot.ended(ROUND):
            point = ANY_MOMENT
            await bot.kill()
        assert bot.code == KILLED, f"the bot ended with {bot.code} by itself:\n{bot.printed[-3000:]}"
        self.report.kills[point] += 1
        print(f"{self.report.kills.total():4} {point:40}", end="\r", file=sys.stderr, flush=True)

    async def _calm(self, street: Street, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Wait until everybody has finished; callbacks that met a dead bot are sent again."""
        until = time.monotonic() + CALM_WITHIN
        while not all(task.done() for task in tasks):
            await self.machine.tell_again()
            await asyncio.wait(tasks, timeout=2)
            if time.monotonic() > until:
                stuck = [each.last_words() for each in street.applicants if not each.rated]
                raise AssertionError("\n".join(["still at it:", *stuck]))
        await self.there.telegram.updates.idle.wait()

    async def _say_all(self, truth: Truth, street: Street) -> None:
        """Have those write for whom something is kept until they do."""
        async with asyncio.timeout(CALM_WITHIN):
            while waiting := await truth.database.read(_waiting):
                if "held" in waiting:
                    await asyncio.gather(
                        *(guest.ask() for guest in street.guests if guest.fake.name == "wechat")
                    )
                await self.machine.tell_again()
                await asyncio.sleep(2)

    def _count(self, street: Street, weather: Weather) -> None:
        report = self.report
        report.people, report.rated = len(street.guests), sum(guest.rated for guest in street.guests)
        report.spoiled, report.unseen = weather.spoiled, weather.unseen
        report.seconds = time.monotonic() - self._begun


def _waiting(connection: Connection) -> set[str]:
    """Return the states of words that are still to be said."""
    there = select(outbox.c.state, func.count()).where(outbox.c.kind == "Say", outbox.c.state != "done")
    return {state for state, _ in connection.execute(there.group_by(outbox.c.state)) if state != "dead"}


async def rage(
    folder: Path,
    enough: Callable[[Report], bool],
    *,
    database_url: str = "",
    seed: int = 1,
    points: Sequence[str] = tuple(POINTS),
    many: tuple[int, int] = (APPLICANTS, TALKERS),
) -> Report:
    """Let a storm loose on a fresh machine in `folder` until it is `enough`; return what it found."""
    async with platforms() as there, machine(folder, database_url, settings=there.settings()) as made:
        there.call(made)
        return await Storm(made, there, seed, enough, points, many).run()


def main() -> int:
    """Run a storm from the command line; 1 when a promise was broken."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--minutes", type=float, default=15)
    asked.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--talkers", type=int, default=TALKERS, help="at a time, on each platform")
    given = asked.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = ""
        if given.database == "postgres":
            server = stack.enter_context(cluster())
            name = server.create()
            stack.callback(server.drop, name)
            url = server.url(name)
        report = asyncio.run(
            rage(
                folder,
                lambda so_far: so_far.seconds >= 60 * given.minutes,
                database_url=url,
                seed=given.seed,
                many=(APPLICANTS, given.talkers),
            )
        )
    print("\n".join(report.lines()))
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main())
