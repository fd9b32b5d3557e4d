"""The whole path, from the bytes of a request to the bytes of its answer, beside its limits.

The product is `zerotrip serve` as it is run, the limits are benchmarks.limits; the applicants are a
process of their own. Everybody plays the enrolment up to the first photo and begins anew; what the product
said is looked at in the end.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from statistics import median

import aiohttp

from benchmarks import servers
from benchmarks.client import Job, Result, play
from benchmarks.crowd import ROUND, fill, template
from benchmarks.ratios import ROUNDS, Row, quantile, say
from dialogs.codec import loads

SECONDS = 2.5  # of one measurement
CROWD, MANY = 32, 256
PEOPLE = 4_000  # more than talk in one measurement
GOALS = {"SQLite": 0.35, "PostgreSQL": 0.45}  # of group commit written by hand
WRITERS = {"SQLite": "sqlite", "PostgreSQL": "postgres"}


@dataclass(slots=True)
class Server:
    """A running server and the people who talk to it."""

    port: int
    process: int
    people: list[str]  # tokens of conversations that stand at their beginning
    cpu: float = 0.0  # seconds of processor time, of this process alone
    turns: int = 0
    runs: int = 0
    finished: list[str] = field(default_factory=list)

    async def rush(self, connections: int, seconds: float = SECONDS) -> Result:
        """Have `connections` people at once talk for `seconds`."""
        self.runs += 1
        before = servers.cpu_seconds(self.process)
        job = Job(self.port, self.people, ROUND, connections, seconds, run=self.runs)
        result = await play(job)
        self.cpu += servers.cpu_seconds(self.process) - before
        self.turns += result.turns
        self.finished += result.finished
        self.people = result.unused + result.finished
        return result


def run() -> list[Row]:
    """Return the rows of the table."""
    return asyncio.run(_run())


async def _run() -> list[Row]:
    with servers.durable_postgres() as postgres:
        rows = await _beside("SQLite", await _echo(), None)
        return rows + await _beside("PostgreSQL", None, postgres)


async def _echo() -> float:
    """Return how many POSTs a second bare aiohttp answers."""
    with tempfile.TemporaryDirectory() as folder:
        tokens = await fill(f"sqlite:///{folder}/echo.sqlite3", Path(folder), PEOPLE, template())
        async with servers.limit("echo", Path(folder)) as at:
            server = Server(*at, tokens)
            return rate(await server.rush(CROWD))


async def _beside(name: str, echo: float | None, postgres: Path | None) -> list[Row]:
    async with _pair(name, postgres) as (ours, limit):
        say(f"{name}: {CROWD} connections, {ROUNDS} rounds")
        crowd = [(await ours.rush(CROWD), await limit.rush(CROWD)) for _ in range(ROUNDS)]
        say(f"{name}: one applicant, then {MANY}")
        work = _work(name, ours, limit)
        alone = [(await ours.rush(1, 1.5), await limit.rush(1, 1.5)) for _ in range(3)]
        many = await ours.rush(MANY)
        await _look(ours)
    rows = [_rates(name, crowd), work, *_patience(name, crowd), *_lonely(name, alone), _fair(name, many)]
    if echo is not None:
        speed = median(rate(mine) for mine, _ in crowd)
        rows.insert(0, Row(f"{name}: beside a bare aiohttp echo", _per_s(speed), _per_s(echo), speed / echo))
    return rows


@asynccontextmanager
async def _pair(name: str, postgres: Path | None) -> AsyncIterator[tuple[Server, Server]]:
    """Run the product and its limit side by side, each with people of its own."""
    with tempfile.TemporaryDirectory() as folder:
        mine, other = Path(folder, "product"), Path(folder, "limit")
        if postgres:
            ours, theirs = [await servers.new_database(postgres) for _ in range(2)]
            path = theirs
        else:
            path = str(other / "limit.sqlite3")
            ours, theirs = f"sqlite:///{mine}/data/zerotrip.sqlite3", f"sqlite:///{path}"
        say(f"{name}: storing {PEOPLE:,} conversations, twice")
        people = await fill(ours, mine / "data", PEOPLE, template())
        others = await fill(theirs, other, PEOPLE, template())
        async with (
            servers.product(mine, ours if postgres else "") as running,
            servers.limit(WRITERS[name], other, path) as at,
        ):
            assert running.process is not None
            yield Server(running.port, running.process.pid, people), Server(*at, others)


async def _look(server: Server) -> None:
    """See that the product said, to people who came to the end, what it should have said all the way."""
    expected = [loads(said)["text"] for said in template(ROUND).said]
    async with aiohttp.ClientSession() as session:
        for token in server.finished[:: max(1, len(server.finished) // 20)]:
            headers = {"Authorization": f"Bearer {token}"}
            address = f"http://127.0.0.1:{server.port}/chat/api/messages?after=0"
            async with session.get(address, headers=headers) as answer:
                heard = [m for m in (await answer.json())["messages"] if m["from"] == "bot"]
            assert [m["text"] for m in heard[: len(expected)]] == expected


def _rates(name: str, rounds: list[tuple[Result, Result]]) -> Row:
    share = median(rate(ours) / rate(limit) for ours, limit in rounds)
    ours, limit = (median(rate(each) for each in side) for side in zip(*rounds, strict=True))
    return Row(f"{name}: turns/s, {CROWD} connections", _per_s(ours), _per_s(limit), share, GOALS[name])


def _work(name: str, ours: Server, limit: Server) -> Row:
    """Processor time is what a busy machine distorts least; PostgreSQL's own is not in it."""
    mine, its = (each.cpu / each.turns for each in (ours, limit))
    what = f"{name}: processor time of the server a turn"
    return Row(what, f"{mine * 1e6:.0f} us", f"{its * 1e6:.0f} us", mine / its, None, at_least=False)


