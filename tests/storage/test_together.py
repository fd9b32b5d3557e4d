"""Units that wait together share a commit and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, insert, select

from storage.errors import StorageError
from storage.schema import office_years
from storage.together import Together
from tests.storage.world import World


def write(year: int) -> Callable[[Connection], int]:
    def work(connection: Connection) -> int:
        connection.execute(insert(office_years).values(office="test", year=year, source="s"))
        return year

    return work


async def years(world: World) -> list[int]:
    found = select(office_years.c.year).where(office_years.c.office == "test").order_by(office_years.c.year)
    return await world.db.read(lambda c: list(c.execute(found).scalars()))


async def test_each_gets_its_own_result_and_they_share_commits(world: World) -> None:
    together = Together(world.db)
    commits = 0
    run = world.db.run

    async def counted(work: Callable[[Connection], object]) -> object:
        nonlocal commits
        commits += 1
        return await run(work)

    world.db.run = counted  # type: ignore[method-assign,assignment]
    results = await asyncio.gather(*(together.run(write(n)) for n in range(20)))
    world.db.run = run  # type: ignore[method-assign]

    assert results == list(range(20))
    assert await years(world) == list(range(20))
    assert commits <= 2


async def test_one_that_fails_does_not_fail_its_neighbours(world: World) -> None:
    together = Together(world.db)
    await together.run(write(3))

    told = await asyncio.gather(*(together.run(write(n)) for n in range(5)), return_exceptions=True)

    assert [type(each) for n, each in enumerate(told) if n != 3] == [int] * 4
    assert isinstance(told[3], StorageError)
    assert await years(world) == list(range(5))


async def test_whoever_gave_up_before_his_turn_has_changed_nothing(world: World) -> None:
    together = Together(world.db)
    first = asyncio.create_task(together.run(write(1)))
    second = asyncio.create_task(together.run(write(2)))
    await asyncio.sleep(0)
    second.cancel()

    assert await first == 1
    with pytest.raises(asyncio.CancelledError):
        await second
    await together.run(write(3))
    assert await years(world) in ([1, 3], [1, 2, 3])
