"""The worker: claims what is due in the outbox, delivers it, and keeps the house.

Words, photos on a platform's servers, and photos to be judged have loops of their own, so that a hundred
waiting photos never hold up a submission, nor a slow platform anything but words.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from bot.shelf import Shelf
from handlers import metrics
from handlers.delivery import Deliveries
from handlers.erasing import Erasures
from storage import signals
from storage.database import Database
from storage.errors import StorageError
from storage.faults import hit
from storage.flow import audit, inbox, notices, outbox
from storage.flow.outbox import Item
from storage.sealing.vault import Vault

LOOK_EVERY = 1.0  # seconds; the floor under lost wake-ups, and the grain of timers
TALK_PLACES = 32  # conversations spoken to at once: a platform takes a tenth of a second for each
FETCH_PLACES = 8
REST_PLACES = 16
KEEP_DONE = timedelta(days=7)
RETRY_FAILED_EVERY = 2.0  # seconds between looks for events whose turn failed
REFRESH_EVERY = 5.0  # seconds until a script published elsewhere is taken up
TAKE_OVER_EVERY = 3.0  # seconds between looks for deliveries whose process has died
COUNT_EVERY = 10.0
KEEP_HOUSE_EVERY = 60.0
SEAL_EVERY = 3600.0  # a checkpoint reads all conversations touched since the last one
KEEP_KEYS = timedelta(days=7)  # no platform sends a message again after so long
RIPEN_EVERY = 10.0  # seconds between looks for kept words whose time has come
KEEP_NOTICES = timedelta(days=60)

ON_TIME = 0.01  # seconds: a loop with nothing much to do comes round sooner
AT_A_TIME = 4  # deliveries begun between two looks at the loop
REST_FOR, LONGEST_REST = 5, 0.5  # so many times as long as the loop was late; seconds

TALK, FETCH, PHOTOS = "Say", "FetchMedia", "MeasurePhoto"  # orders with a loop of their own

_log = structlog.get_logger("worker")


class Worker:
    """One process's share of the work. `run` ends when it is cancelled; what it holds is then released."""

    def __init__(
        self,
        database: Database,
        deliveries: Deliveries,
        vault: Vault,
        shelf: Shelf,
        *,
        clock: Callable[[], datetime],
        name: str,
        lease: timedelta,
        photo_places: int,
        stop_within: timedelta,
        erasures: Erasures,
    ) -> None:
        self._database = database
        self._deliveries = deliveries
        self._vault = vault
        self._shelf = shelf
        self._clock = clock
        self._name = name
        self._lease = lease
        self._photo_places = photo_places
        self._stop_within = stop_within
        self._erasures = erasures

    async def run(self) -> None:
        """Work until cancelled."""
        with suppress(StorageError):
            # In a container started again our predecessor had our very name.
            await self._database.run(lambda connection: outbox.free(connection, [self._name]))
        async with asyncio.TaskGroup() as group:
            for kinds, places in self._loops().items():
                group.create_task(self._carry(kinds, places))
            group.create_task(_every(TAKE_OVER_EVERY, self._take_over))
            group.create_task(_every(RETRY_FAILED_EVERY, self._retry_failed))
            group.create_task(_every(RIPEN_EVERY, self._ripen))
            group.create_task(_every(REFRESH_EVERY, self._shelf.refresh))
            group.create_task(_every(COUNT_EVERY, self._count))
            group.create_task(_every(SEAL_EVERY, self._seal))
            group.create_task(_every(KEEP_HOUSE_EVERY, self._keep_house))

    def _loops(self) -> dict[tuple[str, ...], int]:
        """Return the loops: which orders, and how many on the way at once."""
        own: dict[tuple[str, ...], int] = {
            (TALK,): TALK_PLACES,
            (FETCH,): FETCH_PLACES,
            (PHOTOS,): self._photo_places,
        }
        alone = {kind for kinds in own for kind in kinds}
        return {**own, tuple(kind for kind in self._deliveries.kinds if kind not in alone): REST_PLACES}

    async def _carry(self, kinds: tuple[str, ...], places: int) -> None:
        """Keep up to `places` deliveries on the way."""
        under_way: set[asyncio.Task[None]] = set()
        topics = (signals.OUTBOX, signals.WORDS) if TALK in kinds else (signals.OUTBOX,)
        with self._database.signals.watch(*topics) as watch:
            try:
                while True:
                    await _give_way()
                    limit = min(places - len(under_way), AT_A_TIME)
                    items = await self._claim(kinds, limit)
                    under_way |= {asyncio.create_task(self._deliver(item)) for item in items}
                    if len(items) == limit and len(under_way) < places:
                        continue  # there may be more
                    under_way -= await _ended(under_way, None if len(under_way) == places else watch)
            finally:
                await self._wind_up(under_way)

    async def _wind_up(self, under_way: set[asyncio.Task[None]]) -> None:
        """Let deliveries end by themselves for a while; what is cut off is claimed by the next process."""
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=self._stop_within.total_seconds())
            for task in late:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _claim(self, kinds: tuple[str, ...], limit: int) -> list[Item]:
        if limit <= 0:
            return []
        now = self._clock()
        try:
            items = await self._database.run(
                lambda connection: outbox.claim(
                    connection,
                    self._vault,
                    limit=limit,
                    now=now,
                    lease=self._lease,
                    worker=self._name,
                    kinds=kinds,
                )
            )
        except StorageError:
            _log.warning("claim failed; looking again")
            await asyncio.sleep(LOOK_EVERY)
            return []
        if items:
            hit("outbox.claimed")
        return items

    async def _deliver(self, item: Item) -> None:
        """Deliver one item, renewing its lease while that takes long."""
        renewing = asyncio.create_task(self._renew(item))
        try:
            await self._deliveries.deliver(item)
        except StorageError:
            _log.warning("delivery not settled; its lease will run out", delivery=item.hold.id)
        except asyncio.CancelledError:
            if item.kind != TALK:  # words are given back by who said them, and knows how far it came
                await self._give_back(item)
            raise
        finally:
            renewing.cancel()

    async def _give_back(self, item: Item) -> None:
        """Let the next process have at once what this one had begun when it was told to stop."""
        with suppress(StorageError):
            await self._database.run(
                lambda connection: outbox.retry(connection, item.hold, item.due_at, "stopped")
            )

    async def _take_over(self) -> None:
        """Free what processes of this machine held when they died; nobody has to wait for their leases."""
        holders = await self._database.read(outbox.holders)
        dead = [holder for holder in holders if _died(holder, self._name)]
        if dead:
            freed = await self._database.run(lambda connection: outbox.free(connection, dead))
            _log.info("took over from a process that died", count=freed)

    async def _renew(self, item: Item) -> None:
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            with suppress(StorageError):
                await self._database.run(
                    lambda connection: outbox.renew(connection, [item.hold], self._clock() + self._lease)
                )

    async def _ripen(self) -> None:
        await self._database.run(lambda connection: outbox.ripen(connection, self._clock()))

    async def _retry_failed(self) -> None:
        await self._database.retry_failed()

    async def _seal(self) -> None:
        """Sign the heads of the audit chains; forget the keys of messages that cannot come again."""
        heads = await self._database.read(audit.moved_heads)
        now = self._clock()
        await self._database.run(lambda connection: audit.seal_heads(connection, self._vault, now, heads))
        await self._database.run(lambda connection: inbox.sweep(connection, now - KEEP_KEYS))

    async def _count(self) -> None:
        """Show how the outbox does at /metrics."""
        stats = await self._database.read(lambda connection: outbox.stats(connection, self._clock()))
        for state in ("todo", "due", "held", "dead"):
            metrics.outbox.labels(state).set(getattr(stats, state))
        metrics.outbox_age.set(stats.oldest.total_seconds())

    async def _keep_house(self) -> None:
        before = self._clock() - KEEP_DONE
        await self._database.run(lambda connection: outbox.sweep(connection, before))
        forgotten = self._clock() - KEEP_NOTICES
        await self._database.run(lambda connection: notices.sweep(connection, forgotten))
        await self._deliveries.files.sweep()
        await self._erasures.catch_up()


