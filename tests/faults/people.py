"""Applicants who do not give up: what was not answered is sent again, under the same id.

They answer whatever the bot asks, so they need no script; chance, from a seed, makes them tap twice,
go back, ask how it goes and send a blurred photo.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

import aiohttp

from dialogs.answers.identity import check_character
from tests import pictures

REPEAT_AFTER = 0.15  # seconds until an unanswered message is sent again
LISTEN_AGAIN_AFTER = 0.4
ANSWER_WITHIN = 120.0  # seconds until a silent bot is a failure
CALL = aiohttp.ClientTimeout(total=20)
GLITCHES = (aiohttp.ClientError, OSError, TimeoutError)

SURNAMES = "胡方程余汪徐郑占"
GIVEN = "槿箬翎茕钰琬霁翊"  # seldom enough not to stand in a log by chance


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody who does not exist: area 999901 is given to nobody."""

    name: str
    number: str

    @classmethod
    def of(cls, n: int) -> Identity:
        """Return the n-th made-up person; no two share a number."""
        first17 = f"999901{1980 + n % 20}{1 + n // 20 % 12:02}{1 + n // 240 % 28:02}{100 + n // 6720:03}"
        name = SURNAMES[n % 8] + GIVEN[n // 8 % 8] + GIVEN[(n + n // 64) % 8]
        return cls(name, first17 + check_character(first17))


@cache
def photo(side: str, n: int) -> bytes:
    """Return one of a few photos of a side of a card, or a blurred one."""
    if side == "blurred":
        return pictures.jpeg(pictures.shaken(pictures.card_front(), 40), quality=80)
    card = pictures.card_front() if side == "front" else pictures.card_back()
    return pictures.jpeg(card, quality=80 + n % 4)


@dataclass(slots=True)
class Sent:
    """One message as its sender knows it: acknowledged when `seq` is not 0."""

    key: str
    text: str = ""
    choice: str = ""
    photo: bytes = b""
    seq: int = 0
    posts: int = 0


Reply = Callable[["Person", Mapping[str, Any]], Awaitable[None]]


@dataclass
class Person:
    """One applicant with one conversation."""

    session: aiohttp.ClientSession
    urls: Sequence[str]  # of the processes that serve; any of them will do
    who: Identity
    dice: Random
    conversation: str = ""
    token: str = ""
    sent: list[Sent] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)
    number: str = ""  # the application's, once the bot has said it
    rated: bool = False
    waits: list[float] = field(default_factory=list)  # seconds from the first post to the acknowledgement
    mischief: bool = True
    _blurred: bool = False

    async def open(self) -> Person:
        """Begin. An unanswered beginning leaves a conversation behind in which nobody ever writes."""
        given = await self._insist("POST", "/conversations", 201, json={"lang": "zh-CN"})
        self.conversation, self.token = given["conversation"], given["token"]
        return self

    async def apply(self) -> Person:
        """Answer everything until the pre-application has its number."""
        await self.until(lambda: bool(self.number))
        return self

    async def rate(self) -> Person:
        """Go on until the case is done and the mark is given, however long the news takes."""
        await self.until(lambda: self.rated, within=math.inf)
        return self

    def has_heard(self, words: str) -> bool:
        return any(words in message["text"] for message in self.heard if message["from"] == "bot")

    async def until(self, reached: Callable[[], bool], within: float = ANSWER_WITHIN) -> None:
        """Listen and answer until `reached`; fail when nothing happens for `within` seconds."""
        patience = time.monotonic() + within
        while not reached():
            before = len(self.sent), len(self.heard)
            await self.listen()
            await self._answer()
            if (len(self.sent), len(self.heard)) != before:
                patience = time.monotonic() + within
            assert time.monotonic() < patience, f"stuck in {self.conversation}:\n{self._last_words()}"

    async def listen(self, wait: int = 5) -> None:
        """Fetch what was said since."""
        after = self.heard[-1]["seq"] if self.heard else 0
        news = await self._insist("GET", f"/messages?after={after}&wait={wait}", 200)
        self.heard += news["messages"]
        for message in news["messages"]:
            self.number = self.number or (message["card"] or {}).get("body", {}).get("number", "")

    async def say(self, text: str) -> None:
        await self.send(Sent(self._key(), text=text))

    async def tap(self, message: Mapping[str, Any], label: str) -> None:
        choice = next(each["id"] for each in message["choices"] if each["label"] == label)
        await self.send(Sent(self._key(), text=label, choice=choice))

    async def send_photo(self, data: bytes) -> None:
        await self.send(Sent(self._key(), photo=data))

    async def send(self, sent: Sent) -> None:
        """Send until it is acknowledged; sometimes twice at once, as impatient fingers do."""
        self.sent.append(sent)
        begun = time.monotonic()
        hands = 2 if self.mischief and self.dice.random() < 0.15 else 1
        numbers = await asyncio.gather(*[self._deliver(sent) for _ in range(hands)])
        assert len(set(numbers)) == 1, f"the same message was taken as {numbers}"
        sent.seq = numbers[0]
        self.waits.append(time.monotonic() - begun)

    async def _deliver(self, sent: Sent) -> int:
        if not sent.photo:
            body = {"id": sent.key, "text": sent.text, "choice": sent.choice or None}
            given = await self._insist("POST", "/messages", 202, sent, json=body)
        else:
            given = await self._insist("POST", "/photos", 202, sent)
        return int(given["seq"])

    async def _insist(
        self, method: str, path: str, status: int, sent: Sent | None = None, **more: Any
    ) -> dict[str, Any]:
        """Call until the answer is `status`. Only what says "not now" is called again."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        while True:
            address = f"{self.dice.choice(self.urls)}/chat/api{path}"
            if sent is not None:
                sent.posts += 1
                if sent.photo:
                    more["data"] = _form(sent)
            try:
                async with self.session.request(
                    method, address, headers=headers, timeout=CALL, **more
                ) as answer:
                    text = await answer.text()
                    if answer.status == status:
                        given: dict[str, Any] = await answer.json()
                        return given
                    assert answer.status >= 500, f"{method} {path}: {answer.status} {text}"
            except GLITCHES:
                pass
            await asyncio.sleep(REPEAT_AFTER if sent else LISTEN_AGAIN_AFTER)

    async def _answer(self) -> None:
        """Answer the newest question that has no answer of ours yet."""
        answered = self.sent[-1].seq if self.sent else 0
        for message in reversed(self.heard):
            if message["seq"] <= answered:
                return
            for words, reply in REPLIES.items():
                if message["from"] == "bot" and words in message["text"]:
                    if not await self._stray(message):
                        await reply(self, message)
                    return

    async def _stray(self, message: Mapping[str, Any]) -> bool:
        """Do something else than answering, sometimes; say whether we did."""
        chance = self.dice.random() if self.mischief and message["choices"] else 1.0
        if chance < 0.05:
            await self.say("进度")
        elif chance < 0.1 and 4 < len(self.sent) < 8:
            await self.say("返回")
        else:
            return False
        return True

    async def front(self, _: Mapping[str, Any]) -> None:
        if self.mischief and not self._blurred and self.dice.random() < 0.2:
            self._blurred = True
            await self.send_photo(photo("blurred", 0))
        else:
            await self.send_photo(photo("front", self.dice.randrange(4)))

    async def back(self, _: Mapping[str, Any]) -> None:
        await self.send_photo(photo("back", self.dice.randrange(4)))

    async def mark(self, message: Mapping[str, Any]) -> None:
        await self.tap(message, "非常满意")
        self.rated = True

    def _key(self) -> str:
        return f"m{len(self.sent) + 1}"

    def _last_words(self) -> str:
        return "\n".join(f"{each['seq']} {each['from']}: {each['text'][:60]}" for each in self.heard[-8:])


def _form(sent: Sent) -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("id", sent.key)
    form.add_field("file", sent.photo, filename="photo.jpg", content_type="image/jpeg")
    return form


def _saying(text: Callable[[Person], str]) -> Reply:
    return lambda person, _: person.say(text(person))


def _tapping(label: str) -> Reply:
    return lambda person, message: person.tap(message, label)


REPLIES: Mapping[str, Reply] = {
    "您想办什么": _saying(lambda _: "想在常山交社保"),
    "您的户口在常山吗": _tapping("在"),
    "有单位给您交社保吗": _tapping("没有单位，自己干"),
    "您想交哪一种": _tapping("养老"),
    "以后怎么交钱": _tapping("自己在手机上交"),
    "同意吗": _tapping("同意"),
    "您叫什么名字": _saying(lambda person: person.who.name),
    "您的身份证号码是多少": _saying(lambda person: person.who.number),
    "养老选哪一档": _tapping("最低档（60%）"),
    "请拍身份证正面": Person.front,
    "身份证正面要再拍": Person.front,
    "请拍身份证反面": Person.back,
    "身份证反面要再拍": Person.back,
    "都对吗": _tapping("都对，交上去"),
    "这次服务您满意吗": Person.mark,
}
