"""SQLite, the embedded default: one file, one writer thread, readers beside it.

One writer, because SQLite has one anyway: two that read before they write fail each other with
"database is locked" even with a time-out. BEGIN IMMEDIATE takes the lock before anything is read.
synchronous=FULL, because a message we acknowledged must survive the plug being pulled; under group
commit it costs next to nothing (docs/storage.md).
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from storage.errors import Busy, InUse, StorageError, Unavailable
from storage.flow.turns import Arrival, Taken, Taker
from storage.signals import Signals
from storage.writer import MAX_BATCH, MAX_WAITING, Lanes, commit_turns, told_as, unit

T = TypeVar("T")
Work = Callable[[Connection], Any]
_Future = asyncio.Future[Any]
READERS = 4
MAX_UNITS = 32  # units of work in one commit
BUSY_SECONDS = 10  # how long to wait for a writer of another process (the command line)
# A checkpoint inside a commit is what makes a commit slow. So they are rare, and made when idle.
CHECKPOINT_PAGES = 8_000
IDLE_SECONDS = 0.5


class Sqlite:
    """A SQLite file behind the interface that storage.database expects."""

    def __init__(
        self, url: URL, taker: Taker | None, clock: Callable[[], datetime], *, exclusive: bool
    ) -> None:
        path = Path(url.database or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = _Lock(path.with_name(path.name + ".lock")) if exclusive else None
        _create(path)
        self._writing = _engine(url, "PRAGMA synchronous=FULL", "BEGIN IMMEDIATE")
        self._reading = _engine(url, "PRAGMA query_only=ON", "BEGIN")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="storage-reader")
        self._jobs: SimpleQueue[tuple[Arrival | Work, _Future] | None] = SimpleQueue()
        self._taker, self._clock = taker, clock
        self._loop = asyncio.get_running_loop()
        self._waiting = 0
        self._closed = False
        self.signals = Signals()
        self._thread = threading.Thread(target=self._serve, name="storage-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[Connection], T]) -> T:
        return await self._submit(work)  # type: ignore[no-any-return]

    async def take(self, arrival: Arrival) -> Taken:
        if self._waiting >= MAX_WAITING:
            raise Busy(f"{self._waiting} turns are waiting")
        self._waiting += 1
        try:
            return await self._submit(arrival)  # type: ignore[no-any-return]
        finally:
            self._waiting -= 1

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await self._loop.run_in_executor(self._readers, self._read, work)

    async def close(self) -> None:
        """Finish what was submitted, then close."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        self._readers.shutdown()
        self._writing.dispose()
        self._reading.dispose()
        if self._lock:
            self._lock.release()

    def _submit(self, job: Arrival | Work) -> _Future:
        if self._closed or not self._thread.is_alive():
            raise Unavailable("the database is closed")
        future: _Future = self._loop.create_future()
        self._jobs.put((job, future))
        return future

    def _read(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._reading.connect() as connection, connection.begin():
                return work(connection)
        except SQLAlchemyError as error:
            raise told_as(error) from error

    # From here on: the writer thread.

    def _serve(self) -> None:
        lanes: Lanes[tuple[Arrival, _Future]] = Lanes()
        with self._writing.connect() as connection:
            dirty = open_ = True
            while open_ or lanes:
                units: list[tuple[Work, _Future]] = []
                open_ = self._gather(lanes, units, dirty) and open_
                self._units(connection, units)
                batch = lanes.take(MAX_BATCH)
                if batch:
                    self._batch(connection, batch)
                if not batch and not units and dirty:
                    _checkpoint(connection)
                dirty = bool(batch or units)

    def _gather(
        self, lanes: Lanes[tuple[Arrival, _Future]], units: list[tuple[Work, _Future]], dirty: bool
    ) -> bool:
        """Collect everything that waits, at least one job unless some wait already. False: closing."""
        try:
            job = (
                self._jobs.get_nowait() if lanes else self._jobs.get(timeout=IDLE_SECONDS if dirty else None)
            )
            while job is not None:
                if isinstance(job[0], Arrival):
                    lanes.put(job[0].conversation, job)  # type: ignore[arg-type]  # narrowed by its first half
                else:
                    units.append(job)  # type: ignore[arg-type]  # the other half of the union
                job = self._jobs.get_nowait()
        except Empty:
            return True
        return False

    def _units(self, connection: Connection, units: list[tuple[Work, _Future]]) -> None:
        """Do units of work that wait together in one commit, each undone alone when it fails."""
        for begin in range(0, len(units), MAX_UNITS):
            some = units[begin : begin + MAX_UNITS]
            futures = [future for _, future in some]
            try:
                answers, topics = unit(connection, partial(_do_all, works=[work for work, _ in some]))
            except BaseException as error:  # of the commit, which was everybody's
                told = told_as(error) if isinstance(error, SQLAlchemyError) else error
                self._tell([(future, told) for future in futures], set())
            else:
                self._tell(list(zip(futures, answers, strict=True)), topics)

    def _batch(self, connection: Connection, batch: list[tuple[Arrival, _Future]]) -> None:
        assert self._taker is not None
        try:
            results, topics = commit_turns(
                connection, self._taker, [arrival for arrival, _ in batch], self._clock
            )
        except BaseException as error:  # the same
            told = told_as(error) if isinstance(error, SQLAlchemyError) else error
            self._tell([(future, told) for _, future in batch], set())
        else:
            self._tell([(future, result) for (_, future), result in zip(batch, results, strict=True)], topics)

    def _tell(self, answers: list[tuple[_Future, Any]], topics: set[str]) -> None:
        self._loop.call_soon_threadsafe(_answer, answers, topics, self.signals)


def _do_all(connection: Connection, works: list[Work]) -> list[Any]:
    if len(works) == 1:
        return [works[0](connection)]
    return [_do(connection, work) for work in works]


def _do(connection: Connection, work: Work) -> Any:
    """Return what a unit returns, or what it raised, which the caller waits for on the other thread."""
    connection.exec_driver_sql("SAVEPOINT a_unit")
    try:
        result = work(connection)
    except BaseException as error:
        connection.exec_driver_sql("ROLLBACK TO a_unit")
        result = told_as(error) if isinstance(error, SQLAlchemyError) else error
    connection.exec_driver_sql("RELEASE a_unit")
    return result


def _answer(answers: list[tuple[_Future, Any]], topics: set[str], signals: Signals) -> None:
    for future, answer in answers:
        if future.done():  # the caller has gone away; his event is committed all the same
            continue
        if isinstance(answer, BaseException):
            future.set_exception(answer)
        else:
            future.set_result(answer)
    signals.fire(topics)


def _checkpoint(connection: Connection) -> None:
    """Move what the log holds into the file. On the driver's connection: it must not be in a transaction."""
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA wal_checkpoint(PASSIVE)").close()


class _Lock:
    """Keeps a second serving process off the file: two group-commit writers would starve each other."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.seek(0)
            holder = self._file.read().strip() or "unknown"
            self._file.close()
            raise InUse(
                f"{path} is locked by process {holder}, which serves this database. Stop it first."
            ) from error
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        self._file.close()


def _create(path: Path) -> None:
    """Make sure the file is there, ours alone, and writes ahead. The mode stays with the file: setting it
    anew on every connection would fail where two of them do it at once."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # the log and its index inherit the mode
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.Error as error:
        raise Unavailable(f"{path} is no database we can use: {error}") from error
    finally:
        connection.close()


def _engine(url: URL, pragma: str, begin: str) -> Engine:
    engine = create_engine(url, pool_size=READERS, max_overflow=0, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        # What is deleted is overwritten: a destroyed key must not lie about in a free page.
        lines = (f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}", "PRAGMA secure_delete=ON", pragma)
        for line in lines:
            connection.execute(line)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


__all__ = ["Sqlite", "StorageError"]
