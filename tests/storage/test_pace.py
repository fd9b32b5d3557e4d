"""A platform's pace is kept by all processes at once."""

from __future__ import annotations

from datetime import timedelta

from storage.flow import pace
from tests.storage.world import START, World

EVERY = timedelta(seconds=4)


async def take(world: World, name: str = "group") -> object:
    return await world.db.run(lambda c: pace.take(c, name, world.now, EVERY))


async def test_one_speaks_and_the_others_hear_when_the_next_turn_comes(world: World) -> None:
    assert await take(world) is None
    assert await take(world) == START + EVERY
    assert await take(world, "another group") is None

    world.later(seconds=4)
    assert await take(world) is None


async def test_a_platform_that_wants_silence_gets_it(world: World) -> None:
    await take(world)
    until = world.now + timedelta(minutes=10)
    await world.db.run(lambda c: pace.wait_until(c, "group", until))
    await world.db.run(lambda c: pace.wait_until(c, "group", until - timedelta(minutes=5)))

    world.later(minutes=9)
    assert await take(world) == until
    world.later(minutes=1)
    assert await take(world) is None


async def test_a_second_process_keeps_the_same_pace(world: World) -> None:
    if not world.url.startswith("postgresql"):
        return  # on SQLite there is one process
    other = World(world.url, world.vault)
    await other.open()

    assert await take(world) is None
    assert await take(other) == START + EVERY
    await other.close()
