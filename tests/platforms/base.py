"""What all fake platforms offer alike: the truth of what reached each phone, people, trouble, a clock.

    fake = FakeWeChat(clock)
    async with serving(fake, port):            # the platform's interface, at fake.url
        fake.webhook = f"{bot}/channels/wechat"
        her = fake.person("hu")
        await her.open()                       # follows the account
        await her.say("你好")                  # returns once the platform is done with that message
        await her.until("您想办什么")          # the next thing on her phone that says so
        await her.tap("养老保险")

The truth is `fake.truth`: all that was shown, in order. `fake.calls` has every call of the platform's
interface with its answer, refused ones too; `fake.hits` counts them by name, spoiled ones included.
`fake.troubles` spoils calls to come (tests/troubles.py).
"""

from __future__ import annotations

import asyncio
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal, TypeVar

from aiohttp import ClientSession, TCPConnector, web

from tests.patience import PATIENCE
from tests.troubles import Troubles

Kind = Literal["voice", "video", "place", "sticker", "file", "strange"]
Found = TypeVar("Found")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Clock:
    """Tells the time: real time moved by `step`, or, made with `at`, a time that moves by `step` alone."""

    def __init__(self, at: datetime | None = None) -> None:
        self._at = at
        self._moved = timedelta()

    def __call__(self) -> datetime:
        return (self._at or datetime.now(UTC)) + self._moved

    def step(self, **by: float) -> None:
        """Let time pass: `clock.step(hours=48)`."""
        self._moved += timedelta(**by)


@dataclass(frozen=True, slots=True)
class Button:
    """Something on the phone that can be tapped: an answer (`data` goes to the bot) or a link (`url`)."""

    label: str
    data: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as it appeared on a phone.

    road:     by which of the platform's ways it came ("passive", "customer service", "template", ...);
              "platform": the platform's own words, as when a bot does not answer.
    id:       the platform's id of it.
    key:      the sender's own id of it, where the platform has such a thing.
    fields:   of a notice, by name.
    replaces: the id of an earlier message that now says this.
    file:     what came with it or instead of words, and `kind`, its media type.
    """

    user: str
    at: datetime
    road: str
    text: str
    buttons: tuple[Button, ...] = ()
    id: str = ""
    key: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    replaces: str = ""
    file: bytes = field(default=b"", repr=False)
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the platform's interface: what was asked, and the platform's answer (its code, 0: well)."""

    name: str
    at: datetime
    body: Any = None
    code: int = 0


class Truth:
    """Everything that ever reached a phone, in order."""

    def __init__(self) -> None:
        self.shown: list[Shown] = []
        self._news = asyncio.Event()

    def show(self, message: Shown) -> None:
        self.shown.append(message)
        self.stir()

    def of(self, user: str) -> list[Shown]:
        return [message for message in self.shown if message.user == user]

    def stir(self) -> None:
        """Let everybody who waits look again."""
        self._news.set()
        self._news = asyncio.Event()

    async def until(self, found: Callable[[], Found | None], what: str, within: float = PATIENCE) -> Found:
        """Return the first value of `found` that is not None; it is asked after whatever happens here.

        Raises:
            AssertionError: nothing came within so many seconds.
        """
        try:
            async with asyncio.timeout(within):
                while (value := found()) is None:
                    await self._news.wait()
                return value
        except TimeoutError:
            raise AssertionError(f"waited {within:g} s for {what}") from None


