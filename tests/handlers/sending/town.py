"""A small town around the outgoing core: platforms that keep their rules, people, a clock that steps.

The platforms here are strict and count for themselves, by what was said and when: they refuse what the
real ones refuse. The database and everything between it and them is the product's own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from dialogs.messages import Address, Card, Choice, News, Outbound
from dialogs.session import Session
from dialogs.turn import Event, HandoverOffered, MessageReceived, ProgressReported, Say, Turn
from handlers.channels.base import (
    Allowance,
    Capabilities,
    Part,
    Rung,
    WaitForApplicant,
)
from handlers.channels.cutting import size
from handlers.sending import Books, Sending
from storage.flow import notices, outbox
from storage.flow.outbox import Item
from storage.people import addresses
from storage.schema import outbox as outbox_table
from storage.sealing.vault import Vault
from tests.storage.world import World

LEASE = timedelta(seconds=30)
HU = Address("wechat", "main", "hu")
HU_TELEGRAM = Address("telegram", "main", "42")
HU_WEB = Address("webchat", "", "page")
CASE = "CS-1120-0001"
PHONE = "+8613900000000"

WECHAT = Capabilities(
    2048,
    "bytes",
    allowances={
        "message": Allowance(5, timedelta(hours=48)),
        "tap": Allowance(3, timedelta(minutes=1)),
    },
    rungs=("subscription", "template", "sms"),
)
TELEGRAM = Capabilities(4096, "characters", buttons="inline", max_buttons=100, photos=False)


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that reached a phone: words, or a notice by `rung`."""

    at: datetime
    user: str
    text: str
    rung: str = ""
    key: str = ""


@dataclass
class Platform:
    """A platform that keeps its own count. `faults` are raised by the calls to come, one each.

    A fault in `after` is raised when the message has been taken already.
    """

    name: str
    can: Capabilities
    clock: Callable[[], datetime]
    account: str = "main"
    heard: list[Heard] = field(default_factory=list)
    faults: list[BaseException | None] = field(default_factory=list)
    after: list[BaseException | None] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)  # rungs that are not open
    notice_faults: list[BaseException | None] = field(default_factory=list)
    notice_after: list[BaseException | None] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    refused: int = 0  # messages beyond what was granted
    _granted: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)

    def spoke(self, user: str, means: str = "message") -> None:
        """He wrote or tapped: the platform grants anew."""
        allowance = self.can.allowances.get(means)
        if allowance is not None:
            self._granted[user, means] = [self.clock() + allowance.within] * allowance.messages

    async def send(self, to: Address, part: Part, *, key: str) -> str:
        if self.faults and (fault := self.faults.pop(0)):
            raise fault
        assert size(part.text, self.can.text_unit) <= self.can.text_limit, "45002"
        self._grant(to.user)
        self.heard.append(Heard(self.clock(), to.user, part.text, key=key))
        self.parts.append(part)
        if self.after and (fault := self.after.pop(0)):
            raise fault
        return ""

    def _grant(self, user: str) -> None:
        if not self.can.allowances:
            return
        for means in ("tap", "message"):
            grants = self._granted.get((user, means), [])
            if grants and self.clock() <= grants[0]:
                grants.pop()
                return
        self.refused += 1
        raise WaitForApplicant("45015")

    async def notify(self, to: Address, news: News, rung: Rung, *, key: str) -> str:
        if rung in self.closed:
            raise WaitForApplicant("43101")
        if self.notice_faults and (fault := self.notice_faults.pop(0)):
            raise fault
        if not any(each.key == key and each.rung == rung for each in self.heard):
            self.heard.append(Heard(self.clock(), to.user, f"{news.number} {news.state}", rung, key))
        if self.notice_after and (fault := self.notice_after.pop(0)):
            raise fault
        return f"report-{key}"

    @property
    def texts(self) -> list[str]:
        return [each.text for each in self.heard if not each.rung]

    @property
    def notices(self) -> list[tuple[str, str]]:
        return [(each.rung, each.text) for each in self.heard if each.rung]

    # What no test here needs of a channel

    def add_routes(self, app: web.Application) -> None:
        raise NotImplementedError

    def fetch(self, ref: str, limit: int) -> AsyncIterator[bytes]:
        raise NotImplementedError

    async def typing(self, to: Address) -> None:
        raise NotImplementedError

    async def deep_link(self, scene: str) -> str:
        raise NotImplementedError

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Gateway:
    """An SMS gateway: drops repeats by their key."""

    sent: dict[str, tuple[str, str]] = field(default_factory=dict)
    faults: list[BaseException | None] = field(default_factory=list)

    async def send(self, phone: str, text: str, key: str) -> str:
        if self.faults and (fault := self.faults.pop(0)):
            raise fault
        self.sent.setdefault(key, (phone, text))
        return key


CHOICES = (Choice("1:a", "甲"), Choice("1:b", "乙"))


