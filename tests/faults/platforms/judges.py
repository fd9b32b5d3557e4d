"""What must be true of every phone after the storm: the platforms' own truth beside our books.

acknowledged     every letter whose platform was told that it is safe is in the inbox, once, in order
said             every message of the transcript is on the phone; talk may be missing only where
                 its end was in doubt and he wrote after it, or where WeChat lost an answer of ours and
                 then could not reach us to ask again
twice            only what was in doubt, and every repeat is marked
order            as the transcript has it; only news that could wait was held back
budget           no platform ever refused a message because we sent too many
discretion       nobody reads another's name or number
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import Connection, Row, select

from dialogs.codec import loads
from dialogs.messages import Outbound
from dialogs.turn import Say, decode
from storage.flow.claims import ANSWERED
from storage.flow.replies import name_of
from storage.people import messages
from storage.people.messages import Message, open_box
from storage.schema import addresses, inbox, outbox
from tests.faults.platforms.guests import OWN_WORDS, Guest
from tests.faults.platforms.weather import Platforms
from tests.faults.truth import ALL, Truth
from tests.platforms.base import Shown

MARK = "怕您没收到，再发一遍："
OVER_BUDGET = (45015, 45047)
_WIDE = str.maketrans("*_`[]<>#~|\\", "＊＿｀［］＜＞＃～｜＼")  # a card's words on DingTalk


def plain(text: str) -> str:
    """Return `text` as it can be compared: without spaces, signs of markup as DingTalk has them."""
    return re.sub(r"\s+", "", text.translate(_WIDE))


@dataclass(frozen=True, slots=True)
class Word:
    """One message of ours.

    kind:    news may be held back until later, unless it is vital.
    excused: it may be missing, as the head of this file says.
    fate:    what the outbox has of it, for the story.
    """

    seq: int
    text: str
    kind: Literal["talk", "news", "vital"] = "talk"
    excused: bool = False
    fate: str = ""


@dataclass
class Phone:
    """What one person's phone shows, taken apart into the messages of his transcript."""

    words: Sequence[Word]
    shown: Sequence[Shown]

    @cached_property
    def known(self) -> list[str]:
        return sorted({word.text for word in self.words if word.text}, key=len, reverse=True)

    @cached_property
    def parts(self) -> list[tuple[bool, list[str]]]:
        """Return (marked as a repeat, the texts in it) of each message on the phone."""
        found = []
        for shown in self.shown:
            text = plain(shown.text)
            found.append((text.startswith(plain(MARK)), self._texts(text)))
        return found

    def _texts(self, text: str) -> list[str]:
        found, at = [], 0
        while at < len(text):
            here = next((each for each in self.known if text.startswith(each, at)), None)
            if here:
                found.append(here)
            at += len(here) if here else 1
        return found

    def broken(self) -> list[str]:
        """Return what is wrong with it."""
        said, written = Counter[str](), Counter(word.text for word in self.words if word.text)
        unmarked = Counter[str]()
        for marked, texts in self.parts:
            said.update(texts)
            unmarked.update(() if marked else texts)
        excused = Counter(word.text for word in self.words if word.excused)
        lost = [text for text, n in written.items() if said[text] < n - excused[text]]
        twice = [text for text, n in unmarked.items() if n > written[text]]
        return [
            *(f"never on the phone: {text[:30]}" for text in lost),
            *(f"said twice and not marked: {text[:30]}" for text in twice),
            *self._disorder(),
        ]

    def story(self) -> list[str]:
        """Return the transcript and the phone side by side, shortened: to see how a promise was broken."""
        wrote = [
            f"    wrote {word.seq} {'(in doubt) ' if word.excused else ''}{word.text[:40]} | {word.fate}"
            for word in self.words
        ]
        read = [
            f"    {shown.at:%H:%M:%S} {shown.road}{' (marked)' * marked}: {[text[:20] for text in texts]}"
            for shown, (marked, texts) in zip(self.shown, self.parts, strict=True)
        ]
        return [*wrote[-60:], *read[-60:]]

    def repeats(self) -> list[Word]:
        """Return what a message of the platform said again: the first such words of each."""
        left = Counter(word.text for word in self.words)
        named = {word.text: word for word in self.words}
        found = []
        for marked, texts in self.parts:
            again = [named[text] for text in texts if marked and left[text] <= 0]
            found += again[:1]
            left.subtract(texts)
        return found

    def unsaid(self) -> int:
        """Return how many messages he was not told, because he wrote when they were in doubt."""
        written = Counter(word.text for word in self.words if word.text)
        said = Counter(text for _, texts in self.parts for text in texts)
        return sum((written - said).values())

    def _disorder(self) -> list[str]:
        held = {word.text for word in self.words if word.kind == "news"}
        order = [word.text for word in self.words if word.text not in held]
        at = 0
        for marked, texts in self.parts:
            for text in () if marked else texts:
                if text in held:
                    continue
                try:
                    at = order.index(text, at) + 1
                except ValueError:
                    return [f"out of order: {text[:30]}"]
        return []


