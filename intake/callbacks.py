"""Telling the bot: signed, at least once, in order within an application, whatever crashes in between.

What is owed stands in the table `callbacks`. Of each application only the oldest event that is still owed
may be sent. An event that was refused to the end of the schedule is `failed`: an alarm is logged, the
ones behind it go on, and the receiver finds the gap and asks `…/events`. When the receiver answers again
after silence, all that waits goes at once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import structlog
from sqlalchemy import CursorResult, and_, exists, func, or_, select, update
from standardwebhooks import Webhook

from intake import faults
from intake.cases import events, moves, silence
from intake.keeping.schema import applications, callbacks
from intake.keeping.schema import events as event_table
from intake.keeping.unit import Unit
from intake.lookups import asking
from intake.parts import Parts

RETRIES = tuple(timedelta(seconds=seconds) for seconds in (5, 60, 5 * 60, 30 * 60, 2 * 3600, 12 * 3600))
TIMEOUT = aiohttp.ClientTimeout(total=10, connect=5)
LEASE = timedelta(seconds=15)  # longer than TIMEOUT: nobody else sends what we are sending
PARALLEL = 8
IDLE_SECONDS = 5.0  # look again at least this often: another process may have left work behind
BUSY_STATUSES = frozenset({408, 425, 429})  # 4xx that say "later", not "never"

log = structlog.get_logger("intake.callbacks")


@dataclass(frozen=True, slots=True)
class Item:
    """One event to tell, and how often that was tried before."""

    number: str
    seq: int
    event_id: str
    body: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an attempt failed. `final`: the receiver is there and does not want this one."""

    error: str
    final: bool = False


class Callbacks:
    def __init__(self, parts: Parts, session: aiohttp.ClientSession) -> None:
        self._parts, self._session = parts, session
        self._webhook = Webhook(parts.settings.webhook_secret)
        self._silent = True  # until the first one is taken, so that a restart tries at once what waits

    async def run(self) -> None:
        if self._parts.database.alone:
            await self._parts.quietly(release)
        while True:
            self._parts.news.clear()
            try:
                busy = await self.step()
            except Exception:
                # The database may be away for a while; this loop must outlive that.
                log.exception("callbacks.step_failed")
                busy = False
            if not busy:
                await self._idle()

    async def _idle(self) -> None:
        # Not wait_for: until Python 3.12 it loses a cancellation that comes together with the news.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(IDLE_SECONDS):
                await self._parts.news.wait()

    async def step(self) -> bool:
        """Send what is due now, side by side. Returns whether there was anything."""
        items = await self._parts.quietly(claim)
        await asyncio.gather(*(self._deliver(item) for item in items))
        return bool(items)

    async def _deliver(self, item: Item) -> None:
        faults.hit("callback.before_send")
        refusal = await self._send(item)
        faults.hit("callback.after_send")
        if refusal is None:
            revive, self._silent = self._silent, False
            await self._parts.change(lambda unit: taken(unit, item, revive=revive))
            self._parts.metrics.callbacks.labels("taken").inc()
            return
        self._silent = self._silent or not refusal.final
        failed = await self._parts.change(lambda unit: refused(unit, item, refusal))
        self._parts.metrics.callbacks.labels("failed" if failed else "retried").inc()
        say = log.error if failed else log.warning
        say(
            "callback.failed" if failed else "callback.retried",
            number=item.number,
            seq=item.seq,
            error=refusal.error,
        )

    async def _send(self, item: Item) -> Refusal | None:
        try:
            async with self._session.post(
                self._parts.settings.callback_url,
                data=item.body,
                headers=self._headers(item),
                timeout=TIMEOUT,
                allow_redirects=False,
            ) as answer:
                return judge(answer.status)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Refusal(f"unreachable: {type(error).__name__}")

    def _headers(self, item: Item) -> Mapping[str, str]:
        now = self._parts.now()
        return {
            "content-type": "application/json",
            "webhook-id": item.event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(item.event_id, now, item.body.decode()),
        }