class Voice:
    """The dialog: answers "答：..." to what it hears, says news as it comes; "问" and news with "？" ask."""

    def decide(self, session: Session, event: Event, now: datetime) -> Turn:
        match event:
            case MessageReceived(message) if message.text == "沉默":
                return Turn(session)
            case MessageReceived(message) if message.text == "问":
                return Turn(session, (Say(Outbound("哪一个？", CHOICES)),))
            case MessageReceived(message):
                return Turn(session, tuple(Say(Outbound(f"答：{each}")) for each in message.text.split("|")))
            case HandoverOffered(code=code, until=until):
                card = Card(
                    "handover", "换个地方接着办", {"code": code, "until": until.isoformat(), "links": {}}
                )
                return Turn(session, (Say(Outbound(f"就把{code}发到那边", card=card)),))
            case ProgressReported(type=kind, data=data):
                news = News(
                    "灵活就业人员参保登记",
                    data.get("number", CASE),
                    kind,
                    "11月21日",
                    data["vital"],
                    data["phone"],
                )
                choices = CHOICES if data["text"].endswith("？") else ()
                said = Outbound(data["text"], choices, news=news)
                return Turn(session, (Say(said, data.get("channel", "")),))
        return Turn(session)


class Town:
    """Everything together."""

    def __init__(self, url: str, vault: Vault) -> None:
        self.world = World(url, vault, pushed=frozenset({"wechat", "telegram"}))
        self.world.dialog = Voice()  # type: ignore[assignment]  # another dialog than storage's tests have
        self.wechat = Platform("wechat", WECHAT, lambda: self.now)
        self.telegram = Platform("telegram", TELEGRAM, lambda: self.now)
        self.gateway = Gateway()
        self._events = 0

    async def open(self) -> None:
        await self.world.open()
        self.sending = self.sender()

    async def close(self) -> None:
        await self.world.close()

    @property
    def now(self) -> datetime:
        return self.world.now

    def sender(self, worker: str = "w1", texts: bool = True) -> Sending:
        books = Books(self.world.db, self.world.vault, lambda: self.now, worker, LEASE)
        channels: Any = {"wechat": self.wechat, "telegram": self.telegram}
        return Sending(books, channels, random=lambda: 1.0, texts=self.gateway if texts else None)

    async def writes(self, words: str, address: Address = HU, means: str = "message") -> None:
        """Somebody writes, and the worker says what is due."""
        platform = {"wechat": self.wechat, "telegram": self.telegram}.get(address.channel)
        if platform is not None:
            platform.spoke(address.user, means)
        await self.world.write_from(address, words, means=means)
        await self.work()

    async def news(
        self,
        text: str,
        *,
        vital: bool = False,
        state: str = "",
        phone: str = "",
        work: bool = True,
        address: Address = HU,
        **more: str,
    ) -> None:
        """News of the case comes in, and the worker says what is due."""
        self._events += 1
        data = {"text": text, "vital": vital, "phone": phone, **more}
        event = ProgressReported("r1", CASE, self._events, state or text, self.now, data)
        conversation = await self.world.db.conversation(address)
        await self.world.write(conversation, event)
        if work:
            await self.work()

    async def code(self, code: str, lasts: timedelta) -> None:
        """A code to go on elsewhere is made for him, and the worker says what is due."""
        conversation = await self.world.db.conversation(HU)
        await self.world.write(conversation, HandoverOffered(code, self.now + lasts, {}, "telegram"))
        await self.work()

    async def claim(self, worker: str = "w1") -> list[Item]:
        return await self.world.db.run(
            lambda c: outbox.claim(
                c, self.world.vault, limit=8, now=self.now, lease=LEASE, worker=worker, kinds=("Say",)
            )
        )

    async def work(self, sending: Sending | None = None) -> None:
        """Do what a worker does, until nothing is due."""
        await self.world.db.run(lambda c: outbox.ripen(c, self.now))
        while items := await self.claim():
            for item in items:
                await (sending or self.sending).say(item)

    async def later(self, **span: float) -> None:
        """Let time pass, and let the worker do what falls due."""
        self.world.later(**span)
        await self.work()

    async def join(self, address: Address, conversation_of: Address = HU) -> None:
        """Let somebody go on with his conversation at another address, too."""
        conversation = await self.world.db.conversation(conversation_of)
        await self.world.db.run(lambda c: addresses.add(c, address, conversation, self.now))

    async def report(self, *, delivered: bool) -> None:
        """The platform tells how its newest notice ended."""
        key = [each.key for each in self.wechat.heard if each.rung][-1]
        await self.world.db.run(
            lambda c: notices.report(c, f"report-{key}", delivered=delivered, now=self.now)
        )
        await self.work()

    async def states(self) -> dict[str, int]:
        """Return how many messages are in which state."""
        found: dict[str, int] = {}
        for (state,) in await self.world.rows(outbox_table, "state"):
            found[state] = found.get(state, 0) + 1
        return found