def _patience(name: str, rounds: list[tuple[Result, Result]]) -> list[Row]:
    def row(share: float, goal: float | None) -> Row:
        ratio = median(wait(ours, share) / wait(limit, share) for ours, limit in rounds)
        ours, limit = (median(wait(each, share) for each in side) for side in zip(*rounds, strict=True))
        what = f"{name}: p{share * 100:.0f}, {CROWD} connections"
        return Row(what, _ms(ours), _ms(limit), ratio, goal, at_least=False)

    slow = median(wait(ours, 0.99) for ours, _ in rounds)
    within = Row(f"{name}: p99 of 25 ms", _ms(slow), "25 ms", slow / 0.025, 1.0, at_least=False)
    return [row(0.5, None), row(0.99, 2.5), within]


def _lonely(name: str, rounds: list[tuple[Result, Result]]) -> list[Row]:
    rows = []
    for share in (0.5, 0.99):
        ours, limit = (median(wait(each, share) for each in side) for side in zip(*rounds, strict=True))
        what = f"{name}: one alone, p{share * 100:.0f} of 3 ms (limit's {_ms(limit)})"
        rows.append(Row(what, _ms(ours), "3 ms", ours / 0.003, 1.0, at_least=False))
    return rows


def _fair(name: str, result: Result) -> Row:
    waits = list(chain(*result.waits))
    middle, longest = quantile(waits, 0.5), max(waits)
    what = f"{name}: {MANY} connections, longest wait beside p50"
    return Row(what, _ms(longest), _ms(middle), longest / middle, 5.0, at_least=False)


def rate(result: Result) -> float:
    """Return turns a second."""
    return sum(map(len, result.waits)) / result.seconds


def wait(result: Result, share: float) -> float:
    """Return the seconds within which `share` of the answers came."""
    return quantile(list(chain(*result.waits)), share)


def _per_s(value: float) -> str:
    return f"{value:,.0f}/s"


def _ms(value: float) -> str:
    return f"{value * 1e3:.1f} ms"
