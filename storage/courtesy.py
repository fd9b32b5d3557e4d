"""Whoever writes faster than he is answered lets others go first.

One person's letters cost the most when they come at once: an album, a flood, a platform that calls again.
Each takes processor time from what somebody else waits for, so those beyond his first wait here until nothing
is being written, in their order, one for each round of the loop. What the worker writes counts, too: the next
turn is written behind it, and two threads that share Python's lock hold each other up. They wait half a
second at most: a platform hangs up on who does not answer (DingTalk after 1.5 s).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

GIVES_WAY_FOR = 0.5  # seconds


class Courtesy:
    """Knows whether anything is being written, and who waits for that to end. patience: in seconds."""

    def __init__(self, patience: float = GIVES_WAY_FOR) -> None:
        self.patience = patience
        self._under_way = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._calling = False  # the next one, in the next round

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Count what is under way, from where somebody begins to wait for it."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._call()

    async def give_way(self) -> None:
        """Return when nothing is under way and nobody waits in front, when patience ends in any case."""
        if not self._under_way and not self._waiting:
            return
        loop = asyncio.get_running_loop()
        called: asyncio.Future[None] = loop.create_future()
        self._waiting.append(called)
        late = loop.call_later(self.patience, _call, called)
        try:
            await called
        finally:
            late.cancel()

    def _call(self) -> None:
        """Have the loop call whoever is in front. It looks for new calls before each."""
        if self._waiting and not self._under_way and not self._calling:
            self._calling = True
            asyncio.get_running_loop().call_soon(self._call_one)

    def _call_one(self) -> None:
        self._calling = False
        while self._waiting and not self._under_way:
            called = self._waiting.popleft()
            if not called.done():  # he has waited too long, or has gone
                called.set_result(None)
                break
        self._call()


def _call(called: asyncio.Future[None]) -> None:
    if not called.done():
        called.set_result(None)
