"""PostgreSQL, for more than one process: any number of them serve and work on one database.

Each process batches for itself. Rows of conversations are locked in the order of their ids, so that
two batches never wait for each other in a circle. LISTEN/NOTIFY only wakes: what is to be done is in
the rows, and a process that missed a notice looks there after its time-out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from dialogs.codec import loads
from storage.errors import Busy, StorageError, Unavailable
from storage.flow.turns import Arrival, Result, Taken, Taker
from storage.signals import Signals
from storage.writer import MAX_BATCH, MAX_WAITING, Lanes, commit_turns, told_as, unit

T = TypeVar("T")
POOL = 10
RECONNECT_SECONDS = 1.0


class Postgres:
    """A PostgreSQL database behind the interface that storage.database expects."""

    def __init__(self, url: URL, taker: Taker | None, clock: Callable[[], datetime]) -> None:
        self._engine = create_async_engine(url, pool_size=POOL, max_overflow=POOL, pool_timeout=10)
        self._taker, self._clock = taker, clock
        self._lanes: Lanes[tuple[Arrival, asyncio.Future[Result]]] = Lanes()
        self._waiting = 0
        self._wake = asyncio.Event()
        self._closed = False
        self.signals = Signals()
        self._tasks = [asyncio.create_task(self._serve(), name="storage-writer")]
        self._tasks.append(asyncio.create_task(self._listen(), name="storage-listener"))

    async def run(self, work: Callable[[Connection], T]) -> T:
        result, topics = await self._do(lambda connection: unit(connection, work))
        self.signals.fire(topics)
        return result

    async def read(self, work: Callable[[Connection], T]) -> T:
        def reading(connection: Connection) -> T:
            with connection.begin():
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
                return work(connection)

        try:
            return await self._do(reading)
        except Unavailable as lost:
            if not _is_lost(lost.__cause__):
                raise
            return await self._do(reading)  # reading twice changes nothing, and the pool is fresh now

    async def take(self, arrival: Arrival) -> Taken:
        if self._waiting >= MAX_WAITING:
            raise Busy(f"{self._waiting} turns are waiting")
        if self._closed:
            raise Unavailable("the database is closed")
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._lanes.put(arrival.conversation, (arrival, future))
        self._wake.set()
        self._waiting += 1
        try:
            result = await future
        finally:
            self._waiting -= 1
        if isinstance(result, StorageError):
            raise result
        return result

    async def close(self) -> None:
        """Finish what was submitted, then close."""
        if self._closed:
            return
        self._closed = True
        self._wake.set()
        await self._tasks[0]
        self._tasks[1].cancel()
        with suppress(asyncio.CancelledError):
            await self._tasks[1]
        await self._engine.dispose()

    async def _do(self, work: Callable[[Connection], T]) -> T:
        try:
            async with self._engine.connect() as connection:
                return await connection.run_sync(work)
        except (SQLAlchemyError, OSError) as error:
            raise _told(error) from error

    async def _serve(self) -> None:
        while self._lanes or not self._closed:
            batch = self._lanes.take(MAX_BATCH)
            if not batch:
                self._wake.clear()
                await self._wake.wait()
                continue
            for (_, future), result in zip(batch, await self._commit([a for a, _ in batch]), strict=True):
                if not future.done():  # else the caller has gone away; his event is committed all the same
                    future.set_result(result)

    async def _commit(self, arrivals: list[Arrival]) -> list[Result]:
        """Commit a batch. A lost connection is tried once more: what was committed is recognised."""
        assert self._taker is not None
        taker = self._taker
        error: Exception = Unavailable("never tried")
        for _ in range(2):
            try:
                async with self._engine.connect() as connection:
                    results, topics = await connection.run_sync(commit_turns, taker, arrivals, self._clock)
            except (SQLAlchemyError, OSError) as failed:
                error = failed
                if not _is_lost(failed):
                    break
            except Exception as failed:  # the writer must outlive every mistake
                error = failed
                break
            else:
                self.signals.fire(topics)
                return results
        return [_told(error) for _ in arrivals]

    async def _listen(self) -> None:
        """Hear the other processes, for as long as we live, over a connection of our own."""
        while True:
            with suppress(SQLAlchemyError, OSError):
                async with self._engine.connect() as connection:
                    await self._hear(connection)
            self.signals.fire_all()  # something may have been missed
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _hear(self, connection: AsyncConnection) -> None:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        gone = asyncio.Event()
        raw.add_termination_listener(lambda _: gone.set())
        await raw.add_listener("zerotrip", lambda *notice: self.signals.fire(loads(notice[3])))
        await gone.wait()
        await connection.invalidate()


def _is_lost(error: BaseException | None) -> bool:
    """Say whether the connection broke, as it does when the server restarts."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _told(error: Exception) -> StorageError:
    if isinstance(error, StorageError):
        return error
    if isinstance(error, SQLAlchemyError):
        return told_as(error)
    told = Unavailable(f"the database cannot be reached: {type(error).__name__}")
    told.__cause__ = error
    return told