async def _ended(under_way: set[asyncio.Task[None]], watch: signals.Watch | None) -> set[asyncio.Task[None]]:
    """Return the deliveries that have ended, once one has or, with a `watch`, something new is ordered."""
    if watch is None:  # no room for more: news would not help
        return (await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED))[0]
    news = asyncio.ensure_future(watch.wait(LOOK_EVERY))
    try:
        await asyncio.wait({news, *under_way}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        news.cancel()
    return {task for task in under_way if task.done()}


async def _give_way() -> None:
    """Begin nothing new while the loop is late: platforms hang up on who does not answer in time."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.sleep(0)
    late = loop.time() - began
    if late > ON_TIME:
        await asyncio.sleep(min(REST_FOR * late, LONGEST_REST))


def _died(holder: str, mine: str) -> bool:
    """Say whether a worker "<host>:<process>" of this machine is gone.

    Should this err (two containers that share a host's name), a delivery is carried out twice, which
    each of them bears; the fences keep the books straight.
    """
    host, _, process = holder.rpartition(":")
    if host != mine.rpartition(":")[0]:
        return False
    try:
        os.kill(int(process), 0)
    except OSError as error:
        return isinstance(error, ProcessLookupError)
    return False


async def _every(seconds: float, act: Callable[[], Awaitable[None]]) -> None:
    """Do something at intervals. A failure is logged and does not end it."""
    while True:
        try:
            await act()
        except StorageError:
            _log.warning("house-keeping failed; trying again", reason=act.__name__)
        except Exception:
            _log.exception("house-keeping failed", reason=act.__name__)
        await asyncio.sleep(seconds)
