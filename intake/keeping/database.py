"""One transaction at a time for plain functions over a `Connection`, on SQLite or PostgreSQL.

The functions are written once. SQLite runs them on one writer thread (it has one writer anyway, and
waiting for it in Python is fair where waiting in SQLite is not); PostgreSQL runs them through
`AsyncConnection.run_sync`.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    create_engine,
    event,
    insert,
    inspect,
    literal,
    make_url,
    select,
)
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from intake.keeping.schema import applications, metadata, timers
from intake.lookups import tables as lookup_tables  # noqa: F401  # so that its table is made, too
from intake.ratings import tables  # noqa: F401  # so that its tables are made, too

T = TypeVar("T")
Work = Callable[[Connection], T]
READERS = 2


class AlreadyServed(Exception):
    """Another process serves this database file. Stop it first, or use PostgreSQL for several."""


class Database(Protocol):
    alone: bool  # no other process can be serving it: what was leased before is free

    async def run(self, work: Work[T]) -> T:
        """Do `work` in one transaction: committed when it returns, undone when it raises."""

    async def read(self, work: Work[T]) -> T:
        """Do `work`, which only reads."""

    async def close(self) -> None: ...


async def open_database(url: str, *, exclusive: bool = True) -> Database:
    """Open `url` and bring its tables up to date.

    exclusive: refuse a second one on the same SQLite file. Commands that only visit go without.
    Raises: AlreadyServed.
    """
    database: Database
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        database = SqliteDatabase(url, exclusive=exclusive)
    else:
        address = address.set(drivername="postgresql+asyncpg")  # the one driver that is installed
        database = AsyncDatabase(create_async_engine(address, pool_pre_ping=True, hide_parameters=True))
    await database.run(upgrade)
    return database


def upgrade(connection: Connection) -> None:
    """Bring the tables up to `schema.py`: make what is missing, table by table and column by column.

    Only additions, so that a process of the release before may go on beside us: a new column is nullable or
    has a server default. What changes the meaning of rows that exist needs a step of its own here.
    """
    metadata.create_all(connection)
    seen = inspect(connection)
    for table in metadata.sorted_tables:
        known = {column["name"] for column in seen.get_columns(table.name)}
        for column in (column for column in table.columns if column.name not in known):
            _add(connection, column)
    _begin_timers(connection)


def _begin_timers(connection: Connection) -> None:
    """Give a timer to each clock that was running before there were timers; it ends when it did."""
    row = applications.c
    known = select(timers.c.number).where(timers.c.number == row.number, timers.c.name == row.clock)
    given = {
        "number": row.number,
        "name": row.clock,
        "started_at": row.submitted_at,
        "days": literal(0),
        "kind": literal("fixed"),
        "due_on": row.due_on,
        "due_at": row.due_at,
        "warn_at": row.warn_at,
        "provisional": row.provisional,
    }
    found = select(*given.values()).where(row.clock.is_not(None), ~known.exists())
    connection.execute(insert(timers).from_select(list(given), found))


def _add(connection: Connection, column: Column[Any]) -> None:
    if not column.nullable and column.server_default is None:
        raise AssertionError(f"{column} needs a server default: rows are there already.")
    words = connection.dialect.ddl_compiler(connection.dialect, None).get_column_specification(column)  # type: ignore[arg-type]
    unless = "IF NOT EXISTS " if connection.dialect.name == "postgresql" else ""
    connection.exec_driver_sql(f'ALTER TABLE "{column.table.name}" ADD COLUMN {unless}{words}')


class SqliteDatabase:
    def __init__(self, url: str, *, exclusive: bool) -> None:
        self.alone = exclusive
        self._lock = _claim(make_url(url).database or "") if exclusive else None
        self._writer, self._reader = _sqlite(url, "BEGIN IMMEDIATE"), _sqlite(url, "BEGIN")
        self._writing = ThreadPoolExecutor(1, "intake-writer")
        self._reading = ThreadPoolExecutor(READERS, "intake-reader")

    async def run(self, work: Work[T]) -> T:
        return await self._on(self._writing, self._writer, work)

    async def read(self, work: Work[T]) -> T:
        return await self._on(self._reading, self._reader, work)

    async def close(self) -> None:
        for pool in (self._writing, self._reading):
            await asyncio.to_thread(pool.shutdown)
        self._writer.dispose()
        self._reader.dispose()
        if self._lock is not None:
            os.close(self._lock)

    @staticmethod
    async def _on(pool: ThreadPoolExecutor, engine: Engine, work: Work[T]) -> T:
        def unit() -> T:
            with engine.begin() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(pool, unit)


class AsyncDatabase:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.alone = False

    async def run(self, work: Work[T]) -> T:
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def read(self, work: Work[T]) -> T:
        return await self.run(work)

    async def close(self) -> None:
        await self._engine.dispose()


def _claim(file: str) -> int:
    """Hold the lock file beside the database; the system lets go of it however the process ends."""
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise AlreadyServed(
            f"{file} is already served by another process. Stop it, or set INTAKE_DATABASE_URL to PostgreSQL."
        ) from error
    return handle


def _sqlite(url: str, begin: str) -> Engine:
    # hide_parameters: an error's text goes to the log, and rows are about people.
    engine = create_engine(url, connect_args={"check_same_thread": False}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(dbapi: Any, _: Any) -> None:
        dbapi.isolation_level = None  # pysqlite must not begin transactions of its own
        # FULL: an answer we gave survives a power cut. secure_delete: what is removed is overwritten.
        for line in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            dbapi.execute(f"PRAGMA {line}")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
