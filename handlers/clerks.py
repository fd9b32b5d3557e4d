"""The clerks' group hears that somebody is waited for: by its robot on DingTalk, rarely, in few words.

A group's robot may say 20 things a minute; one more, and it is not heard for ten minutes. So all that is
new goes into one message, and messages have a pace that all processes share (storage.flow.pace). What
waits is the order in the outbox; the ticket itself has long been in the clerks' queue.

It carries no personal data: many people read along, and the group belongs to a platform.
A message whose end nobody saw is said again: "somebody waits" twice does no harm.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

import aiohttp
import structlog

from dialogs.turn import TellClerks
from dialogs.wording import catalogue, say
from handlers.calling import post
from handlers.channels.base import SendError, TryLater
from handlers.channels.dingtalk.envelope import header_sign
from handlers.delivery import Carrier
from storage.database import Database
from storage.errors import NotHeld
from storage.flow import outbox, pace
from storage.flow.outbox import Item
from storage.people import tickets
from storage.sealing.vault import Vault

PACE = "dingtalk.clerks"
EVERY = timedelta(seconds=4)  # 20 a minute is one in three seconds; a fast clock somewhere must not break it
BLOCKED_FOR = timedelta(minutes=10)
AGAIN = timedelta(minutes=1)
GIVE_UP_AFTER = timedelta(days=1)  # by then they have looked into their queue
AT_ONCE = 200  # orders that one message can settle
NAMED = 8  # tickets that it names
LEASE = timedelta(seconds=30)
LANG = "zh-CN"  # the clerks'
LOOKUP = "lookup"  # the reason of what an officer of another department is waited for
TOO_OFTEN = (88, 90018, 90030, 130101, 410100)  # errcodes: the robot is not heard for ten minutes
BUSY = -1

_log = structlog.get_logger("clerks")


class Blocked(TryLater):
    """We were too loud."""


class Robot:
    """The robot of one group. Its address carries an access token and is never shown."""

    def __init__(
        self, url: str, secret: str, session: aiohttp.ClientSession, clock: Callable[[], datetime]
    ) -> None:
        self._url = url
        self._secret = secret
        self._session = session
        self._clock = clock

    async def say(self, text: str) -> None:
        """Say something in the group.

        Raises:
            Blocked, TryLater, MaybeSent.
        """
        stamp = str(int(self._clock().timestamp() * 1000))
        mark = "&" if "?" in self._url else "?"
        sign = quote(header_sign(self._secret, stamp), safe="")
        url = f"{self._url}{mark}timestamp={stamp}&sign={sign}"
        body = json.dumps({"msgtype": "text", "text": {"content": text}}, ensure_ascii=False).encode()
        answer = await post(self._session, url, body, platform="clerks")
        code = answer.body.get("errcode")
        if answer.status == 429 or code in TOO_OFTEN:
            raise Blocked("the group's robot was too loud", BLOCKED_FOR.total_seconds())
        if answer.ok and code == 0:
            return
        if answer.ok and code != BUSY:
            _log.error("the group's robot is set up wrongly", reason=str(code)[:100])
        raise TryLater(f"the group's robot: HTTP {answer.status}, {code!s:.20}", AGAIN.total_seconds())


class Clerks:
    """Carries out TellClerks. `name`: the worker's, under which it holds what it settles besides."""

    def __init__(
        self, robot: Robot, database: Database, vault: Vault, clock: Callable[[], datetime], name: str
    ) -> None:
        self._robot = robot
        self._database = database
        self._vault = vault
        self._clock = clock
        self._name = name
        self._desk: list[Item] = []  # orders of this process that nobody has dealt with yet
        self._one = asyncio.Lock()

    @property
    def carriers(self) -> dict[type, Carrier]:
        """By the order they carry out."""
        return {TellClerks: lambda _, item, __: self.tell(item)}

    async def tell(self, item: Item) -> None:
        """Deal with an order: told, with all others that wait, or put off. The item is settled then."""
        self._desk.append(item)
        async with self._one:
            if item in self._desk:  # else whoever was before us has told it along
                await self._tell()

    async def _tell(self) -> None:
        now = self._clock()
        free_at = await self._database.run(lambda c: pace.take(c, PACE, now, EVERY))
        items, self._desk = self._desk, []
        if free_at is not None:
            await self._put_off(items, free_at, "others were told just now")
            return
        items += await self._others(now)
        try:
            await self._say(items)
        except SendError as fault:
            wait = fault.after if isinstance(fault, TryLater) else None
            until = now + (timedelta(seconds=wait) if wait else AGAIN)
            if isinstance(fault, Blocked):
                await self._database.run(lambda c: pace.wait_until(c, PACE, until))
            await self._put_off(items, until, type(fault).__name__)
        else:
            await self._settle(items)

    async def _others(self, now: datetime) -> list[Item]:
        """Hold what else there is to tell."""
        return await self._database.run(
            lambda c: outbox.claim(
                c, self._vault, limit=AT_ONCE, now=now, lease=LEASE, worker=self._name, kinds=("TellClerks",)
            )
        )

    async def _say(self, items: Sequence[Item]) -> None:
        """Say what of it is still to be said: a ticket may have been closed meanwhile."""
        told = [item.effect for item in items if isinstance(item.effect, TellClerks)]
        still, count = await self._database.read(
            lambda c: tickets.still_open(c, [each.ticket for each in told])
        )
        lookups = [each for each in told if each.reason == LOOKUP]  # they are closed elsewhere
        if fresh := [*lookups, *(each for each in told if each.ticket in still)]:
            await self._robot.say(words(fresh, count + len(lookups)))

    async def _settle(self, items: Sequence[Item]) -> None:
        now = self._clock()
        await self._each(items, lambda c, item: outbox.settle(c, item.hold, now))

    async def _put_off(self, items: Sequence[Item], until: datetime, why: str) -> None:
        oldest = self._clock() - GIVE_UP_AFTER
        late = [item for item in items if item.created_at < oldest]
        await self._each(late, lambda c, item: outbox.bury(c, item.hold, why))
        rest = [item for item in items if item.created_at >= oldest]
        await self._each(rest, lambda c, item: outbox.retry(c, item.hold, until, why))

    async def _each(self, items: Sequence[Item], write: Callable[..., None]) -> None:
        """Write something for each of them in one commit; what another worker holds by now is left to him."""

        def work(connection: object) -> None:
            for item in items:
                try:
                    write(connection, item)
                except NotHeld:
                    _log.info("delivery moved on", delivery=item.hold.id)

        if items:
            await self._database.run(work)


def words(told: Sequence[TellClerks], count: int) -> str:
    """Return the message about new tickets. count: of all that are open."""
    lines = [say("clerks.waiting", LANG, count=count)]
    lines += [_line(each) for each in told[:NAMED]]
    if len(told) > NAMED:
        lines.append(say("clerks.more", LANG, count=len(told) - NAMED))
    return "\n".join(lines)


def _line(each: TellClerks) -> str:
    if each.reason == LOOKUP:
        return say("clerks.lookup", LANG, department=each.department, id=each.ticket)
    return say("clerks.ticket", LANG, reason=_reason(each.reason), tail=each.ticket[-6:])


def _reason(reason: str) -> str:
    key = f"clerks.reason_{reason}"
    return say(key if key in catalogue() else "clerks.reason_other", LANG)
