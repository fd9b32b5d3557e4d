"""Phones in a browser: the fake platforms, each with a page on which a developer chats as a user.

    GET  /                         which phones there are
    GET  /{phone}/                 a phone (phone.html); ?user=hu is whose it is
    GET  /{phone}/api/shown        what is on it after ?after=, waiting for news up to ?wait= seconds
    POST /{phone}/api/do           {"do": "open" | "say" | "tap" | "press" | "send" | "leave", "with": ...}
    POST /{phone}/api/photo        a file

`python -m bot serve --platforms` runs them beside the bot; they listen on this machine alone.
"""

from __future__ import annotations

from base64 import b64encode
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

from handlers.channels.wechat.menu import default_menu, read_menu
from tests.platforms.base import Fake, Person, Shown, serving
from tests.platforms.dingtalk import FakeDingTalk
from tests.platforms.dingtalk.service import CLERKS
from tests.platforms.sms import FakeSms
from tests.platforms.telegram import Caller, FakeTelegram
from tests.platforms.wechat import FakeWeChat, WeChatPerson

PAGE = Path(__file__).with_name("phone.html")
PORT = 8070
LONGEST_WAIT = 25.0  # seconds
FAKES: tuple[type[Fake], ...] = (FakeWeChat, FakeTelegram, FakeDingTalk, FakeSms)


@dataclass(frozen=True, slots=True)
class Done:
    """Something the user of a phone did."""

    at: datetime
    text: str


@dataclass
class Phones:
    """The platforms by name, and what their users did. `url` is where the pages are."""

    fakes: Mapping[str, Fake]
    url: str = ""
    done: dict[tuple[str, str], list[Done]] = field(default_factory=lambda: defaultdict(list))

    def settings(self) -> dict[str, str]:
        """Return the environment with which a bot speaks to all of them."""
        return {name: value for fake in self.fakes.values() for name, value in fake.settings().items()}

    def pages(self) -> dict[str, str]:
        """Return the phones' addresses by what they are."""
        return {name: f"{self.url}/{name}/" for name in (*self.fakes, "clerks")}

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/", self._list)
        app.router.add_get("/{phone}/", self._page)
        app.router.add_get("/{phone}/api/shown", self._shown)
        app.router.add_post("/{phone}/api/do", self._do)
        app.router.add_post("/{phone}/api/photo", self._photo)

    async def _list(self, _: web.Request) -> web.Response:
        links = "".join(f'<li><a href="{url}">{name}</a></li>' for name, url in self.pages().items())
        return web.Response(text=f"<!doctype html><ul>{links}</ul>", content_type="text/html")

    async def _page(self, request: web.Request) -> web.Response:
        self._fake(request)
        return web.Response(text=PAGE.read_text(encoding="utf-8"), content_type="text/html")

    def _fake(self, request: web.Request) -> Fake:
        phone = request.match_info["phone"]
        fake = self.fakes.get("dingtalk" if phone == "clerks" else phone)
        if fake is None:
            raise web.HTTPNotFound(text=f"no phone {phone}")
        return fake

    def _person(self, request: web.Request) -> tuple[Fake, Person, list[Done]]:
        fake, user = self._fake(request), request.query.get("user") or "hu"
        if request.match_info["phone"] in ("clerks", "sms"):
            raise web.HTTPBadRequest(text="nobody writes here")
        return fake, fake.person(user), self.done[fake.name, user]

    async def _shown(self, request: web.Request) -> web.Response:
        """Return all there is after `after`, or wait for it."""
        after, wait = int(request.query.get("after", 0)), float(request.query.get("wait", 0))
        found = self._all(request)
        if len(found) <= after and wait:
            truth = self._fake(request).truth
            with suppress(AssertionError):  # nothing happened; the page asks again
                await truth.until(
                    lambda: len(self._all(request)) > after or None, "news", min(wait, LONGEST_WAIT)
                )
            found = self._all(request)
        return web.json_response({"shown": found[after:], "next": len(found), **self._state(request)})

    def _all(self, request: web.Request) -> list[dict[str, Any]]:
        """Return the user's own doings and what the phone shows, by time."""
        phone, fake = request.match_info["phone"], self._fake(request)
        if phone == "sms":
            return [_told(each) for each in fake.truth.shown]
        if phone == "clerks":
            return [_told(each) for each in fake.truth.of(CLERKS)]
        fake, person, done = self._person(request)
        both: list[Shown | Done] = [*person.shown, *done]
        return [_told(each) for each in sorted(both, key=lambda each: each.at)]

    def _state(self, request: web.Request) -> dict[str, Any]:
        """Return whether he is in touch with the bot, and the menu below the chat."""
        if request.match_info["phone"] in ("clerks", "sms"):
            return {"reads": True, "open": True, "menu": []}
        fake, person, _ = self._person(request)
        return {"reads": False, "open": _is_open(person), "menu": _menu(fake)}

    async def _do(self, request: web.Request) -> web.Response:
        _, person, done = self._person(request)
        given = await request.json()
        deed, about = str(given.get("do")), str(given.get("with", ""))
        act = _deeds(person).get(deed)
        if act is None:
            raise web.HTTPBadRequest(text=f"nobody can {deed} here")
        done.append(Done(self._fake(request).clock(), _words(deed, about)))
        person.truth.stir()
        try:
            await act(about)
        except AssertionError as why:
            raise web.HTTPConflict(text=str(why)) from why
        return web.json_response({})

    async def _photo(self, request: web.Request) -> web.Response:
        _, person, done = self._person(request)
        file = (await request.post()).get("file")
        if not isinstance(file, web.FileField):
            raise web.HTTPBadRequest(text="no file")
        done.append(Done(self._fake(request).clock(), f"[photo] {file.filename}"))
        person.truth.stir()
        await person.photo(file.file.read())
        return web.json_response({})


