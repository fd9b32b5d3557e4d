"""What a platform lets us send is counted where all processes see it, and never overspent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from dialogs.messages import Address
from storage.database import Database
from storage.flow import allowances
from storage.flow.allowances import Allowance, Window
from storage.people import addresses
from tests.storage.world import World

HU = Address("wechat", "main", "hu")
WECHAT: Mapping[str, Allowance] = {
    "message": Allowance(5, timedelta(hours=48)),
    "tap": Allowance(3, timedelta(minutes=1)),
}


async def open_windows(world: World) -> tuple[Window, ...]:
    place = await world.db.read(lambda c: addresses.place(c, HU))
    assert place is not None
    return allowances.windows(place, WECHAT, world.now)


async def spend(database: Database, window: Window) -> bool:
    return await database.run(lambda c: allowances.spend(c, HU, window, WECHAT[window.means]))


async def left(world: World) -> list[tuple[str, int]]:
    return [(window.means, window.left) for window in await open_windows(world)]


async def test_a_word_opens_a_window_and_time_closes_it(world: World) -> None:
    await world.write_from(HU, "你好")
    assert await left(world) == [("message", 5)]

    world.later(hours=47, minutes=58)
    assert await left(world) == [("message", 5)]

    world.later(minutes=1)
    assert await left(world) == []


async def test_a_tap_opens_a_short_window_that_is_used_first(world: World) -> None:
    await world.write_from(HU, "你好")
    await world.write_from(HU, "甲", means="tap")

    assert await left(world) == [("tap", 3), ("message", 5)]
    world.later(seconds=57)
    assert await left(world) == [("message", 5)]


async def test_words_that_open_nothing_leave_what_was_open(world: World) -> None:
    await world.write_from(HU, "你好")
    (window,) = await open_windows(world)
    await spend(world.db, window)

    await world.write_from(HU, "网页", means="")

    assert await left(world) == [("message", 4)]


async def test_his_next_word_opens_it_anew(world: World) -> None:
    await world.write_from(HU, "你好")
    (window,) = await open_windows(world)
    await spend(world.db, window)
    world.later(hours=1)

    await world.write_from(HU, "在吗")

    assert await left(world) == [("message", 5)]
    assert not await spend(world.db, window), "that window is no longer his"


async def test_what_was_not_taken_is_given_back_once_to_the_same_window(world: World) -> None:
    await world.write_from(HU, "你好")
    (window,) = await open_windows(world)
    await spend(world.db, window)

    for _ in range(2):
        await world.db.run(lambda c: allowances.give_back(c, HU, window))

    assert await left(world) == [("message", 5)]


async def test_when_the_platform_says_it_is_over_it_is_over(world: World) -> None:
    await world.write_from(HU, "你好")
    await world.write_from(HU, "甲", means="tap")

    place = await world.db.read(lambda c: addresses.place(c, HU))
    assert place is not None
    await world.db.run(lambda c: allowances.shut(c, place, WECHAT))

    assert await left(world) == []


async def test_it_is_over_for_what_he_opened_before_and_not_since(world: World) -> None:
    await world.write_from(HU, "你好")
    place = await world.db.read(lambda c: addresses.place(c, HU))
    assert place is not None
    world.later(seconds=1)
    await world.write_from(HU, "在吗")

    await world.db.run(lambda c: allowances.shut(c, place, WECHAT))
    await world.db.run(lambda c: addresses.mark_gone(c, HU, seen_at=place.seen_at))

    assert await left(world) == [("message", 5)]
    now = await world.db.read(lambda c: addresses.place(c, HU))
    assert now is not None
    assert not now.gone


async def test_two_processes_never_overspend(world: World) -> None:
    await world.write_from(HU, "你好")
    (window,) = await open_windows(world)
    other = await Database.open(world.url)

    taken = await asyncio.gather(*(spend((world.db, other)[n % 2], window) for n in range(40)))
    await other.close()

    assert sum(taken) == 5
    assert await left(world) == []
