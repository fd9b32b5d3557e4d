"""Small units of work that wait together share one commit, as turns do (storage.writer).

A webhook that carries its own answer writes once more than its turn: it notes what came of the words.
That is a few rows; a commit of its own for each would cost more than the turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

from storage.database import Database

T = TypeVar("T")
R = TypeVar("R")
Work = Callable[[Connection], Any]
MOST = 64  # in one commit: nobody waits long for his neighbours


class Gathered(Generic[T, R]):
    """Does `work` for all that wait at the same time in one transaction. None may need another's.

    work: is given them in their order and returns a result for each.
    """

    def __init__(
        self, database: Database, work: Callable[[Connection, Sequence[T]], Sequence[R]], most: int = MOST
    ) -> None:
        self._database = database
        self._work = work
        self._most = most
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._running: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many wait for the next commit."""
        return len(self._waiting)

    async def put(self, item: T) -> R:
        """Have the work done for `item`; committed when this returns, nothing is left when this raises."""
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        with self._database.courtesy.writing():
            return await done

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            await self._commit([each for each in batch if not each[1].done()])  # some have given up

    async def _commit(self, batch: list[tuple[T, asyncio.Future[R]]]) -> None:
        """Do a batch; when it fails, each alone, so that one does not fail its neighbours."""
        if not batch:
            return
        items = [item for item, _ in batch]
        try:
            results = await self._database.run(lambda c: self._work(c, items))
        except Exception as error:
            for each in batch if len(batch) > 1 else ():
                await self._commit([each])
            if len(batch) == 1 and not batch[0][1].done():
                batch[0][1].set_exception(error)
            return
        for (_, done), result in zip(batch, results, strict=True):
            if not done.done():
                done.set_result(result)


class Together(Gathered[Work, Any]):
    """Runs units of work of any kind, those that wait at the same time in one transaction."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, lambda connection, works: [work(connection) for work in works])

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do `work`; it is committed when this returns, and has left nothing when this raises."""
        result: T = await self.put(work)
        return result
