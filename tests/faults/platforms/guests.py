"""People who chat through a platform's app, and what they do when nothing comes: wait, or say it again.

An applicant answers whatever he is asked until his case is over. A talker asks this and that and goes
on for as long as he is let. Some are patient, so that words in doubt are said again; most are not.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import Random

from tests.faults.people import Identity, photo
from tests.platforms.base import Fake, Person, Shown

UNHEARD = ("edit", "toast")  # roads of what is no message of ours
OWN_WORDS = "platform"  # the platform's own
HASTY, PATIENT = (8.0, 20.0), (75.0, 180.0)  # seconds without news until one says it again
OUT_OF_PATIENCE = 0.9  # of all waits
NUMBER = re.compile(r"交上去了。号码([0-9A-Za-z-]*[0-9A-Za-z])")
THANKS = re.compile("谢谢您，记下了|您评过了")
CHAT = ("你好", "进度", "帮助", "想在常山交社保", "在", "不知道", "返回", "谢谢")


@dataclass
class Guest:
    """Somebody with an app. pace: seconds to think before each word."""

    fake: Fake
    phone: Person
    who: Identity
    dice: Random
    pace: tuple[float, float] = (1.0, 2.5)
    conversation: str = ""
    _marks: int = 0  # times a mark was given
    _number: str = ""
    _nudges: int = 0
    _handed_in: bool = False  # as far as he knows
    _dealt: int = 0  # messages on the phone that have been dealt with
    _last: Reply | None = None

    @property
    def heard(self) -> list[Shown]:
        """What our bot, and the platform for it, put on the phone."""
        return [shown for shown in self.phone.shown if shown.road not in UNHEARD]

    @property
    def number(self) -> str:
        """The application's number, "" until it was heard."""
        if not self._number:
            told = (NUMBER.search(shown.text) for shown in self.heard)
            self._number = next((found[1] for found in told if found), "")
        return self._number

    @property
    def rated(self) -> bool:
        """Whether the mark was given, and thanks came for it."""
        return bool(self._marks) and any(THANKS.search(shown.text) for shown in self.heard)

    async def begin(self) -> None:
        """Open the app and greet."""
        await self.phone.open()
        if not self.heard:
            await self.phone.say("你好")

    async def apply(self) -> None:
        """Answer everything until the mark is given."""
        await self.begin()
        while not self.rated:
            await self._step()

    async def talk(self, enough: Callable[[], bool]) -> None:
        """Say this and that until it is enough."""
        await self.begin()
        while not enough():
            self._dealt = len(self.heard)
            await self._think()
            await self.phone.say(self.dice.choice(CHAT))
            await self._news()

    def last_words(self) -> str:
        """Return what was heard last, for a report of somebody who is stuck."""
        heard = " / ".join(plain_line(shown) for shown in self.heard[-4:])
        tried = f"{self._marks} marks given, {self._nudges} times asked again"
        return f"{self.fake.name} {self.phone.user} ({tried}): {heard}"

    async def ask(self) -> None:
        """Say one more thing, so that all that waits for a word of his comes."""
        self._dealt = len(self.heard)
        await self.phone.say("进度")
        await self._news()

    async def _step(self) -> None:
        reply = self._asked()
        if reply is not None:
            self._last = reply
            await self._do(reply)
        elif not await self._news() and not self.rated:
            await self._do(self._last if self._marks and self._last else self._nudge())

    def _nudge(self) -> Reply:
        """Return what brings the question back when nothing comes, or nothing that makes sense."""
        self._nudges += 1
        return _saying("进度" if self._nudges % 2 or self._handed_in else "你好")

    async def _do(self, reply: Reply) -> None:
        self._dealt = len(self.heard)
        await self._think()
        await reply(self)

    def _asked(self) -> Reply | None:
        """Return the answer to the newest question that has none yet."""
        for shown in reversed(self.heard[self._dealt :]):
            places = {shown.text.rfind(words): words for words in REPLIES if words in shown.text}
            if places:
                return REPLIES[places[max(places)]]
        return None

    async def _think(self) -> None:
        await asyncio.sleep(self.dice.uniform(*self.pace))

    async def _news(self) -> bool:
        """Wait for something new on the phone; False when patience is over."""
        spans = HASTY if self.dice.random() < OUT_OF_PATIENCE else PATIENT
        known = self._dealt

        def found() -> bool | None:
            return len(self.heard) > known or None

        try:
            await self.phone.truth.until(found, "news", self.dice.uniform(*spans))
        except AssertionError:
            return False
        unread = self.heard[known:]
        await asyncio.sleep(0.3)  # what is said together may come apart
        if all(shown.road == OWN_WORDS for shown in unread):
            self._dealt = len(self.heard)
            return False
        if self._asked() is None:
            self._dealt = len(self.heard)
        return True

    # What he answers

    async def say(self, text: str) -> None:
        await self.phone.say(text)

    async def choose(self, label: str) -> None:
        """Tap the button, type its number, or type what it says, whatever there is and comes to mind."""
        newest = self.heard[-1]
        chance = self.dice.random()
        if chance < 0.6 and any(button.label == label and button.data for button in newest.buttons):
            await self.phone.tap(label)
        elif chance < 0.6 and (found := _numbered(newest.text, label)):
            await self.say(found)
        else:
            await self.say(label)

    async def show(self, side: str) -> None:
        if self.dice.random() < 0.1:
            side = "blurred"
        await self.phone.photo(photo(side, self.dice.randrange(4) if side != "blurred" else 0))

    async def wish(self) -> None:
        """Say what he came for. Who has handed in does not do so again, however it goes on."""
        await self.say("进度" if self._handed_in else "想在常山交社保")

    async def hand_in(self) -> None:
        self._handed_in = True
        await self.choose("都对，交上去")

    async def rate(self) -> None:
        self._marks += 1
        await self.choose("非常满意")


Reply = Callable[[Guest], Awaitable[None]]


def plain_line(shown: Shown) -> str:
    """Return a message in one short line."""
    return f"[{shown.road}] {' '.join(shown.text.split())[:60]}"


def _numbered(text: str, label: str) -> str:
    found = re.search(rf"^(\d+)\. {re.escape(label)}\s*$", text, re.MULTILINE)
    return found[1] if found else ""


def _saying(text: str) -> Reply:
    return lambda guest: guest.say(text)


def _choosing(label: str) -> Reply:
    return lambda guest: guest.choose(label)


REPLIES: Mapping[str, Reply] = {
    "您想办什么": Guest.wish,
    "您的户口在常山吗": _choosing("在"),
    "有单位给您交社保吗": _choosing("没有单位，自己干"),
    "您想交哪一种": _choosing("养老"),
    "以后怎么交钱": _choosing("自己在手机上交"),
    "同意吗": _choosing("同意"),
    "您叫什么名字": lambda guest: guest.say(guest.who.name),
    "您的身份证号码是多少": lambda guest: guest.say(guest.who.number),
    "养老选哪一档": _choosing("最低档（60%）"),
    "请拍身份证正面": lambda guest: guest.show("front"),
    "身份证正面要再拍": lambda guest: guest.show("front"),
    "请拍身份证反面": lambda guest: guest.show("back"),
    "身份证反面要再拍": lambda guest: guest.show("back"),
    "都对吗": Guest.hand_in,
    "这次服务您满意吗": Guest.rate,
    # He answered something else than what was asked last: it is put another way.
    "我没看到号码": lambda guest: guest.say(guest.who.number),
    "都对就回“对”": Guest.hand_in,
    "这件事我还不会办": Guest.wish,
}
