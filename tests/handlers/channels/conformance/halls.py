"""The kiosk's platform for tests: a terminal with a screen, buttons and a camera; and its table of cases."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from handlers.channels.base import Gone, MaybeSent, MediaGone, Refused, TryLater, WaitForApplicant
from handlers.signed import CallbackError, identity, signed_headers
from tests.handlers.channels.conformance.calls import header
from tests.handlers.channels.conformance.case import Case, Fault, named
from tests.handlers.channels.conformance.kiosk import BUTTONS, TEXT_LIMIT, Hall, Kiosk
from tests.platforms.base import Button, Fake, Kind, Person, Shown
from tests.troubles import lose_answer, refuse_line, slow, status, text

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Visitor(Person):
    """Somebody before the terminal."""

    def __init__(self, fake: FakeKiosk, user: str) -> None:
        super().__init__(fake.truth, user)
        self._fake = fake

    async def open(self, scene: str = "") -> None:
        await self._fake.tell(self.user, state="here")

    async def leave(self) -> None:
        await self._fake.tell(self.user, state="gone")

    async def say(self, text: str) -> None:
        await self._fake.tell(self.user, text=text)

    async def tap(self, label: str) -> None:
        _, button = self.button(label)
        await self._fake.tell(self.user, choice=button.data)

    async def photo(self, data: bytes) -> None:
        ref = f"p{len(self._fake.photos)}"
        self._fake.photos[ref] = data
        await self._fake.tell(self.user, photo=ref)

    async def send(self, kind: Kind) -> None:
        await self._fake.tell(self.user, kind=kind)


class FakeKiosk(Fake):
    """A terminal. Its calls are signed; whatever breaks its rules is refused."""

    name = "kiosk"
    patience = 5.0

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        super().__init__(clock)
        self.photos: dict[str, bytes] = {}
        self._people: dict[str, Visitor] = {}
        self._keys: set[str] = set()

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/screens/{user}", self.door("screens", self._screen))
        app.router.add_get("/photos/{ref}", self.door("photos", self._photo))

    def person(self, user: str) -> Visitor:
        return self._people.setdefault(user, Visitor(self, user))

    def settings(self) -> dict[str, str]:
        return {}

    async def tell(self, user: str, **what: Any) -> None:
        """Call the bot, until it takes it."""
        body = json.dumps({"user": user, **what}).encode()
        key = f"k{len(self.calls)}"
        headers = signed_headers(key, body, SECRET, self.clock())
        async with self.session.post(self.webhook, data=body, headers=headers) as answer:
            self.note("told", what, answer.status)

    async def _screen(self, request: web.Request) -> web.Response:
        body, user = await request.read(), request.match_info["user"]
        try:
            key = identity(request.headers, body, SECRET, self.clock())
        except CallbackError:
            return web.Response(status=401)
        told = json.loads(body)
        buttons = tuple(Button(each["label"], each["id"]) for each in told["choices"])
        buttons += tuple(Button(each["label"], url=each["url"]) for each in told["links"])
        if user not in self._people:
            return web.Response(status=404)
        if not told["text"] or len(told["text"]) > TEXT_LIMIT or len(buttons) > BUTTONS:
            return web.Response(status=422)
        if key not in self._keys:
            self._keys.add(key)
            self.truth.show(Shown(user, self.clock(), "screen", told["text"], buttons, key=key))
        return web.Response(status=204)

    async def _photo(self, request: web.Request) -> web.Response:
        data = self.photos.get(request.match_info["ref"])
        return web.Response(body=data) if data is not None else web.Response(status=404)


KIOSK = Case(
    name="kiosk",
    path="/channels/kiosk",
    fake=FakeKiosk,
    channel=lambda fake, kit: Kiosk(Hall("hall-1", fake.url, SECRET), kit),
    user=named,
    secrets=lambda fake: [SECRET],
    strange={"voice": "voice", "video": "video", "place": "place", "sticker": "sticker", "strange": "other"},
    forgeries={
        "another time": header("webhook-timestamp", "1795222861"),
        "another message": header("webhook-id", "k99"),
        "no signature": header("webhook-signature", ""),
    },
    signed_for=timedelta(minutes=5),
    knows_repeats=True,
    sending={
        "busy": Fault(TryLater, "screens", status(503)),
        "too fast": Fault(TryLater, "screens", status(429, Retry_After="30"), after=30),
        "dark": Fault(WaitForApplicant, "screens", status(409)),
        "no such person": Fault(Gone, "screens", status(404)),
        "not understood": Fault(Refused, "screens", status(400)),
        "broken": Fault(MaybeSent, "screens", status(500)),
        "another's page": Fault(MaybeSent, "screens", text("<html>login</html>")),
        "cut before": Fault(MaybeSent, "screens", refuse_line()),
        "answer lost": Fault(MaybeSent, "screens", lose_answer(), shown=True),
        "slow": Fault(None, "screens", slow(0.1), shown=True),
    },
    fetching={
        "forgotten": Fault(MediaGone, "photos", status(410)),
        "busy": Fault(TryLater, "photos", status(503)),
        "cut": Fault(TryLater, "photos", refuse_line(), times=2),
    },
    lose=lambda fake: fake.photos.clear(),
)
