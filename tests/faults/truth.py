"""What must be true after any storm, judged from outside and by doing everything over again.

The senders know what was acknowledged. The intake service knows what arrived. And because a turn is
pure, every conversation can be played again from its inbox: the same events at the same moments must
say every word of the transcript again and end in the very session that is stored.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import aiohttp
from sqlalchemy import Connection, Row, or_, select, update

from bot.parts import utc_now
from bot.shelf import Shelf
from dialogs.codec import dumps, loads
from dialogs.messages import Inbound, Media
from dialogs.session import Session, dump, load
from dialogs.turn import (
    ApplicationDelayed,
    ApplicationReceived,
    DocumentHeld,
    Effect,
    Event,
    FetchDocument,
    MessageReceived,
    Opened,
    PhotoMeasured,
    ProgressReported,
    Say,
    SetTimer,
    TimerFired,
    decode,
)
from dialogs.world import Library
from handlers.delivery import PHOTO_TRIES
from handlers.intake import IntakeClient
from handlers.photos import Fault, Photos
from handlers.turns import Decider
from handlers.uploads import UNFINISHED, Uploads
from storage.database import Database
from storage.flow import audit
from storage.people import messages, uploads
from storage.people.applications import Application, of_conversation
from storage.people.conversations import session_of
from storage.people.messages import Message, body_of, open_box
from storage.schema import inbox, outbox
from storage.sealing.files import FileError, FileStore
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault
from tests.faults.machine import Machine
from tests.faults.people import Identity, Person, Sent
from tests.intake.world import TOKEN
from tests.product import until

ALL = 1_000_000
UNSETTLED = ("todo", "held")


class Somebody(Protocol):
    """An applicant as far as the judges need to know him, whatever he speaks through."""

    @property
    def conversation(self) -> str: ...

    @property
    def number(self) -> str: ...

    @property
    def who(self) -> Identity: ...


@dataclass
class Truth:
    """Everything the judges look at. `broken` collects, in words, every promise that was not kept."""

    machine: Machine
    database: Database
    vault: Vault
    store: FileStore
    photos: Photos
    intake: IntakeClient
    decide: Decider
    broken: list[str]
    measured: dict[bytes, PhotoMeasured]

    async def settled(self, within: float = 300.0) -> None:
        """Wait until nothing is on its way any more: deliveries done, callbacks taken."""

        async def nothing_left() -> bool:
            await self.machine.tell_again()
            await self.database.run(_fetch_again)
            left = self.machine.at_intake("SELECT 1 FROM callbacks WHERE state = 'todo'")
            return not left and not await self.database.read(_unsettled)

        await until(nothing_left, "everything to be delivered", within, every=0.3)

    async def judge(self, people: Sequence[Person]) -> list[str]:
        """Return the promises that were broken to `people`; an empty list when all were kept."""
        await self._sweep()
        for person in people:
            rows = await self.database.read(
                lambda c, p=person: messages.after(c, self.vault, p.conversation, 0, ALL)  # type: ignore[misc]
            )
            self._transcript(person, rows)
            await self._replay(person, rows)
            await self._chain(person)
            await self._files(person, rows)
        await self._applications(people)
        self._discretion(people)
        await self._leftovers()
        return self.broken

    async def judge_cases(self, people: Sequence[Somebody], applicants: Sequence[Somebody]) -> list[str]:
        """Judge what does not depend on how people spoke; `applicants` have handed in."""
        await self._sweep()
        for person in people:
            rows = await self.database.read(
                lambda c, p=person: messages.after(c, self.vault, p.conversation, 0, ALL)  # type: ignore[misc]
            )
            await self._chain(person)
            await self._files(person, rows)
        await self._applications(applicants)
        self._discretion(people)
        await self._leftovers()
        return self.broken

    def _say(self, person: Somebody, what: str) -> None:
        self.broken.append(f"{person.conversation}: {what}")

    # Nothing acknowledged is lost, doubled or out of order; nothing heard is ever unsaid

    def _transcript(self, person: Person, rows: Sequence[Message]) -> None:
        if [row.seq for row in rows] != list(range(1, len(rows) + 1)):
            self._say(person, "the transcript is not numbered without gaps")
        kept = [(row.body["echo"], row.seq, row.body["text"]) for row in rows if row.sender == "applicant"]
        wrote = [(sent.key, sent.seq, sent.text) for sent in person.sent if sent.seq]
        if kept != wrote:
            self._say(person, f"acknowledged {_names(wrote)}, but the transcript has {_names(kept)}")
        by_number = {row.seq: row for row in rows}
        for heard in person.heard:
            row = by_number.get(heard["seq"])
            if row is None or row.body["text"] != heard["text"] or row.sender != heard["from"]:
                self._say(person, f"message {heard['seq']} was shown and then changed or lost")
        receipts = sum(row.sender == "bot" and "交上去了。号码" in row.body["text"] for row in rows)
        if receipts != bool(person.number):
            self._say(person, f"the number was said {receipts} times")

    # The stored session is what its events make of it

    async def _replay(self, person: Person, rows: Sequence[Message]) -> None:
        arrived = await self.database.read(lambda c: _arrived(c, person.conversation))
        said = {row.seq: row for row in rows}
        session = Session()
        for event in arrived:
            if event.state != "done":
                self._say(person, f"the turn of {event.key} is {event.state}")
                return
            turn = self.decide(session, await self._event(person, event, said), event.received_at)
            again = [loads(dumps(body_of(e.message))) for e in turn.effects if isinstance(e, Say)]
            kept = [dict(said[n].body) for n in range(event.seq + 1, event.last + 1) if n in said]
            if again != kept:
                self._say(person, f"{event.key} said something else than it does when played again")
            session = load(dump(turn.session))
        stored = await self.database.read(lambda c: session_of(c, self.vault, person.conversation))
        for name in Session.__dataclass_fields__:
            if getattr(stored, name) != getattr(session, name):
                self._say(person, f"session.{name} is not what its events make of it")

    async def _event(self, person: Person, row: Row[Any], said: dict[int, Message]) -> Event:
        """Return the event an inbox row stands for, made again from what its source knows."""
        name, _, rest = str(row.key).partition(":")
        if row.key == "opened":
            return Opened(person.conversation, "zh-CN", "webchat")
        if row.channel == "webchat":
            sent = next(each for each in person.sent if each.key == row.key)
            return _as_received(sent, row, said[row.seq])
        if row.channel == "intake":
            return await self._report(person, row.key)
        if name == "measured":
            return await self._measured(person, rest, said.values())
        if name == "timer":
            return await self._timer(person, rest)
        if name == "delayed":
            return ApplicationDelayed(rest)
        if name == "document":
            return await self._document(person, rest)
        found = await self._by_reference(rest)
        return ApplicationReceived(rest, found["number"], found["answer_by"])

    async def _report(self, person: Person, key: str) -> ProgressReported:
        identity = key.rpartition(":")[2] if key.startswith("fetched:") else key
        for report in await self.intake.events(person.number, 0):
            if report.key == identity:
                return report.event
        raise AssertionError(f"the intake service never reported {identity}")

    async def _measured(self, person: Person, file: str, said: Iterable[Message]) -> PhotoMeasured:
        key = next(row.body["echo"] for row in said if row.body.get("image") == file)
        data = next(sent.photo for sent in person.sent if sent.key == key)
        attempts, kept = await self.database.read(lambda c: (_attempts(c, file), uploads.kept_of(c, file)))
        if attempts > PHOTO_TRIES:
            return PhotoMeasured(file, fault="unreadable")
        if data not in self.measured:
            seen = await self.photos.measure(data)
            self.measured[data] = (
                PhotoMeasured("", fault=seen.reason)
                if isinstance(seen, Fault)
                else PhotoMeasured("", "", seen.sha256, loads(dumps(seen.measure.json())))
            )
        like = self.measured[data]
        return PhotoMeasured(file, kept.id if kept else "", like.sha256, like.measure, like.fault)

    async def _document(self, person: Person, delivery: str) -> DocumentHeld:
        order = await self._ordered(person, delivery)
        assert isinstance(order, FetchDocument)
        kept = await self.database.read(lambda c: uploads.one(c, order.file))
        return DocumentHeld(order.reference, order.file, lost=kept is None)

    async def _timer(self, person: Person, delivery: str) -> TimerFired:
        timer = await self._ordered(person, delivery)
        assert isinstance(timer, SetTimer)
        return TimerFired(timer.name, timer.key)

    async def _ordered(self, person: Person, delivery: str) -> Event | Effect:
        def read(connection: Connection) -> Any:
            payload = connection.execute(select(outbox.c.payload).where(outbox.c.id == delivery)).scalar_one()
            box = open_box(connection, self.vault, person.conversation)
            return decode(loads(box.open(payload, f"outbox.payload:{delivery}".encode())))

        return await self.database.read(read)

    async def _by_reference(self, reference: str) -> dict[str, Any]:
        address = f"{self.machine.intake_url}/v1/pre-applications?reference={reference}"
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with aiohttp.ClientSession() as session, session.get(address, headers=headers) as answer:
            found: dict[str, Any] = await answer.json()
            assert answer.status == 200, found
            return found

    # The chain of acts, and the photos

    async def _chain(self, person: Somebody) -> None:
        links = await self.database.read(lambda c: audit.verify(c, person.conversation))
        for each in links:
            self._say(person, f"audit link {each.n}: {each.what}")

    async def _files(self, person: Somebody, rows: Sequence[Message]) -> None:
        held = await self.database.read(lambda c: uploads.of_conversation(c, person.conversation))
        box = await self.database.read(lambda c: open_box(c, self.vault, person.conversation))
        named = {row.body["image"] for row in rows if row.body.get("image")}
        cards = [row.body["card"] for row in rows if row.body.get("card")]
        named |= {card["body"]["file"] for card in cards if card["kind"] == "document"}
        for file in held:
            try:
                data = await self.store.read(file.id, box)
            except FileError as fault:
                self._say(person, f"a {file.kind} that is written down cannot be read: {fault!r}")
                continue
            if hashlib.sha256(data).hexdigest() != file.sha256:
                self._say(person, f"a {file.kind} is not what it was")
            if (file.parent or file.id) not in named:
                self._say(person, f"a {file.kind} is kept that no message names")
        copies = Counter(file.parent for file in held if file.parent)
        if any(n > 1 for n in copies.values()):
            self._say(person, "an upload has more than one copy")

    async def _sweep(self) -> None:
        """Do what the bot does an hour after a crash: no file may be left over then, and none be missing."""
        later = utc_now() + 2 * UNFINISHED
        await Uploads(self.database, self.vault, self.store, lambda: later, ALL).sweep()
        held = list(self.store.held(later))
        for _ in await self.database.read(lambda c: uploads.strays(c, held)):
            self.broken.append("a file is kept that no row speaks of")

    # Exactly one pre-application of each, whole, at the intake service

    async def _applications(self, people: Sequence[Somebody]) -> None:
        there = self.machine.at_intake("SELECT reference, number FROM applications")
        ours: dict[str, Application] = {}
        for person in people:
            mine = await self.database.read(lambda c, p=person: of_conversation(c, p.conversation))  # type: ignore[misc]
            ours |= {each.reference: each for each in mine}
            if len(mine) != 1 or mine[0].number != person.number:
                self._say(person, f"heard {person.number!r}, has {[each.number for each in mine]}")
        for reference, number in there:
            if reference not in ours or ours[reference].number != number:
                self.broken.append(f"{number} at the intake service belongs to nobody")
        if len(there) != len(ours):
            self.broken.append(f"{len(ours)} pre-applications handed in, {len(there)} at the intake service")
        for person in people:
            await self._pages(person)

    async def _pages(self, person: Somebody) -> None:
        held = await self.database.read(lambda c: uploads.of_conversation(c, person.conversation))
        kept = {file.sha256 for file in held if file.kind == "kept"}
        pages = _pages_at_intake(self.machine, person.number)
        if [name for name, _, _ in pages] != ["back", "front"]:
            self._say(person, f"the pages at the intake service are {pages}")
        for name, sha256, arrived in pages:
            if not arrived or sha256 not in kept:
                self._say(person, f"the page {name} at the intake service is not the one we keep")

    # Nothing is left over, and nothing was let slip

    def _discretion(self, people: Sequence[Somebody]) -> None:
        printed = self.machine.printed
        for person in people:
            if person.who.number in printed or person.who.name in printed:
                self._say(person, "a name or an identity number was printed")

    async def _leftovers(self) -> None:
        for row in await self.database.read(_given_up):
            self.broken.append(f"given up: {row}")


@asynccontextmanager
async def truth_of(machine: Machine) -> AsyncIterator[Truth]:
    """Yield the judges over a machine's data, which may be in use meanwhile."""
    folder = machine.folder / "bot"
    vault = Vault(KeyRing.read(folder / "master.key"))
    database = await Database.open(machine.database_url)
    try:
        async with Photos(1) as photos, aiohttp.ClientSession() as session:
            decide = Decider(Library.of([]), {})
            await Shelf(database, decide, utc_now).refresh()
            intake = IntakeClient(machine.intake_url, TOKEN, session)
            store = FileStore(folder / "files")
            yield Truth(machine, database, vault, store, photos, intake, decide, [], {})
    finally:
        await database.close()


