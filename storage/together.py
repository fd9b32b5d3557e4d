"""Small units of work that wait together share one commit, as turns do (storage.writer).

A webhook that carries its own answer writes twice more than its turn: it holds the words, and notes what
came of them. Each of these is a few rows; a commit of its own for each would cost more than the turns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection

from storage.database import Database

T = TypeVar("T")
Work = Callable[[Connection], Any]
MOST = 64  # units in one commit: nobody waits long for his neighbours


class Together:
    """Runs units of work, those that wait at the same time in one transaction. None may need another's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Work, asyncio.Future[Any]]] = []
        self._running: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many units wait for the next commit."""
        return len(self._waiting)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do `work`; it is committed when this returns, and has left nothing when this raises."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, done))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        return await done

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            await self._commit([each for each in batch if not each[1].done()])  # some have given up

    async def _commit(self, batch: list[tuple[Work, asyncio.Future[Any]]]) -> None:
        """Do a batch; when it fails, each alone, so that one does not fail its neighbours."""
        try:
            results = await self._database.run(lambda c: [work(c) for work, _ in batch])
        except Exception as error:
            for each in batch if len(batch) > 1 else ():
                await self._commit([each])
            if len(batch) == 1 and not batch[0][1].done():
                batch[0][1].set_exception(error)
            return
        for (_, done), result in zip(batch, results, strict=True):
            if not done.done():
                done.set_result(result)