def judge(status: int) -> Refusal | None:
    if 200 <= status < 300:
        return None
    return Refusal(f"status {status}", final=400 <= status < 500 and status not in BUSY_STATUSES)


def claim(unit: Unit) -> list[Item]:
    """Take what is due, the oldest of each application, for the time of a lease."""
    earlier = callbacks.alias()
    free = or_(callbacks.c.lease_until.is_(None), callbacks.c.lease_until <= unit.now)
    blocked = exists().where(
        earlier.c.number == callbacks.c.number, earlier.c.seq < callbacks.c.seq, earlier.c.state == "todo"
    )
    query = (
        select(callbacks.c.attempts, event_table, applications.c.reference)
        .join(
            event_table,
            and_(event_table.c.number == callbacks.c.number, event_table.c.seq == callbacks.c.seq),
        )
        .join(applications, applications.c.number == callbacks.c.number)
        .where(callbacks.c.state == "todo", callbacks.c.due_at <= unit.now, free, ~blocked)
        .order_by(callbacks.c.due_at)
        .limit(PARALLEL)
        .with_for_update(of=callbacks, skip_locked=True)
    )
    found = [
        Item(row.number, row.seq, row.event_id, events.body(events.document(unit, row)), row.attempts)
        for row in unit.connection.execute(query).all()
    ]
    for item in found:
        _set(unit, item, lease_until=unit.now + LEASE)
    return found


def release(unit: Unit) -> None:
    """End all leases: whoever held them is gone."""
    unit.connection.execute(
        update(callbacks).where(callbacks.c.lease_until.is_not(None)).values(lease_until=None)
    )


def taken(unit: Unit, item: Item, *, revive: bool) -> None:
    _set(unit, item, state="done", attempts=item.attempts + 1, lease_until=None, error="")
    if revive:
        retry_now(unit)


def refused(unit: Unit, item: Item, refusal: Refusal) -> bool:
    """Note a failed attempt. Returns whether it was the last one."""
    attempts = item.attempts + 1
    last = attempts > len(RETRIES)
    due_at = unit.now if last else unit.now + RETRIES[attempts - 1]
    error = f"{'refused' if refusal.final else 'no answer'}: {refusal.error}"
    state = "failed" if last else "todo"
    _set(unit, item, state=state, attempts=attempts, due_at=due_at, lease_until=None, error=error)
    return last


def retry_now(unit: Unit, *, refused_too: bool = False) -> int:
    """Make all that waits due now, also what failed for want of an answer. Returns how many."""
    unanswered = and_(callbacks.c.state == "failed", callbacks.c.error.not_like("refused%"))
    failed = callbacks.c.state == "failed" if refused_too else unanswered
    waiting = and_(callbacks.c.state == "todo", callbacks.c.attempts > 0)
    wanted = and_(or_(failed, waiting), callbacks.c.lease_until.is_(None))
    result: CursorResult[Any] = unit.connection.execute(
        update(callbacks).where(wanted).values(state="todo", attempts=0, due_at=unit.now)
    )
    return result.rowcount


def owed(unit: Unit) -> dict[str, int]:
    """How many are not taken yet, by state."""
    counted = (
        select(callbacks.c.state, func.count()).where(callbacks.c.state != "done").group_by(callbacks.c.state)
    )
    return {"todo": 0, "failed": 0} | {row[0]: row[1] for row in unit.connection.execute(counted)}


async def on_time(parts: Parts) -> None:
    """Make the moves whose clock has run out, and say what nobody answered in time."""
    for work in (moves.make_due, asking.escalate, silence.escalate):
        await parts.change(work)


async def keep_clocks(parts: Parts, every_seconds: float = 60.0) -> None:
    """Do again and again what is the system's own to do."""
    while True:
        try:
            await on_time(parts)
        except Exception:
            log.exception("clocks.step_failed")
        await asyncio.sleep(every_seconds)


def _set(unit: Unit, item: Item, **values: Any) -> None:
    mine = and_(callbacks.c.number == item.number, callbacks.c.seq == item.seq)
    unit.connection.execute(update(callbacks).where(mine).values(**values))