def _as_received(sent: Sent, row: Row[Any], shown: Message) -> MessageReceived:
    media = (Media(shown.body["image"]),) if sent.photo else ()
    text = "" if sent.choice else sent.text
    return MessageReceived(Inbound(sent.key, row.received_at, text, sent.choice, media, "webchat"))


def _names(sent: Iterable[tuple[str, int, str]]) -> list[tuple[str, int]]:
    """Leave out the texts: a report is no place for them."""
    return [(key, seq) for key, seq, _ in sent]


def _arrived(connection: Connection, conversation: str) -> Sequence[Row[Any]]:
    return connection.execute(
        select(inbox).where(inbox.c.conversation == conversation).order_by(inbox.c.version)
    ).all()


def _attempts(connection: Connection, file: str) -> int:
    order = select(outbox.c.attempts).where(outbox.c.kind == "MeasurePhoto", outbox.c.key == file)
    return int(connection.execute(order).scalar_one())


def _unsettled(connection: Connection) -> int:
    # News of the page that also goes another way after ten minutes, where there is one, is for later.
    soon = outbox.c.due_at <= utc_now() + timedelta(minutes=3)
    waiting = connection.execute(
        select(outbox.c.id).where(
            outbox.c.state.in_(UNSETTLED),
            outbox.c.kind != "SetTimer",
            or_(outbox.c.kind != "Say", outbox.c.state == "held", soon),
        )
    ).all()
    return len(waiting)


def _given_up(connection: Connection) -> list[str]:
    dead = connection.execute(select(outbox.c.kind, outbox.c.error).where(outbox.c.state == "dead"))
    failed = connection.execute(select(inbox.c.key, inbox.c.error).where(inbox.c.state != "done"))
    return [f"{kind}: {error}" for kind, error in (*dead, *failed)]


def _pages_at_intake(machine: Machine, number: str) -> list[tuple[str, str, bool]]:
    query = "SELECT page, sha256, file IS NOT NULL FROM pages WHERE number = ? ORDER BY page"
    return machine.at_intake(query, number)


def _fetch_again(connection: Connection) -> None:
    """Let papers that could not be fetched be fetched now; the minutes between two tries are no test."""
    now = datetime.now(UTC)
    waiting = outbox.c.kind == "FetchDocument", outbox.c.state == "todo", outbox.c.lease_until.is_(None)
    connection.execute(update(outbox).where(*waiting, outbox.c.due_at > now).values(due_at=now))
