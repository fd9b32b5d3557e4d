"""Parts of one album come as separate calls, side by side, in any order. Here they get theirs back.

Each call waits until its own part is safe, so nothing is acknowledged too early, and a part that comes
late or alone is simply an album of its own. Nothing is kept: what a stop takes away comes again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

HELD = 0.6  # seconds; Telegram sends the parts of an album at once

T = TypeVar("T")
Take = Callable[[bool], Awaitable[T]]  # is it the first of its album?


@dataclass(slots=True)
class _Waiting(Generic[T]):
    place: int
    take: Take[T]
    done: asyncio.Future[T] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Albums(Generic[T]):
    """Holds the parts of albums for a moment, then has them taken in their order."""

    def __init__(self, wait: Callable[[], Awaitable[None]] | None = None) -> None:
        """`wait`: how long parts are held; left out, for HELD seconds."""
        self._wait = wait or partial(asyncio.sleep, HELD)
        self._open: dict[str, list[_Waiting[T]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, album: str, place: int, take: Take[T]) -> T:
        """Have one part taken in its turn; return or raise what `take` does."""
        part = _Waiting(place, take)
        if album in self._open:
            self._open[album].append(part)
        else:
            self._open[album] = [part]
            task = asyncio.create_task(self._collect(album))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await part.done

    async def _collect(self, album: str) -> None:
        await self._wait()
        parts = sorted(self._open.pop(album), key=lambda part: part.place)
        for part in parts:
            await _settle(part, first=part is parts[0])


async def _settle(part: _Waiting[T], *, first: bool) -> None:
    """Take one part and tell its call how it went. A part that fails keeps nobody: it comes again."""
    try:
        result = await part.take(first)
    except Exception as fault:
        if not part.done.done():
            part.done.set_exception(fault)
        return
    if not part.done.done():  # its caller may have hung up
        part.done.set_result(result)
