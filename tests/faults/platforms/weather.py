"""Bad weather at the platforms: answers are lost, calls are refused, slow, silent, tokens end early.

`Weather.blow` spoils calls to come, one now and then, as chance (from a seed) has it. It counts the
messages that did reach a phone though we could not see it: nothing else may ever be said twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

from aiohttp import web

from tests.faults.machine import Machine
from tests.platforms.base import Fake, serving
from tests.platforms.dingtalk import FakeDingTalk
from tests.platforms.telegram import FakeTelegram, too_many
from tests.platforms.wechat import FakeWeChat
from tests.platforms.wechat.interface import errcode
from tests.troubles import Trouble, Work, half_answer, lose_answer, refuse_line, silent, slow, status

TOO_LONG = 12.0  # seconds; longer than we wait for an answer
SLOW = 2.0
GUSTS = 0.4, 2.0  # seconds between two of them
ENDS = 15  # of what is lent, in a whole storm

# Calls that put words on a phone, and those that only prepare for it.
SAYING: Mapping[str, Sequence[str]] = {
    "wechat": ("message/custom/send",),
    "telegram": ("sendMessage",),
    "dingtalk": ("sendBySession", "batchSend"),
}
OTHER: Mapping[str, Sequence[str]] = {
    "wechat": ("stable_token", "media/get"),
    "telegram": ("getFile", "file", "answerCallbackQuery"),
    "dingtalk": ("accessToken", "download", "file"),
}
BUSY: Mapping[str, Trouble] = {
    "wechat": errcode(-1, "system busy"),
    "telegram": status(429, too_many(1)),
    "dingtalk": status(503, {"code": "ServiceUnavailable"}),
}


@dataclass
class Platforms:
    """The three platforms of one storm."""

    wechat: FakeWeChat = field(default_factory=FakeWeChat)
    telegram: FakeTelegram = field(default_factory=FakeTelegram)
    dingtalk: FakeDingTalk = field(default_factory=FakeDingTalk)

    @property
    def all(self) -> tuple[Fake, ...]:
        return self.wechat, self.telegram, self.dingtalk

    def settings(self) -> dict[str, str]:
        """Return the environment of a bot that speaks to all of them. Photos come through each."""
        own = {name: value for fake in self.all for name, value in fake.settings().items()}
        return {**own, "ZEROTRIP_TELEGRAM_PHOTOS": "true"}

    def call(self, machine: Machine) -> None:
        """Tell them where the bot is."""
        for fake in self.all:
            fake.webhook = f"{machine.url}/channels/{fake.name}"


@asynccontextmanager
async def platforms() -> AsyncIterator[Platforms]:
    """Serve the three platforms for as long as the context lasts."""
    made = Platforms()
    # A bot that is killed leaves calls half written; nobody has to read of each.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    async with serving(made.wechat), serving(made.telegram), serving(made.dingtalk):
        yield made


class Weather:
    """What goes wrong, and how often it did. unseen: messages shown on a phone whose answer was lost."""

    def __init__(self, there: Platforms, dice: Random) -> None:
        self._there = there
        self._dice = dice
        self.spoiled: Counter[str] = Counter()
        self.unseen = 0

    async def blow(self) -> None:
        """Spoil something now and then; does not end."""
        while True:
            await asyncio.sleep(self._dice.uniform(*GUSTS))
            self._gust()

    def clear(self) -> None:
        """Let the sun shine: what was ordered and has not struck yet is taken back."""
        for fake in self._there.all:
            fake.troubles.forget()
        self._there.wechat.lost_answers = self._there.telegram.unheard = 0

    def _gust(self) -> None:
        name, act = self._dice.choice(self._gusts())
        if act():
            self.spoiled[name] += 1

    def _gusts(self) -> Sequence[tuple[str, Callable[[], bool]]]:
        fake = self._dice.choice(self._there.all)
        saying, other = SAYING[fake.name], OTHER[fake.name]
        unclear = [("answer lost", lose_answer()), ("answer broken off", half_answer())]
        bad = [("line cut", refuse_line()), ("503", status(503)), ("silent", silent(TOO_LONG))]
        said = [
            (what, self._spoiling(fake, saying, trouble))
            for what, trouble in (*unclear, *bad, ("slow", slow(SLOW)), ("busy", BUSY[fake.name]))
        ]
        prepared = [(f"{what} beside", self._spoiling(fake, other, trouble)) for what, trouble in bad[:2]]
        return [*said, *said, *prepared, ("our answer lost", self._lose_ours), ("token ended", self._end)]

    def _spoiling(self, fake: Fake, calls: Sequence[str], trouble: Trouble) -> Callable[[], bool]:
        call = self._dice.choice(calls)

        def order() -> bool:
            if fake.troubles.waiting(call):
                return False
            fake.troubles.order(call, self._counting(fake, trouble) if call in SAYING[fake.name] else trouble)
            return True

        return order

    def _counting(self, fake: Fake, trouble: Trouble) -> Trouble:
        """Return `trouble`, which counts when the work it hides was done, and seen on a phone."""

        async def counting(request: web.Request, work: Work) -> web.StreamResponse:
            shown, hidden = 0, True

            async def done() -> web.StreamResponse:
                nonlocal shown
                before = len(fake.truth.shown)
                answer = await work()
                shown = len(fake.truth.shown) - before
                return answer

            answer = await trouble(request, done)
            hidden = answer.status != 200 or request.transport is None or request.transport.is_closing()
            self.unseen += shown if hidden else 0
            return answer

        return counting

    def _lose_ours(self) -> bool:
        """Lose what we answer to a webhook; the platform calls again."""
        self._there.wechat.lost_answers = self._there.telegram.unheard = 1
        return True

    def _end(self) -> bool:
        """End what the platforms have lent before its time; WeChat lends no more than 20 anew in a day."""
        if self.spoiled["token ended"] >= ENDS:
            return False
        self._there.wechat.account.loans.revoke()
        self._there.dingtalk.revoke()
        self._there.dingtalk.close_hooks()
        return True