@dataclass
class Verdict:
    """What the judges found. broken: promises that were not kept, in words."""

    broken: list[str] = field(default_factory=list)
    acknowledged: int = 0
    sends: int = 0
    by_road: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    marked: int = 0
    unsaid: int = 0


@dataclass
class Judges:
    """Look at all phones once the storm is over."""

    truth: Truth
    there: Platforms
    verdict: Verdict = field(default_factory=Verdict)

    async def judge(self, guests: Sequence[Guest], applicants: Sequence[Guest]) -> Verdict:
        """Judge all `guests`; those who are `applicants` have handed in, too."""
        letters = acknowledged(self.there)
        for guest in guests:
            await self._find(guest)
            await self._letters(guest, letters.get((guest.fake.name, guest.phone.user), []))
            await self._phone(guest)
            self._strangers(guest, guests)
        self._budget()
        self.verdict.broken += await self.truth.judge_cases(guests, applicants)
        return self.verdict

    def _say(self, guest: Guest, what: str) -> None:
        self.verdict.broken.append(f"{guest.fake.name} {guest.conversation}: {what}")

    async def _find(self, guest: Guest) -> None:
        user = str(getattr(guest.phone, "id", guest.phone.user))
        where = select(addresses.c.conversation).where(
            addresses.c.channel == guest.fake.name, addresses.c.user_id == user
        )
        guest.conversation = await self.truth.database.read(lambda c: c.execute(where).scalar_one())

    async def _letters(self, guest: Guest, told: Sequence[str]) -> None:
        """Compare what the platform was told with what is in the inbox."""
        mine = inbox.c.conversation == guest.conversation, inbox.c.channel == guest.fake.name
        rows = await self.truth.database.read(
            lambda c: c.execute(
                select(inbox.c.key, inbox.c.state).where(*mine).order_by(inbox.c.version)
            ).all()
        )
        kept = [row.key for row in rows if row.key in set(told)]
        self.verdict.acknowledged += len(told)
        if kept != list(told):
            self._say(guest, f"{len(told)} letters were acknowledged, {len(kept)} of them are here in order")
        for row in rows:
            if row.state != "done":
                self._say(guest, f"the turn of {row.key} is {row.state}")

    async def _phone(self, guest: Guest) -> None:
        lost = lost_answers(self.there, guest.phone.user)
        words = await self.truth.database.read(lambda c: self._words(c, guest.conversation, lost))
        shown = [each for each in guest.heard if each.road != OWN_WORDS]
        phone = Phone(words, shown)
        broken = phone.broken()
        for what in broken:
            self._say(guest, what)
        if broken:
            self.verdict.broken += [*phone.story(), *self._tries(guest)]
        self.verdict.sends += len(shown)
        self.verdict.by_road.update(f"{guest.fake.name}: {each.road}" for each in shown)
        self.verdict.repeated.update(word.kind for word in phone.repeats())
        self.verdict.marked += sum(marked for marked, _ in phone.parts)
        self.verdict.unsaid += phone.unsaid()

    def _tries(self, guest: Guest) -> list[str]:
        """Return WeChat's calls about somebody, shortened."""
        mine = [each for each in self.there.wechat.exchanges if each.user == guest.phone.user]
        return [
            f"    call {each.key[-6:]}.{each.number}: {each.status} in {each.took:.1f}: {each.answer[:40]!r}"
            for each in mine[-60:]
        ]

    def _words(self, connection: Connection, conversation: str, lost: Collection[str]) -> list[Word]:
        vault = self.truth.vault
        rows = messages.after(connection, vault, conversation, 0, ALL)
        orders = {
            row.key: row
            for row in connection.execute(
                select(outbox).where(outbox.c.conversation == conversation, outbox.c.kind == "Say")
            )
        }
        box = open_box(connection, vault, conversation)

        def word(row: Message) -> Word:
            order = orders[str(row.seq)]
            effect = decode(loads(box.open(order.payload, f"outbox.payload:{order.id}".encode())))
            assert isinstance(effect, Say)
            kind = _kind(effect.message)
            seen = kind == "talk" and order.doubts >= ANSWERED
            excused = order.state == "done" and (seen or order.worker in lost)
            return Word(row.seq, plain(row.body["text"]), kind, excused, _fate(order))

        return [word(row) for row in rows if row.sender == "bot"]

    def _strangers(self, guest: Guest, guests: Sequence[Guest]) -> None:
        read = "".join(shown.text for shown in guest.phone.shown)
        for other in guests:
            if other is not guest and (other.who.name in read or other.who.number in read):
                self._say(guest, "reads of somebody else")

    def _budget(self) -> None:
        codes = Counter(call.code for call in self.there.wechat.calls if call.name == "message/custom/send")
        for code in OVER_BUDGET:
            if codes[code]:
                self.verdict.broken.append(f"WeChat refused {codes[code]} messages with {code}")


