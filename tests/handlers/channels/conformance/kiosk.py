"""The shortest channel there is, as an example: a terminal in a village hall that speaks plain HTTP.

    terminal -> us   POST /channels/kiosk, signed, {id, user, text | choice | photo | kind | state}
    us -> terminal   POST /screens/USER, signed, {text, choices, links}: 204; GET /photos/REF

Everything a channel has to know of its platform is here, and nothing of dialogs, storage or other channels.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_args

import aiohttp
from aiohttp import web

from dialogs.codec import dumps
from dialogs.messages import Address, Inbound, Media, MediaKind, News
from dialogs.turn import MessageReceived, Opened
from handlers.calling import FILE_WITHIN, Answer, post
from handlers.channels.base import (
    Capabilities,
    Gone,
    Kit,
    Letter,
    MaybeSent,
    MediaGone,
    Part,
    Refused,
    Rung,
    TryLater,
    WaitForApplicant,
)
from handlers.channels.refusal import Refusal, refused
from handlers.errors import Problem, parse_object, read_body
from handlers.keys import MAILROOM
from handlers.security import allow
from handlers.signed import Forged, Late, identity, signed_headers
from storage.sealing.files import TooBig

NAME = "kiosk"
BODY_LIMIT = 16 * 1024  # bytes; a screenful of words has one
TEXT_LIMIT = 500  # characters of a screen
BUTTONS = 6
MAX_NAME = 60


@dataclass(frozen=True, slots=True)
class Hall:
    """A village hall's terminal. url: where it is called. secret: what both sides sign with."""

    id: str
    url: str
    secret: str = field(repr=False)


class Kiosk:
    """The channel of one terminal."""

    name = NAME
    can = Capabilities(TEXT_LIMIT, "characters", buttons="inline", max_buttons=BUTTONS)

    def __init__(self, hall: Hall, kit: Kit) -> None:
        self.account = hall.id
        self._hall = hall
        self._kit = kit

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/channels/kiosk", self.take)

    @allow("platform")
    async def take(self, request: web.Request) -> web.Response:
        """Take one event; 204 once it is on disk."""
        try:
            body = await _body(request)
            letter = read(self._hall, request.headers, body, self._kit.clock())
        except Refusal as refusal:
            raise refused(NAME, refusal) from refusal
        await request.app[MAILROOM].give_way(letter.address)
        await request.app[MAILROOM].take(letter)
        return web.Response(status=204)

    async def send(self, to: Address, part: Part, *, key: str) -> str:
        """Show something; the terminal drops what comes again under the same key."""
        choices = [{"id": each.id, "label": each.label} for each in part.choices]
        links = [{"label": each.label, "url": each.url} for each in part.links]
        body = {"id": key, "text": part.text, "choices": choices, "links": links}
        raw = dumps(body)
        headers = signed_headers(key, raw, self._hall.secret, self._kit.clock())
        url = f"{self._hall.url}/screens/{to.user}"
        _check(await post(self._kit.session, url, raw, platform=NAME, headers=headers))
        return key

    async def notify(self, to: Address, news: News, rung: Rung, *, key: str) -> str:
        raise WaitForApplicant("a terminal has no notices")

    async def fetch(self, ref: str, limit: int) -> AsyncIterator[bytes]:
        """Yield a photo from the terminal's camera."""
        size = 0
        try:
            url = f"{self._hall.url}/photos/{ref}"
            async with self._kit.session.get(url, timeout=FILE_WITHIN, allow_redirects=False) as answer:
                if answer.status in (404, 410):
                    raise MediaGone("kiosk: no such photo")
                if answer.status != 200:
                    raise TryLater(f"kiosk: HTTP {answer.status}")
                async for piece in answer.content.iter_any():
                    size += len(piece)
                    if size > limit:
                        raise TooBig(f"more than {limit} bytes")
                    yield piece
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            raise TryLater(f"kiosk: {type(fault).__name__}") from None

    async def typing(self, to: Address) -> None:
        """A terminal does not show it."""

    async def deep_link(self, scene: str) -> str:
        return ""

    async def close(self) -> None:
        """Nothing is held."""


def read(hall: Hall, headers: Mapping[str, str], body: bytes, now: datetime) -> Letter:
    """Return what one call of the terminal says.

    Raises:
        Refusal: forged, stale or malformed.
    """
    try:
        key = identity(headers, body, hall.secret, now)
        told = parse_object(body)
    except Forged as fault:
        raise Refusal("forged") from fault
    except Late as fault:
        raise Refusal("stale") from fault
    except Problem as fault:
        raise Refusal("malformed") from fault
    address = Address(NAME, hall.id, _name(told.get("user")))
    if told.get("state") in ("here", "gone"):
        here = told["state"] == "here"
        return Letter(address, key, now, Opened(channel=NAME) if here else None, gone=not here)
    inbound = _inbound(key, now, told)
    return Letter(address, key, now, MessageReceived(inbound), shown={"text": inbound.text or "[其他消息]"})


def _inbound(key: str, now: datetime, told: Mapping[str, Any]) -> Inbound:
    text, choice, photo, kind = (_text(told, name) for name in ("text", "choice", "photo", "kind"))
    if photo:
        return Inbound(key, now, media=(Media("", "photo", _name(photo)),), channel=NAME)
    if choice or text:
        return Inbound(key, now, text=text, choice=choice, channel=NAME)
    known: MediaKind = next((each for each in get_args(MediaKind) if each == kind), "other")
    return Inbound(key, now, media=(Media("", known if known != "photo" else "other"),), channel=NAME)


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name, "")
    return value[:2000] if isinstance(value, str) else ""


def _name(value: object) -> str:
    if not isinstance(value, str) or not value.isalnum() or not value.isascii() or len(value) > MAX_NAME:
        raise Refusal("malformed")
    return value


def _check(answer: Answer) -> None:
    """Raise what the terminal's answer means, if it is not that all is well."""
    if answer.status == 204:
        return
    why = f"kiosk: HTTP {answer.status}"
    if answer.status == 404:
        raise Gone(why)
    if answer.status == 409:  # its screen is dark: somebody has to touch it first
        raise WaitForApplicant(why)
    if answer.status in (429, 503):
        raise TryLater(why, answer.after)
    if 400 <= answer.status < 500:
        raise Refused(why)
    raise MaybeSent(why)


async def _body(request: web.Request) -> bytes:
    try:
        return await read_body(request, BODY_LIMIT)
    except Problem as problem:
        raise Refusal("too_big" if problem.status == 413 else "malformed") from problem
