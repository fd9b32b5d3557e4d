"""Our side, put together around one channel as the product does it: webhook, database, worker."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from prometheus_client import generate_latest
from sqlalchemy import func, select

from dialogs.messages import Address, Card, Choice, Media, News, Outbound
from dialogs.session import Session
from dialogs.turn import (
    Event,
    FetchMedia,
    Flooded,
    MediaFetched,
    MessageReceived,
    Opened,
    PhotoMeasured,
    ProgressReported,
    Say,
    Turn,
)
from handlers import metrics
from handlers.channels.base import Kit, Part
from handlers.channels.receiving import Mailroom
from handlers.delivery import Deliveries
from handlers.errors import problems
from handlers.keys import MAILROOM
from handlers.security import Buckets, make_gate
from handlers.sending import Books, Fetching, Links, Outgoing, Papers, Sending
from handlers.turns import Turns
from handlers.uploads import Uploads
from storage.database import Database
from storage.flow import outbox
from storage.people import addresses, messages
from storage.people.addresses import Place
from storage.schema import inbox
from storage.schema import outbox as outbox_table
from storage.sealing.files import FileStore
from storage.sealing.vault import Vault
from tests.handlers.channels.conformance.calls import Recorded, recording
from tests.handlers.channels.conformance.case import Case
from tests.platforms.base import Clock, Person, serving

START = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
LEASE = timedelta(seconds=30)
LARGEST_PHOTO = 200_000  # bytes
PATIENCE = 12  # letters of one person that are read; more are a flood
AGAIN = "怕您没收到，再发一遍："
HELD_OPEN = 30.0  # real seconds that a platform waits here: a busy machine is no fault

FILE = "0123456789abcdef" * 2  # a document of the office that is held
PAPER, PICTURE = b"%PDF-1.6 paper", b"\x89PNG\r\n\x1a\n picture"

Decide = Callable[[Session, Event, datetime], Turn]


def echo(session: Session, event: Event, now: datetime) -> Turn:
    """A toy dialog: it says what it heard, asks when it hears 问, and tells how photos ended."""
    match event:
        case MessageReceived(message) if message.text == "沉默":
            return Turn(session)
        case MessageReceived(message) if message.text == "问":
            return _says(
                session, Outbound("您的户口在常山吗？", (Choice("1:a", "在"), Choice("1:b", "不在")))
            )
        case MessageReceived(message) if message.text == "文件":
            card = Card("document", "受理回执", {"file": FILE, "number": "SL-1", "asked": True})
            return _says(session, Outbound("《受理回执》给您存好了，编号SL-1。", card=card))
        case MessageReceived(message) if message.media and message.media[0].kind == "photo":
            return Turn(session, tuple(_fetch(each, message.channel) for each in message.media))
        case MessageReceived(message) if message.media:
            return _says(session, Outbound(f"别的：{message.media[0].kind}"))
        case MessageReceived(message):
            return _says(session, Outbound(f"听到：{message.text or message.choice}"))
        case Opened():
            return _says(session, Outbound("您好。"))
        case Flooded():
            return _says(session, Outbound("慢一点。"))
        case MediaFetched():
            return _says(session, Outbound("照片收到。"))
        case PhotoMeasured(fault=fault):
            return _says(session, Outbound(f"照片没收到：{fault}"))
        case ProgressReported(data=data):
            news = News("灵活就业人员参保登记", "CS-1", "已受理", "11月21日", vital=True)
            return _says(session, Outbound(data["text"], news=news))
    return Turn(session)


def _says(session: Session, *said: Outbound) -> Turn:
    return Turn(session, tuple(Say(each) for each in said))


def _fetch(media: Media, channel: str) -> FetchMedia:
    return FetchMedia(media.file, media.ref, channel)


async def _document_link(file: str) -> str:
    return f"https://bot.example.gov.cn/papers/#{file}"


async def _picture(pdf: bytes) -> bytes:
    assert pdf == PAPER
    return PICTURE


class Desk:
    """Everything together. `hu` has opened the channel; time passes by `later` alone."""

    def __init__(self, case: Case, url: str, vault: Vault, folder: Path, decide: Decide = echo) -> None:
        self.case, self.vault, self.url = case, vault, url
        self.clock = Clock(START)
        self.fake = case.fake(self.clock)
        self.fake.patience = HELD_OPEN
        self.hu: Person = self.fake.person("hu")
        self.events: list[Event] = []
        self._decide, self._folder = decide, folder
        self._stack = AsyncExitStack()
        self._seq = 0

    async def open(self) -> None:
        enter = self._stack.enter_async_context
        await enter(serving(self.fake))
        session = await enter(ClientSession())
        self.database = await Database.open(
            self.url,
            vault=self.vault,
            decide=self._heard,
            pushed={self.case.name},
            clock=self.clock,
        )
        self._stack.push_async_callback(self.database.close)
        self.kit = Kit(session, self.database, self.vault, self.clock, "https://bot.example.gov.cn")
        self.channel = self.case.channel(self.fake, self.kit)
        self._stack.push_async_callback(self.channel.close)
        self.turns = Turns(self.database, self.clock)
        server = await enter(TestServer(self._app()))
        self.calls = await enter(recording(str(server.make_url(self.case.path))))
        self.fake.webhook = self.calls.url
        self._work = self._worker()
        await self.hu.open()
        await self.work()

    def _heard(self, session: Session, event: Event, now: datetime) -> Turn:
        self.events.append(event)
        return self._decide(session, event, now)

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[problems, make_gate({})])
        still = Buckets(1, PATIENCE, clock=lambda: 0.0)
        app[MAILROOM] = Mailroom(self.database, self.turns, self.vault, self.clock, buckets=still)
        self.channel.add_routes(app)
        return app

    def _worker(self) -> Deliveries:
        channels = {self.case.name: self.channel}
        self.uploads = Uploads(
            self.database, self.vault, FileStore(self._folder / "files"), self.clock, LARGEST_PHOTO
        )
        books = Books(self.database, self.vault, self.clock, "w1", LEASE)
        links, papers = Links(document=_document_link), Papers(self._paper, _picture)
        sending = Sending(books, channels, random=lambda: 1.0, links=links, papers=papers)
        outgoing = Outgoing(sending, Fetching(channels, self.uploads, lambda: 1.0))
        nobody = cast(Any, None)  # nothing is handed in here, and no photo judged
        return Deliveries(
            database=self.database,
            turns=self.turns,
            intake=nobody,
            photos=nobody,
            files=self.uploads,
            clock=self.clock,
            give_up_after=timedelta(days=7),
            handovers=nobody,
            more=outgoing.carriers,
        )

    async def _paper(self, conversation: str, file: str) -> bytes | None:
        return PAPER if file == FILE and conversation == await self.conversation() else None

    async def close(self) -> None:
        await self._stack.aclose()

    # What happens

    async def work(self) -> None:
        """Do what a worker does, until nothing is due."""
        await self.database.run(lambda c: outbox.ripen(c, self.clock()))
        while items := await self.database.run(
            lambda c: outbox.claim(
                c,
                self.vault,
                limit=8,
                now=self.clock(),
                lease=LEASE,
                worker="w1",
                kinds=("Say", "FetchMedia"),
            )
        ):
            for item in items:
                await self._work.deliver(item)

    async def later(self, **span: float) -> None:
        """Let time pass, and do what falls due."""
        self.clock.step(**span)
        await self.work()

    async def hears(self, words: str) -> None:
        """Let her write, and answer."""
        await self.hu.say(words)
        await self.work()

    async def news(self, text: str, *, work: bool = True) -> None:
        """Let something become known that she has to hear of."""
        self._seq += 1
        event = ProgressReported("r1", "CS-1", self._seq, "accepted", self.clock(), {"text": text})
        await self.turns.take(await self.conversation(), "intake", f"e{self._seq}", event)
        if work:
            await self.work()

    async def lost_call(self, words: str) -> Recorded:
        """Return the call with which the platform tells us that she wrote; it has not reached us."""
        self.calls.losing, before = True, len(self.calls.calls)
        await self.hu.say(words)
        self.calls.losing = False
        return self.calls.calls[before]

    async def say(self, text: str, *choices: Choice, who: str = "hu") -> str:
        """Send one message, without the outbox."""
        return await self.channel.send(self.address_of(self.fake.person(who)), Part(text, choices), key="k1")

    # What came of it

    def address_of(self, person: Person) -> Address:
        return Address(self.case.name, self.channel.account, self.case.user(person))

    @property
    def address(self) -> Address:
        return self.address_of(self.hu)

    async def conversation(self) -> str:
        return await self.database.conversation(self.address)

    async def place(self) -> Place:
        conversation = await self.conversation()
        (found,) = await self.database.read(lambda c: addresses.places(c, conversation))
        return found

    async def written(self, sender: str = "applicant", person: Person | None = None) -> list[str]:
        """Return what somebody wrote, or was told, as the transcript has it."""
        conversation = await self.database.conversation(self.address_of(person or self.hu))
        found = await self.database.read(lambda c: messages.after(c, self.vault, conversation, 0))
        return [each.body["text"] for each in found if each.sender == sender]

    async def count(self) -> int:
        """Return how many events were ever taken."""
        return await self.database.read(
            lambda c: c.execute(select(func.count()).select_from(inbox)).scalar_one()
        )

    async def states(self) -> list[str]:
        """Return the states of what was to be said or fetched."""
        rows = await self.database.read(lambda c: c.execute(select(outbox_table.c.state)).all())
        return sorted(row.state for row in rows)

    @property
    def ref(self) -> str:
        """The platform's name of the photo that was sent last."""
        media = [
            each
            for event in self.events
            if isinstance(event, MessageReceived)
            for each in event.message.media
        ]
        return media[-1].ref

    def told(self) -> list[str]:
        """Return what she can read, each message in its newest words."""
        return [shown.text for shown in self.hu.shown if not shown.replaces]

    def figures(self) -> str:
        return generate_latest(metrics.REGISTRY).decode()

    def hidden(self) -> list[str]:
        """Return what nothing may show."""
        return [each for each in (*self.case.secrets(self.fake), self.case.user(self.hu)) if len(each) > 7]