def _told(each: Shown | Done) -> dict[str, Any]:
    if isinstance(each, Done):
        return {"own": True, "at": each.at.isoformat(), "text": each.text}
    return {
        "own": False,
        "at": each.at.isoformat(),
        "text": each.text,
        "to": each.user,
        "road": each.road,
        "id": each.id,
        "replaces": each.replaces,
        "fields": dict(each.fields),
        "file": f"data:{each.kind};base64,{b64encode(each.file).decode()}" if each.file else "",
        "buttons": [{"label": button.label, "url": button.url} for button in each.buttons],
    }


def _deeds(person: Person) -> dict[str, Callable[[str], Awaitable[None]]]:
    deeds: dict[str, Callable[[str], Awaitable[None]]] = {
        "open": lambda scene: _open(person, scene),
        "leave": lambda _: person.leave(),
        "say": person.say,
        "tap": person.tap,
        "send": person.send,  # type: ignore[dict-item]  # the page offers kinds alone
    }
    return deeds | ({"press": person.press} if isinstance(person, WeChatPerson) else {})


async def _open(person: Person, scene: str) -> None:
    """Come to the bot by a scene, by a link that carries one, or by a QR code's address."""
    if isinstance(person, WeChatPerson) and "://" in scene:
        await person.scan(scene)
    elif "://" in scene:
        await person.open(parse_qs(urlsplit(scene).query).get("start", [""])[0])
    else:
        await person.open(scene)


def _words(deed: str, about: str) -> str:
    return about if deed in ("say", "tap", "press") else f"[{deed}] {about}".strip()


def _is_open(person: Person) -> bool:
    if isinstance(person, Caller):
        return person.chat.opened and not person.chat.blocked
    return person.follower.follows if isinstance(person, WeChatPerson) else True


def _menu(fake: Fake) -> list[str]:
    menu = (fake.account.menu if isinstance(fake, FakeWeChat) else None) or {"button": []}
    return [each["name"] for top in menu["button"] for each in (top.get("sub_button") or [top])]


def _set_up(fake: Fake, bot: str) -> None:
    """Bring about what an operator and time would."""
    if isinstance(fake, FakeSms):
        fake.reports = "delivered"
    if isinstance(fake, FakeWeChat):
        fake.account.menu = read_menu(default_menu(notices=True), bot)  # as `zerotrip wechat menu` would


@asynccontextmanager
async def phones(bot: str, port: int = PORT) -> AsyncIterator[Phones]:
    """Run all platforms with their phones; `bot` is where the bot's webhooks are.

    port: of the pages; another one is taken where somebody else has it.
    """
    made = [fake() for fake in FAKES]
    all_ = Phones({fake.name: fake for fake in made})
    async with AsyncExitStack() as stack:
        for fake in made:
            await stack.enter_async_context(serving(fake))
            fake.webhook = bot + fake.path
            _set_up(fake, bot)
        app = web.Application(client_max_size=13 * 1024 * 1024)
        all_.add_routes(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
        except OSError:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
        all_.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield all_
