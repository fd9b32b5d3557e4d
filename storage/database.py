"""The database as the rest of the product sees it.

    db = await Database.open("sqlite:///var/zerotrip.db", vault=vault, decide=engine.advance, exclusive=True)
    taken = await db.take(Arrival(...))                       # one event: committed when this returns
    found = await db.read(lambda c: messages.after(c, vault, conversation, 0))
    await db.run(lambda c: outbox.settle(c, item.hold, now))  # one unit of work, one transaction

Storage functions are plain functions over a SQLAlchemy Connection, written once for both databases.
They run on SQLite's writer thread or, on PostgreSQL, through `AsyncConnection.run_sync`: one hop per
unit of work. A unit commits when it returns and is rolled back when it raises.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import URL, make_url

from dialogs.messages import Address
from storage import calendar, ids, migrations
from storage.courtesy import Courtesy
from storage.errors import Conflict, SchemaBehind, StorageError, Unavailable
from storage.flow import inbox
from storage.flow.turns import Arrival, Decide, Taken, Taker
from storage.people import conversations
from storage.postgres import Postgres
from storage.sealing.vault import Vault
from storage.signals import Signals
from storage.sqlite import Sqlite

T = TypeVar("T")


def utc_now() -> datetime:
    """Return the present moment, aware UTC."""
    return datetime.now(UTC)


class Backend(Protocol):
    """What SQLite and PostgreSQL do each in their way."""

    signals: Signals

    async def run(self, work: Callable[[Connection], T]) -> T: ...
    async def read(self, work: Callable[[Connection], T]) -> T: ...
    async def take(self, arrival: Arrival) -> Taken: ...
    async def close(self) -> None: ...


class Database:
    """One open database. Belongs to the event loop it was opened on."""

    def __init__(
        self, backend: Backend, taker: Taker | None, clock: Callable[[], datetime], random: ids.Random
    ) -> None:
        self._backend = backend
        self._taker = taker
        self._clock = clock
        self._random = random
        self.courtesy = Courtesy()

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        vault: Vault | None = None,
        decide: Decide | None = None,
        pushed: AbstractSet[str] = frozenset(),
        slots: Mapping[str, timedelta] = MappingProxyType({}),
        tells_clerks: bool = False,
        exclusive: bool = False,
        migrate: bool = False,
        clock: Callable[[], datetime] = utc_now,
        random: ids.Random = os.urandom,
    ) -> Database:
        """Return the database at `url` ("sqlite:///path" or "postgresql://..."), ready for use.

        vault, decide: needed to take events; a reader on the command line opens without.
        pushed:    channels whose messages are sent to a platform, so each Say is ordered as a delivery.
        slots, tells_clerks: see storage.flow.turns.Taker.
        exclusive: refuse a second serving process (SQLite).
        migrate:   bring the tables up to this release first.
        Raises:
            InUse: another process serves this file.
            SchemaBehind: the tables are of another release, and `migrate` is off.
            Unavailable: the database cannot be reached.
        """
        taker = None
        if vault is not None and decide is not None:
            taker = Taker(decide, vault, pushed, slots, tells_clerks, random)
        backend = _backend(full_url(url), taker, clock, exclusive=exclusive)
        db = cls(backend, taker, clock, random)
        try:
            await db._bring_up(migrate=migrate)
        except BaseException:
            await db.close()
            raise
        return db

    @property
    def signals(self) -> Signals:
        """Where to wait for what units announce."""
        return self._backend.signals

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in one transaction: committed when it returns, rolled back when it raises."""
        with self.courtesy.writing():
            return await self._backend.run(work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Do `work`, which only reads, on one consistent view; writers do not wait for it."""
        return await self._backend.read(work)

    async def take(self, arrival: Arrival) -> Taken:
        """Take one event: when this returns, it is on disk and may be acknowledged.

        Raises:
            UnknownConversation: open it first, with `conversation`.
            Busy: too many turns wait. Acknowledge nothing; the sender comes again.
            Unavailable: nothing was written, or nobody knows. Acknowledge nothing; the same.
        """
        if self._taker is None:
            raise Unavailable("this database was opened for reading: it has no vault and no engine")
        with self.courtesy.writing():
            return await self._backend.take(arrival)

    async def conversation(self, address: Address, lang: str = "zh-CN") -> str:
        """Return the id of the conversation with `address`, opened now if need be."""
        known = await self.read(lambda c: conversations.of(c, address))
        if known is not None:
            return known
        if self._taker is None:
            raise Unavailable("this database was opened for reading: it has no vault and no engine")
        vault, now = self._taker.vault, self._clock()
        return await self.run(lambda c: conversations.open_for(c, vault, address, now, self._random, lang))

    async def retry_failed(self) -> int:
        """Try the events whose turns failed and are due again; return how many were dealt with."""
        if self._taker is None:
            return 0
        dealt = 0
        for stuck in await self.read(lambda c: inbox.stuck(c, self._clock())):
            while await self._retry(self._taker, stuck):
                dealt += 1
        return dealt

    async def _retry(self, taker: Taker, stuck: str) -> bool:
        now = self._clock()
        try:
            return await self.run(lambda c: taker.again(c, stuck, now))
        except (
            Conflict,
            Unavailable,
        ) as error:  # of this turn's rows; a database that is gone refuses the next line too
            refused: StorageError = error
        return await self.run(lambda c: taker.failed(c, stuck, refused, now))

    async def close(self) -> None:
        """Finish what was submitted, then close."""
        await self._backend.close()

    async def _bring_up(self, *, migrate: bool) -> None:
        if migrate:
            await self.run(_prepare)
            return
        revision = await self.read(migrations.current)
        if revision != migrations.HEAD:
            raise SchemaBehind(
                f"the tables are at {revision or 'nothing'}, not {migrations.HEAD}. Run `zerotrip migrate`."
            )


def _prepare(connection: Connection) -> None:
    """Bring the tables up, and into them what every release brings along."""
    migrations.alone(connection)
    if migrations.current(connection) != migrations.HEAD:
        migrations.upgrade(connection)
    calendar.seed(connection)


def full_url(url: str) -> URL:
    """Return `url` with the driver we use."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+asyncpg")
    return parsed.set(drivername="sqlite+pysqlite")


def _backend(url: URL, taker: Taker | None, clock: Callable[[], datetime], *, exclusive: bool) -> Backend:
    if url.get_backend_name() == "postgresql":
        return Postgres(url, taker, clock)
    return Sqlite(url, taker, clock, exclusive=exclusive)