def lost_answers(there: Platforms, user: str) -> set[str]:
    """Return the names of answers that WeChat had from us and lost, and could not ask for again."""
    mine = [each for each in there.wechat.exchanges if each.user == user]
    answered = {each.key for each in mine if each.status == 200}
    return {name_of(each.key) for each in mine if each.lost} - {name_of(key) for key in answered}


def _kind(message: Outbound) -> Literal["talk", "news", "vital"]:
    if message.news is None:
        return "talk"
    return "vital" if message.news.vital else "news"


def _fate(order: Row[Any]) -> str:
    """Return what the outbox has of a message, in one line."""
    ended = f"{order.done_at:%H:%M:%S}" if order.done_at else "-"
    return (
        f"{order.created_at:%H:%M:%S} to {ended}: {order.state}, {order.attempts} tries, "
        f"doubts {order.doubts}, by {order.worker}, for {order.cause}, {order.error or 'no error'}"
    )


def acknowledged(there: Platforms) -> Mapping[tuple[str, str], list[str]]:
    """Return the keys of letters that (platform, user) was told are safe, in the order they were told."""
    found: dict[tuple[str, str], list[str]] = {}

    def told(platform: str, user: str, key: str) -> None:
        keys = found.setdefault((platform, user), [])
        if key not in keys:
            keys.append(key)

    for exchange in there.wechat.exchanges:
        if exchange.status == 200 and exchange.key.isdigit():
            told("wechat", exchange.user, exchange.key)
    for call in there.telegram.calls:
        if call.name == "update" and 200 <= call.code < 300 and "message" in call.body:
            told("telegram", call.body["message"]["from"]["first_name"], str(call.body["update_id"]))
    for call in there.dingtalk.calls:
        if call.name == "callback" and call.code == 200:
            told("dingtalk", call.body["senderStaffId"], call.body["msgId"])
    return found