class Person(ABC):
    """Somebody with a phone. What he does returns once the platform is done with it, or has given up."""

    def __init__(self, truth: Truth, user: str) -> None:
        self.truth = truth
        self.user = user
        self._read = 0  # of his messages, so many were waited for

    @property
    def shown(self) -> list[Shown]:
        """All that is on his phone."""
        return self.truth.of(self.user)

    def heard(self) -> list[str]:
        """The texts of all that is on his phone."""
        return [message.text for message in self.shown]

    async def until(self, text: str, within: float = PATIENCE) -> Shown:
        """Wait for a message, after the one waited for before, that has `text` in it; return it."""

        def found() -> Shown | None:
            mine = self.shown
            for n in range(self._read, len(mine)):
                if text in mine[n].text:
                    self._read = n + 1
                    return mine[n]
            return None

        try:
            return await self.truth.until(found, repr(text), within)
        except AssertionError as why:
            lately = "\n".join(f"{each.at:%H:%M:%S} [{each.road}] {each.text}" for each in self.shown[-9:])
            raise AssertionError(f"{why}\nlast on the phone:\n{lately}") from None

    def button(self, label: str) -> tuple[Shown, Button]:
        """Return the newest button with that label, and its message."""
        for message in reversed(self.shown):
            for button in message.buttons:
                if button.label == label:
                    return message, button
        raise AssertionError(f"no button {label!r} on the phone; last:\n" + "\n".join(self.heard()[-3:]))

    async def choose(self, label: str) -> None:
        """Tap the option, or type the number that stands before it where options are numbered."""
        numbered = re.compile(rf"^(\d+)[.．、]\s*{re.escape(label)}\s*$", re.MULTILINE)
        for shown in reversed(self.shown):  # what offers it may not be what was said last
            if any(button.label == label for button in shown.buttons):
                return await self.tap(label)
            if found := numbered.search(shown.text):
                return await self.say(found[1])
        raise AssertionError(f"no option {label!r} on the phone; last:\n" + "\n".join(self.heard()[-3:]))

    @abstractmethod
    async def open(self, scene: str = "") -> None:
        """Come to the bot: follow the account, press start; by a link that carries `scene`."""

    @abstractmethod
    async def leave(self) -> None:
        """Block the bot, or stop following it."""

    @abstractmethod
    async def say(self, text: str) -> None:
        """Write a message."""

    @abstractmethod
    async def tap(self, label: str) -> None:
        """Tap the newest button that says `label`."""

    @abstractmethod
    async def photo(self, data: bytes) -> None:
        """Send a photo."""

    @abstractmethod
    async def send(self, kind: Kind) -> None:
        """Send something that is neither words nor a photo."""


class Fake(ABC):
    """A platform. Serve it with `serving`; say in `webhook` where the bot is called.

    patience: real seconds the platform waits for the bot's answer to a call. Tests of what happens
              then make it short.
    """

    name: ClassVar[str]
    patience: float

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        self.clock = clock or Clock()
        self.truth = Truth()
        self.calls: list[Call] = []
        self.hits: Counter[str] = Counter()
        self.troubles = Troubles()
        self.webhook = ""
        self.url = ""
        self.session: ClientSession  # from `serving`
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def path(self) -> str:
        """Return the path of the bot's webhook that the platform calls."""
        return f"/channels/{self.name}"

    @abstractmethod
    def add_routes(self, app: web.Application) -> None:
        """Put the platform's interface on the application."""

    @abstractmethod
    def person(self, user: str) -> Person:
        """Return somebody with this platform's app; the same name is the same person."""

    @abstractmethod
    def settings(self) -> dict[str, str]:
        """Return the environment with which a bot speaks to this platform (ZEROTRIP_...)."""

    def go(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it beside: a platform calls the bot while people go on."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End what still runs."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def door(self, call: str, handler: Handler) -> Handler:
        """Return `handler` behind the troubles ordered for `call`."""

        async def door(request: web.Request) -> web.StreamResponse:
            self.hits[call] += 1
            return await self.troubles.door(call, request, lambda: handler(request))

        return door

    def note(self, name: str, body: Any = None, code: int = 0) -> None:
        """Remember a call of the interface."""
        self.calls.append(Call(name, self.clock(), body, code))
        self.truth.stir()


@asynccontextmanager
async def serving(fake: Fake, port: int = 0) -> AsyncIterator[str]:
    """Serve a platform on this machine, on a free port unless one is named; its address is `fake.url`."""
    app = web.Application(client_max_size=13 * 1024 * 1024)
    fake.add_routes(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    # A line of its own for each call: one kept open could be closed by the bot just as it is used again.
    async with ClientSession(connector=TCPConnector(force_close=True, limit=0)) as fake.session:
        try:
            yield fake.url
        finally:
            await fake.close()
            await runner.cleanup()
