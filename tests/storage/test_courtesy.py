"""Who lets others go first is heard when nothing is being written, in order, and in any case."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack

from storage.courtesy import Courtesy
from tests.patience import PATIENCE


class Door:
    """People who give way. `then` is done by each once he is heard."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self.courtesy = Courtesy(patience)
        self.heard: list[str] = []
        self.then: dict[str, Callable[[], object]] = {}

    async def comes(self, name: str) -> None:
        await self.courtesy.give_way()
        self.heard.append(name)
        self.then.get(name, lambda: None)()

    async def come(self, names: str) -> list[asyncio.Task[None]]:
        tasks = [asyncio.create_task(self.comes(name)) for name in names]
        await rounds()
        return tasks


async def rounds() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_nobody_waits_while_nothing_is_written() -> None:
    door = Door()

    await door.comes("a")

    assert door.heard == ["a"]


async def test_all_wait_until_everything_is_written_and_are_heard_in_their_order() -> None:
    door = Door()
    with door.courtesy.writing():
        with door.courtesy.writing():
            await door.come("abc")
        await rounds()
        assert door.heard == []
    await rounds()

    assert door.heard == ["a", "b", "c"]


async def test_who_comes_in_between_goes_first() -> None:
    door, other = Door(), ExitStack()
    door.then["a"] = lambda: other.enter_context(door.courtesy.writing())
    with door.courtesy.writing():
        await door.come("abc")
    await rounds()
    assert door.heard == ["a"]

    other.close()
    await rounds()
    assert door.heard == ["a", "b", "c"]


async def test_who_comes_later_does_not_overtake_those_who_wait() -> None:
    door = Door()
    door.then["a"] = lambda: asyncio.ensure_future(door.comes("d"))
    with door.courtesy.writing():
        await door.come("abc")
    await rounds()

    assert door.heard == ["a", "b", "c", "d"]


async def test_patience_ends_however_much_is_written() -> None:
    door = Door(patience=0)

    with door.courtesy.writing():
        await door.comes("a")

    assert door.heard == ["a"]


async def test_who_has_gone_holds_nobody_up() -> None:
    door = Door()
    with door.courtesy.writing():
        gone, *_ = await door.come("abc")
        gone.cancel()
        await rounds()
    await rounds()

    assert door.heard == ["b", "c"]
