"""The platforms' calls at twice the busiest hour, while photos are judged and the intake service is down.

Calls come when they come (benchmarks.posts), sealed and signed as the platforms do it; `zerotrip serve`
answers the web and works the outbox, as it does in a county with one machine. Beside each hour is the same
hour without the photos, in the same run.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import aiohttp

from benchmarks import servers
from benchmarks.crowd import ROUND, at_the_photo, fill, template
from benchmarks.daily import PHOTOS, senders
from benchmarks.photos import phone_photo
from benchmarks.platforms import NAMES, Platforms, taking
from benchmarks.posts import Job, Post, Result, post
from benchmarks.ratios import Row, quantile, say
from dialogs.messages import Address
from tests.platforms.base import serving
from tests.platforms.wechat import FakeWeChat
from tests.product import ROOT, Product, until

# A county of 340,000: one in a hundred has something to do in the busiest hour and says 30 things about it.
PEAK = 30  # messages a second
SECONDS = 10.0
REST = 3.0  # seconds between two messages of one person
ACKNOWLEDGED, NEVER, WECHAT_HANGS_UP = 0.3, 1.5, 5.0  # seconds
CALLS_WITH_PHOTO = 20
AHEAD = 2.0  # seconds, so that photos wait to be judged from the first message on
FLOOD, FLOOD_SECONDS = 10_000, 60.0
# Every other slot is flooded: whatever else the machine does falls on both alike. What the flood left open
# when a slot ends is not counted as calm.
SLOT, SETTLES = 4.0, 1.0  # seconds
COLD = 50  # messages to be sent when nobody has a token


def run() -> list[Row]:
    """Return the rows of the table."""
    return asyncio.run(_run())


async def _run() -> list[Row]:
    rows = [row for name in NAMES for row in await _hour(name)]
    rows += await _flood()
    return [*rows, await _one_token()]


class Town:
    """A running product, and people of one channel who talk to it in turns."""

    def __init__(
        self, running: Product, platforms: Platforms, channel: str, people: Sequence[Address]
    ) -> None:
        self.running, self.platforms, self.channel = running, platforms, channel
        self._people = people
        self._said = [0] * len(people)

    def talk(self, rate: float, seconds: float) -> list[Post]:
        """Return `rate` messages a second of people who go on where they were."""
        count = min(len(self._people), int(rate * REST))
        posts = []
        for n in range(int(rate * seconds)):
            who = n % count
            words = ROUND[self._said[who] % len(ROUND)]
            self._said[who] += 1
            posts.append(Post(n / rate, self.platforms.says(self._people[who], words), "talk"))
        return posts

    async def rush(self, *posts: Post) -> Result:
        """Post all that; see that everything was acknowledged."""
        result = await post(Job(self.running.port, posts))
        assert set(result.answers) == {"HTTP/1.1 200 OK"}, result.answers
        return result


@asynccontextmanager
async def _town(channel: str, photo: bytes = b"") -> AsyncIterator[tuple[Town, list[str], list[Address]]]:
    """Run a product with all three channels; yield it, tokens at the photo, and addresses at the photo."""
    async with taking(photo) as taker:
        platforms = Platforms(taker)
        with tempfile.TemporaryDirectory() as folder:
            data, count = Path(folder, "data"), int(2 * PEAK * REST)
            url = f"sqlite:///{data}/zerotrip.sqlite3"
            people = [platforms.address(channel, n) for n in range(count)]
            others = [platforms.address("wechat", count + n) for n in range(CALLS_WITH_PHOTO)]
            await fill(url, data, count, template(), people)
            tokens = await fill(url, data, PHOTOS, at_the_photo())
            await fill(url, data, len(others), at_the_photo(), others)
            settings = {**servers.WITHOUT_INTAKE, **platforms.settings()}
            async with servers.product(Path(folder), "", settings) as running:
                town = Town(running, platforms, channel, people)
                await town.rush(*town.talk(PEAK, 2.0))  # warm
                yield town, tokens, others


async def _hour(channel: str) -> list[Row]:
    say(f"{channel}: {2 * PEAK} messages/s, then the same while {PHOTOS} photos are judged")
    async with _town(channel, phone_photo()) as (town, tokens, others), aiohttp.ClientSession() as session:
        calm = await town.rush(*town.talk(2 * PEAK, SECONDS))
        sending = asyncio.gather(*_spread(senders(session, town.running, tokens, verdict=False)))
        await asyncio.sleep(AHEAD)
        photos = _photos(town, others) if channel == "wechat" else []
        busy = await town.rush(*photos, *town.talk(2 * PEAK, SECONDS))
        await sending
    name = f"{channel}, {2 * PEAK}/s"
    rows = [
        _within(f"{name}: acknowledged p99 (calm: {_ms(_p99(calm))})", _p99(busy), ACKNOWLEDGED),
        _within(f"{name}: longest wait", max(busy.of("talk")), NEVER),
    ]
    if photos:
        slowest = max(busy.of("photo"))
        rows.append(_within(f"{name}: longest wait of a photo, on purpose", slowest, WECHAT_HANGS_UP))
    return rows


def _spread(sending: Sequence[Coroutine[Any, Any, float]]) -> Iterator[Coroutine[Any, Any, float]]:
    """Yield what sends the photos one after another: twice as many a second as two cores can judge, or more.

    All at one moment is another question, which the part `daily` asks.
    """
    for n, each in enumerate(sending):
        yield _at(n * SECONDS / len(sending), each)


async def _at(pause: float, sending: Coroutine[Any, Any, float]) -> float:
    await asyncio.sleep(pause)
    return await sending


def _photos(town: Town, people: Sequence[Address]) -> list[Post]:
    pause = SECONDS / len(people)
    return [Post(n * pause, town.platforms.sends_photo(who), "photo") for n, who in enumerate(people)]


async def _flood() -> list[Row]:
    say(f"{FLOOD:,} messages of one in {FLOOD_SECONDS:.0f} s beside {PEAK}/s of others, in turns with none")
    async with _town("wechat") as (town, _, others):
        rate, seconds = FLOOD / FLOOD_SECONDS, 2 * FLOOD_SECONDS
        hello = [town.platforms.says(others[0], "你好") for _ in range(FLOOD)]
        flood = [Post(_spread_out(n / rate), each, "flood") for n, each in enumerate(hello)]
        talk = [replace(each, whose=_when(each.at)) for each in _unevenly(town.talk(PEAK, seconds))]
        result = await town.rush(*flood, *talk)
    calm, beside = quantile(result.of("calm 0", "calm 1"), 0.99), quantile(result.of("flooded"), 0.99)
    first, second = (quantile(result.of(f"calm {n}"), 0.99) for n in range(2))
    return [
        Row(
            "others' p99 in a flood, beside none", _ms(beside), _ms(calm), beside / calm, 1.1, at_least=False
        ),
        Row("others' p99, two calm halves: what measuring adds", _ms(first), _ms(second), first / second),
    ]


def _unevenly(posts: Sequence[Post]) -> list[Post]:
    """Return the posts as people send them: at even distances nobody would ever wait for another in calm."""
    chance = Random(1)  # the same crowd in each run
    return [replace(each, at=each.at + chance.random() / PEAK) for each in posts]


def _when(at: float) -> str:
    """Return as what a wait that begins at `at` is counted: every other slot is flooded, and the first."""
    slot, seconds = divmod(at, SLOT)
    if slot % 2 == 0:
        return "flooded"
    return f"calm {int(slot) // 2 % 2}" if seconds >= SETTLES else "settling"


def _spread_out(at: float) -> float:
    """Return when a message comes, in a slot that is flooded, which without pauses were due `at`."""
    return at + at // SLOT * SLOT


async def _one_token() -> Row:
    """Two processes with messages to send and no token, on one PostgreSQL, before a WeChat that counts."""
    say(f"{COLD} messages to be sent by two processes without a token")
    with servers.durable_postgres() as server, tempfile.TemporaryDirectory() as folder:
        url, fake = await servers.new_database(server), FakeWeChat()
        async with serving(fake):
            people = [_follower(fake, n) for n in range(COLD)]
            data = Path(folder, "data")
            await fill(url, data, COLD, template(), people, greet=True)
            workers = [await _worker(url, data, fake) for _ in range(2)]
            try:
                await until(lambda: _all_heard(fake), f"{COLD} messages", 60)
            finally:
                for worker in workers:
                    worker.terminate()
                    await worker.wait()
        fetched = sum(call.name == "stable_token" for call in fake.calls)
        heard = {each.user for each in fake.truth.shown}
        assert len(heard) == len(fake.truth.shown) == COLD
    what = f"token fetches for {COLD} cold sends of two processes"
    return Row(what, str(fetched), "1", float(fetched), 1.0, at_least=False)


def _follower(fake: FakeWeChat, n: int) -> Address:
    person = fake.person(f"person{n}")
    person.follower.follows = True
    person.follower.does("message", fake.clock())
    return Address("wechat", fake.account.app_id, person.user)


async def _all_heard(fake: FakeWeChat) -> bool:
    return len(fake.truth.shown) >= COLD


async def _worker(url: str, data: Path, fake: FakeWeChat) -> asyncio.subprocess.Process:
    settings = {"ZEROTRIP_DATA_DIR": str(data), "ZEROTRIP_DATABASE_URL": url}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "work", cwd=ROOT,
        env={**os.environ, **servers.WITHOUT_INTAKE, **fake.settings(), **settings},
    )  # fmt: skip


def _p99(result: Result) -> float:
    return quantile(result.of("talk"), 0.99)


def _within(what: str, took: float, goal: float) -> Row:
    return Row(what, _ms(took), _ms(goal), took / goal, 1.0, at_least=False)


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.0f} ms"
