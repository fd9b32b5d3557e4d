"""Keys that a platform lends us for a while (access tokens, tickets): one for all processes, sealed at rest.

    loan = await loans.current("wechat:token:wx1", fetch)                # kept, or fetched now
    loan = await loans.current("wechat:token:wx1", fetch, refused=loan)  # the platform takes it no more

A platform may end the last key when it lends a new one, so at most one fetch is in flight, over all
processes: who moves `fetching_until` from the past into the future may fetch, the others wait and look
again. A key that was refused is fetched anew only if nobody has done so since: the numbers are compared
first. A fetcher that dies is replaced when `fetching_until` is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection, or_, select, update

from storage import bulk, signals
from storage.database import Database
from storage.errors import Unavailable
from storage.schema import loans
from storage.sealing.vault import Vault, VaultError

FETCH_WITHIN = timedelta(seconds=15)  # a fetcher that takes longer is taken for dead
WAIT = 20.0  # seconds for somebody else's fetch
LOOK_EVERY = 0.5  # seconds; the floor under lost wake-ups


@dataclass(frozen=True, slots=True)
class Loan:
    """A key on loan. `number` rises with every new one; the first is 1."""

    value: str = field(repr=False)
    number: int


@dataclass(frozen=True, slots=True)
class Lent:
    """What a platform lent: the key, and how long we shall use it."""

    value: str = field(repr=False)
    good_for: timedelta


Fetch = Callable[[str], Awaitable[Lent]]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the row says: the last number, and the key while it may be used."""

    number: int = 0
    loan: Loan | None = None


class Loans:
    """The keys on loan, as one process sees them."""

    def __init__(self, database: Database, vault: Vault, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._under_way: dict[tuple[str, int], asyncio.Task[Loan]] = {}

    async def current(self, name: str, fetch: Fetch, *, refused: Loan | None = None) -> Loan:
        """Return the key called `name`, fetched now when there is none that may be used.

        fetch: asks the platform for a key; it is given the value that was refused, or "". It has to end
            within FETCH_WITHIN. What it raises is raised here, to all who wait in this process.
        refused: the key that the platform did not take.
        Raises:
            Unavailable: somebody else is fetching, and does not come to an end.
        """
        beyond = refused.number if refused else 0
        seen = await self._look(name, beyond)
        if seen.loan is not None:
            return seen.loan
        task = self._under_way.get((name, beyond))
        if task is None:
            spent = refused.value if refused else ""
            task = asyncio.create_task(self._renewed(name, lambda: fetch(spent), beyond))
            self._under_way[name, beyond] = task
            task.add_done_callback(partial(self._ended, (name, beyond)))
        return await asyncio.shield(task)  # who goes away must not take the others' key with him

    def _ended(self, key: tuple[str, int], task: asyncio.Task[Loan]) -> None:
        del self._under_way[key]
        if not task.cancelled():
            task.exception()  # seen, also when nobody waits any more

    async def _look(self, name: str, beyond: int) -> _Seen:
        return await self._database.read(lambda c: _seen(c, self._vault, name, beyond, self._clock()))

    async def _renewed(self, name: str, fetch: Callable[[], Awaitable[Lent]], beyond: int) -> Loan:
        """Fetch a key, or wait for the one that somebody else is fetching."""
        try:
            async with asyncio.timeout(WAIT):
                with self._database.signals.watch(_topic(name)) as watch:
                    while True:
                        seen = await self._look(name, beyond)
                        if seen.loan is not None:
                            return seen.loan
                        if (until := await self._begin(name, seen.number)) is not None:
                            await self._fetch(name, fetch, until)
                        else:
                            await watch.wait(LOOK_EVERY)
        except TimeoutError as error:
            raise Unavailable(f"waited {WAIT:g} s for {name}, which another process is fetching") from error

    async def _begin(self, name: str, number: int) -> datetime | None:
        """Return until when this process, and no other, may fetch the key that follows `number`."""
        now = self._clock()
        until = now + FETCH_WITHIN
        mine = await self._database.run(lambda c: _claim(c, name, number, now, until))
        return until if mine else None

    async def _fetch(self, name: str, fetch: Callable[[], Awaitable[Lent]], until: datetime) -> None:
        try:
            lent = await fetch()
        except BaseException:
            await self._database.run(lambda c: _give_up(c, name, until))
            raise
        expires = self._clock() + lent.good_for
        await self._database.run(lambda c: _keep(c, self._vault, name, lent.value, expires, until))


def _seen(connection: Connection, vault: Vault, name: str, beyond: int, now: datetime) -> _Seen:
    row = connection.execute(select(loans).where(loans.c.name == name)).one_or_none()
    if row is None:
        return _Seen()
    if row.value is None or row.number <= beyond or row.expires_at <= now:
        return _Seen(row.number)
    try:
        value = vault.box(row.wrapped_key).open(row.value, _aad(name)).decode()
    except VaultError:  # the master key was taken away: only a loan, another can be had
        return _Seen(row.number)
    return _Seen(row.number, Loan(value, row.number))


def _claim(connection: Connection, name: str, number: int, now: datetime, until: datetime) -> bool:
    """Say whether it is on us to fetch what follows `number`."""
    bulk.insert(connection, loans, ("name", "number"), [(name, 0)], "ON CONFLICT (name) DO NOTHING")
    free = or_(loans.c.fetching_until.is_(None), loans.c.fetching_until <= now)
    claim = update(loans).where(loans.c.name == name, loans.c.number == number, free)
    return connection.execute(claim.values(fetching_until=until)).rowcount == 1


def _keep(
    connection: Connection, vault: Vault, name: str, value: str, expires: datetime, until: datetime
) -> None:
    """Keep what we fetched, unless it took so long that somebody else has begun to.

    Each value gets a key of its own, so that after a change of the master key nothing is left to rewrap.
    """
    wrapped = vault.new_key()
    kept = update(loans).where(loans.c.name == name, loans.c.fetching_until == until)
    connection.execute(
        kept.values(
            wrapped_key=wrapped,
            value=vault.box(wrapped).seal(value.encode(), _aad(name)),
            number=loans.c.number + 1,
            expires_at=expires,
            fetching_until=None,
        )
    )
    signals.announce(connection, _topic(name))


def _give_up(connection: Connection, name: str, until: datetime) -> None:
    mine = update(loans).where(loans.c.name == name, loans.c.fetching_until == until)
    connection.execute(mine.values(fetching_until=None))
    signals.announce(connection, _topic(name))


def _topic(name: str) -> str:
    return f"loan:{name}"


def _aad(name: str) -> bytes:
    return f"loans.value:{name}".encode()
