"""Telegram's queue of updates, as its Bot API server keeps it.

Source: WebhookActor.cpp and Client.cpp of tdlib/telegram-bot-api. Messages of one chat go one after
the other, each only once the one before it was taken, the parts of an album too; taps of one person are
a queue of their own beside it, so a tap can overtake a message. What is not answered with 2xx comes
again: at once, then after 2, 4, 8 ... seconds, at last every minute, for 24 hours (a tap for 150 s).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

LONGEST_PAUSE = timedelta(seconds=60)
LOOK_EVERY = 0.02  # real seconds; the clock may be stepped at any time


@dataclass(slots=True)
class Update:
    """One event on its way to the bot. `met` is done once the bot was asked to take it, well or not."""

    id: int
    body: Mapping[str, Any]
    expires: datetime
    due: datetime
    fails: int = 0
    met: asyncio.Event = field(default_factory=asyncio.Event)

    def fail(self, now: datetime) -> None:
        """Come again later: the first time at once."""
        pause = min(timedelta(seconds=2**self.fails), LONGEST_PAUSE) if self.fails else timedelta()
        self.fails += 1
        self.due = now + pause


class Updates:
    """What waits for the bot, queue by queue.

    deliver: gives one update to the bot and says whether it was taken.
    called:  says whether there is a bot to be called at all.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        deliver: Callable[[Update], Awaitable[bool]],
        called: Callable[[], bool],
    ) -> None:
        self._clock = clock
        self._deliver = deliver
        self._called = called
        self._queues: dict[str, deque[Update]] = {}
        self._drains: set[asyncio.Task[None]] = set()
        self._next = 1
        self.dropped: list[Update] = []
        self.idle = asyncio.Event()
        self.idle.set()

    @property
    def waiting(self) -> list[Update]:
        """Everything not yet taken, the oldest first."""
        return sorted((each for queue in self._queues.values() for each in queue), key=lambda each: each.id)

    def put(self, queue: str, body: Mapping[str, Any], lives: timedelta) -> Update:
        """Queue an update and begin to deliver it."""
        now = self._clock()
        update = Update(self._next, body, now + lives, now)
        self._next += 1
        if queue not in self._queues:
            self._queues[queue] = deque()
            drain = asyncio.create_task(self._drain(queue))
            self._drains.add(drain)
            drain.add_done_callback(self._drains.discard)
        self._queues[queue].append(update)
        self.idle.clear()
        if self._queues[queue][0].fails:
            update.met.set()  # it waits behind one that is not taken
        return update

    async def _drain(self, queue: str) -> None:
        waiting = self._queues[queue]
        while waiting:
            head = waiting[0]
            if head.expires <= self._clock():
                self.dropped.append(head)
            elif head.due > self._clock() or not self._called():
                await asyncio.sleep(LOOK_EVERY)
                continue
            elif not await self._deliver(head):
                head.fail(self._clock())
                for each in waiting:
                    each.met.set()
                continue
            waiting.popleft().met.set()
        del self._queues[queue]
        if not self._queues:
            self.idle.set()

    async def close(self) -> None:
        """Stop delivering; what waits is lost with this server."""
        for drain in list(self._drains):
            drain.cancel()
        await asyncio.gather(*self._drains, return_exceptions=True)
