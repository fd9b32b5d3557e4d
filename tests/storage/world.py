"""A small world around a database: a toy dialog, a clock that only tests move, people who write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, func, select

from dialogs.messages import Address, Card, Choice, Inbound, Outbound
from dialogs.session import Session
from dialogs.turn import (
    Event,
    MeasurePhoto,
    MessageReceived,
    OpenTicket,
    PhotoMeasured,
    ProgressReported,
    Say,
    SetTimer,
    Submit,
    TimerFired,
    TrackCase,
    Turn,
)
from storage.database import Database
from storage.flow.outbox import Hold
from storage.flow.turns import Arrival, Taken
from storage.people import messages
from storage.people.addresses import Hook
from storage.sealing.vault import Vault

T = TypeVar("T")
START = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


class Mistake(Exception):
    """What the toy dialog raises when it is told to break."""


class Dialog:
    """A toy dialog: it repeats what it hears and counts it, and some words make it order things.

    `broken` words raise, as a bug in a script would.
    """

    def __init__(self) -> None:
        self.broken: set[str] = set()

    def decide(self, session: Session, event: Event, now: datetime) -> Turn:
        words = _words(event)
        if words in self.broken:
            raise Mistake(words)
        heard = [*session.answers.get("heard", []), words]
        session = replace(session, answers={"heard": heard}, prompt=len(heard))
        return self._orders(words, Turn(session, (Say(Outbound(f"{len(heard)} {words}")),)), now)

    def _orders(self, words: str, turn: Turn, now: datetime) -> Turn:
        order, _, rest = words.partition(" ")
        extra: Mapping[str, Callable[[], tuple[Any, ...]]] = {
            "silence": tuple,
            "photo": lambda: (MeasurePhoto(rest),),
            "submit": lambda: (Submit(rest, {"name": "胡一"}), TrackCase(rest, "", "enrolment", "draft", 0)),
            "number": lambda: (TrackCase("ref-1", rest, "enrolment", "submitted", 1),),
            "timer": lambda: (SetTimer("remind", "ref-1", now + timedelta(minutes=int(rest))),),
            "person": lambda: (OpenTicket("asked", rest),),
            "there": lambda: (Say(Outbound(rest), "wechat"),),
            "card": lambda: (
                Say(Outbound(rest, (Choice("1:a", "甲"),), Card("notice", "要带什么", {"sections": []}))),
            ),
        }
        if order not in extra:
            return turn
        session = replace(turn.session, owner="queue") if order == "person" else turn.session
        said = () if order == "silence" else turn.effects
        return Turn(session, said + extra[order]())


class World:
    """A database under test. `now` moves only by `later`."""

    def __init__(self, url: str, vault: Vault, *, pushed: frozenset[str] = frozenset({"wechat"})) -> None:
        self.url, self.vault, self.pushed = url, vault, pushed
        self.now = START
        self.dialog = Dialog()
        self._keys = 0

    async def open(self, *, exclusive: bool = False) -> None:
        self.db = await Database.open(
            self.url,
            vault=self.vault,
            decide=lambda session, event, now: self.dialog.decide(session, event, now),
            pushed=self.pushed,
            migrate=True,
            exclusive=exclusive,
            clock=lambda: self.now,
        )

    async def close(self) -> None:
        await self.db.close()

    def later(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now

    async def person(self, user: str = "u1", channel: str = "web") -> str:
        return await self.db.conversation(Address(channel, "main", user))

    def arrival(
        self, conversation: str, words: str | Event, *, key: str = "", settles: Hold | None = None
    ) -> Arrival:
        self._keys += 1
        key = key or f"k{self._keys}"
        event = words if not isinstance(words, str) else MessageReceived(Inbound(key, self.now, text=words))
        shown = {"text": words, "echo": key} if isinstance(words, str) else None
        return Arrival(conversation, "web", "main", key, event, self.now, shown, settles)

    async def write(self, conversation: str, words: str | Event, **given: Any) -> Taken:
        return await self.db.take(self.arrival(conversation, words, **given))

    async def write_from(
        self, address: Address, words: str, *, means: str = "message", hook: Hook | None = None
    ) -> Taken:
        """Have the person at `address` write, by his platform."""
        conversation = await self.db.conversation(address)
        arrival = self.arrival(conversation, words)
        return await self.db.take(replace(arrival, address=address, means=means, hook=hook))

    async def transcript(self, conversation: str) -> list[str]:
        found = await self.db.read(lambda c: messages.after(c, self.vault, conversation, 0))
        return [f"{message.sender}: {message.body['text']}" for message in found]

    async def rows(self, table: Table, *columns: str) -> list[Any]:
        wanted = [table.c[name] for name in columns]

        def read(connection: Connection) -> list[Any]:
            return list(connection.execute(select(*wanted).order_by(*wanted)).all())

        return await self.db.read(read)

    async def count(self, table: Table) -> int:
        return await self.db.read(lambda c: c.execute(select(func.count()).select_from(table)).scalar_one())


def _words(event: Event) -> str:
    match event:
        case MessageReceived(message):
            return message.text
        case PhotoMeasured(file=file):
            return f"measured {file}"
        case TimerFired(name, key):
            return f"fired {name} {key}"
        case ProgressReported(type=kind):
            return f"progress {kind}"
        case other:
            return type(other).__name__
