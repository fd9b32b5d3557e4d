"""Keys on loan: one fetch at a time over all processes, sealed at rest, refused ones replaced once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from storage.errors import Unavailable
from storage.flow.loans import Lent, Loan, Loans
from storage.schema import loans as loans_table
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault
from tests import forked
from tests.postgres import Cluster
from tests.storage.world import World

NAME = "wechat:token:wx1"


class Lender:
    """A platform that lends keys: counts them, and can be held back, be broken, or die on the way."""

    def __init__(self) -> None:
        self.lent: list[str] = []
        self.refused: list[str] = []
        self.open = asyncio.Event()
        self.open.set()
        self.asked = asyncio.Event()
        self.broken: Exception | None = None
        self.good_for = timedelta(hours=2)

    async def lend(self, refused: str) -> Lent:
        self.asked.set()
        self.refused.append(refused)
        await self.open.wait()
        if self.broken is not None:
            raise self.broken
        self.lent.append(f"key-{len(self.lent) + 1}")
        return Lent(self.lent[-1], self.good_for)


@pytest.fixture
def lender() -> Lender:
    return Lender()


@pytest.fixture
async def others(world: World) -> AsyncIterator[World]:
    """A second process's view of the same database."""
    made = World(world.url, world.vault)
    await made.open()
    yield made
    await made.close()


def borrower(world: World, clock_of: World | None = None) -> Loans:
    times = clock_of or world
    return Loans(world.db, world.vault, lambda: times.now)


async def test_a_key_is_fetched_once_and_kept_until_its_time_is_over(world: World, lender: Lender) -> None:
    loans = borrower(world)

    first = await loans.current(NAME, lender.lend)
    again = await loans.current(NAME, lender.lend)
    world.later(hours=2)
    later = await loans.current(NAME, lender.lend)

    assert first == again == Loan("key-1", 1)
    assert later == Loan("key-2", 2)
    assert lender.refused == ["", ""]


async def test_fifty_cold_borrowers_over_two_databases_make_one_fetch(
    world: World, others: World, lender: Lender
) -> None:
    lender.open.clear()
    here, there = borrower(world), borrower(others, world)
    asked = [asyncio.create_task((here if n % 2 else there).current(NAME, lender.lend)) for n in range(50)]
    await lender.asked.wait()
    lender.open.set()

    got = await asyncio.gather(*asked)

    assert lender.lent == ["key-1"]
    assert got == [Loan("key-1", 1)] * 50


async def test_a_refused_key_is_replaced_once_however_many_had_it(
    world: World, others: World, lender: Lender
) -> None:
    here, there = borrower(world), borrower(others, world)
    old = await here.current(NAME, lender.lend)

    got = await asyncio.gather(
        *((here if n % 2 else there).current(NAME, lender.lend, refused=old) for n in range(20))
    )

    assert got == [Loan("key-2", 2)] * 20
    assert lender.refused == ["", "key-1"]  # the lender is told which, so that it can insist on another


async def test_who_has_an_old_refused_key_gets_the_present_one_without_a_fetch(
    world: World, lender: Lender
) -> None:
    loans = borrower(world)
    old = await loans.current(NAME, lender.lend)
    new = await loans.current(NAME, lender.lend, refused=old)

    assert await loans.current(NAME, lender.lend, refused=old) == new
    assert len(lender.lent) == 2


async def test_a_failed_fetch_is_told_to_all_who_wait_and_holds_nobody_up(
    world: World, lender: Lender
) -> None:
    loans = borrower(world)
    lender.broken = ConnectionError("no way")

    got = await asyncio.gather(*(loans.current(NAME, lender.lend) for _ in range(10)), return_exceptions=True)
    lender.broken = None
    after = await loans.current(NAME, lender.lend)

    assert [type(each) for each in got] == [ConnectionError] * 10
    assert len(lender.refused) == 2
    assert after == Loan("key-1", 1)


async def test_a_fetcher_that_died_is_replaced_when_its_time_is_over(
    world: World, others: World, lender: Lender
) -> None:
    lender.open.clear()
    dying = asyncio.create_task(borrower(others, world).current(NAME, lender.lend))
    await lender.asked.wait()
    world.later(seconds=16)
    lender.open.set()
    alive = await borrower(world).current(NAME, Lender().lend)
    dead = await dying

    assert alive == Loan("key-1", 1)
    assert dead == alive  # what it brought too late is not kept


async def test_one_who_goes_away_does_not_take_the_others_key_with_him(world: World, lender: Lender) -> None:
    lender.open.clear()
    loans = borrower(world)
    first = asyncio.create_task(loans.current(NAME, lender.lend))
    await lender.asked.wait()
    second = asyncio.create_task(loans.current(NAME, lender.lend))
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    lender.open.set()

    assert await second == Loan("key-1", 1)


async def test_nobody_waits_for_ever(
    world: World, others: World, lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    lender.open.clear()
    slow = asyncio.create_task(borrower(others, world).current(NAME, lender.lend))
    await lender.asked.wait()
    monkeypatch.setattr("storage.flow.loans.WAIT", 0.01)

    with pytest.raises(Unavailable, match="wechat:token"):
        await borrower(world).current(NAME, Lender().lend)
    lender.open.set()
    await slow


async def test_the_key_is_sealed_at_rest_and_shows_in_no_text(world: World, lender: Lender) -> None:
    loan = await borrower(world).current(NAME, lender.lend)

    [row] = await world.rows(loans_table, "name", "value", "wrapped_key")
    assert b"key-1" not in row.value + row.wrapped_key
    assert "key-1" not in repr(loan)
    assert "key-1" not in repr(Lent("key-1", timedelta(1)))


async def test_a_key_that_a_lost_master_key_seals_is_fetched_anew(world: World, lender: Lender) -> None:
    await borrower(world).current(NAME, lender.lend)
    elsewhere = Loans(world.db, Vault(KeyRing.fresh()), lambda: world.now)

    assert await elsewhere.current(NAME, lender.lend) == Loan("key-2", 2)


async def test_two_processes_with_fifty_cold_borrowers_make_one_fetch(
    postgres: Cluster, template: str, tmp_path: Path
) -> None:
    database = postgres.create(template)
    ring = tmp_path / "ring"
    KeyRing.fresh().save(ring)
    asked: list[str] = []
    app = web.Application()

    async def lend(_: web.Request) -> web.Response:
        asked.append("once")
        return web.Response(text=f"key-{len(asked)}")

    app.router.add_get("/", lend)
    async with TestServer(app) as server:
        words = [postgres.url(database), str(ring), str(server.make_url("/")), "25"]
        borrow = forked.run("tests.storage.borrower", *words, environment=os.environ)
        again = forked.run("tests.storage.borrower", *words, environment=os.environ)
        got = await asyncio.gather(borrow, again)

    assert [said.splitlines() for _, said, _ in got] == [["1 key-1"] * 25] * 2
    assert asked == ["once"]
    postgres.drop(database)
