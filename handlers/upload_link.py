"""A page of ours for one photo, for platforms through which photos must not pass.

    a photo is asked for -> make: a link in the chat -> the page -> POST /upload/api/photo -> a turn

The token travels after the #, so it reaches no log and no Referer, and opening the link uses nothing
up: platforms look at links, too. The photo is an event of the link's own key, so one sent twice over a
bad line is taken once. A photo that was taken closes the link, also when the chat finds it too blurred:
the next question brings the next link.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from aiohttp import BodyPartReader, web
from sqlalchemy import Connection

from dialogs.codec import dumps
from dialogs.messages import Inbound, Media
from dialogs.turn import MessageReceived
from handlers.errors import Problem, in_time
from handlers.keys import CLOCK, DATABASE, FILES, TURNS, VAULT
from handlers.security import allow, bearer
from handlers.turns import Clock
from handlers.uploads import NoRoom
from storage.database import Database
from storage.errors import UnknownConversation
from storage.people import messages, upload_links
from storage.people.conversations import session_of
from storage.people.upload_links import UploadLink
from storage.sealing.files import TooBig
from storage.sealing.vault import Vault

SOURCE = "upload"  # who says so, in the inbox
UPLOAD_WITHIN = 300.0  # seconds for a photo over a weak network
LOOKED_BACK = 60  # messages among which the question is that the link was for
MAX_TOKEN = 64

LINK = web.RequestKey("upload_link", UploadLink)

routes = web.RouteTableDef()


def add_routes(app: web.Application) -> None:
    """Put the page's calls on the application."""
    app.add_routes(routes)


async def make(
    database: Database, vault: Vault, clock: Clock, origin: str, conversation: str, slot: str
) -> str:
    """Return the address of a page that takes the photo wanted at `slot`, once, within 15 minutes."""
    token = await database.run(lambda c: upload_links.make(c, vault, conversation, slot, clock()))
    return f"{origin}/upload/#{token}"


async def uploader_guard(request: web.Request) -> None:
    """Let pass whoever holds a link that is still good, and remember which."""
    app, token = request.app, bearer(request)
    if not 0 < len(token) <= MAX_TOKEN:
        raise _unknown()
    try:
        link, passed = await app[DATABASE].read(lambda c: _look_up(c, app[VAULT], token))
    except UnknownConversation as fault:
        raise _unknown() from fault
    if link.used:
        raise _used()
    if link.expires_at <= app[CLOCK]():
        raise Problem(410, "the link is too old", message="这个链接过了15分钟，已经失效。")
    if passed:
        raise Problem(
            410, "another photo is wanted now", message="现在要拍的不是这一张，请点聊天里最新的链接。"
        )
    request[LINK] = link


def _look_up(connection: Connection, vault: Vault, token: str) -> tuple[UploadLink, bool]:
    """Return the link, and whether another photo has been asked for since: then it would be filed as that."""
    link = upload_links.find(connection, vault, token)
    if link is None:
        raise _unknown()
    asked = _photos_asked(connection, vault, link)
    return link, bool(asked) and asked[-1].get("slot") != link.slot


@routes.get("/upload/api/link")
@allow("uploader")
async def what_is_wanted(request: web.Request) -> web.Response:
    """Say which side of which paper is wanted, in which language, and until when the link is good."""
    link, app = request[LINK], request.app
    try:
        wanted = await app[DATABASE].read(lambda c: _wanted(c, app[VAULT], link))
    except UnknownConversation as fault:
        raise _unknown() from fault
    return web.Response(
        body=dumps({**wanted, "until": link.expires_at.isoformat()}), content_type="application/json"
    )


@routes.post("/upload/api/photo")
@allow("uploader")
async def take_photo(request: web.Request) -> web.Response:
    """Take the photo: multipart, one field `file`. It streams to disk, sealed as it comes."""
    if request.content_type != "multipart/form-data":
        raise Problem(415, "send multipart/form-data with file")
    reader = await request.multipart()
    async with in_time(UPLOAD_WITHIN):
        part = await reader.next()
        if not isinstance(part, BodyPartReader) or part.name != "file":
            raise Problem(400, "the one field is file", message="没有收到照片，请再发一次。")
        file = await _keep(request, part)
    await _hand_in(request.app, request[LINK], file)
    return web.Response(body=dumps({}), status=202, content_type="application/json")


async def _keep(request: web.Request, part: BodyPartReader) -> str:
    try:
        return await request.app[FILES].take(request[LINK].conversation, _chunks(part))
    except TooBig as fault:
        raise Problem(
            413,
            str(fault),
            message="这张照片太大了，请用普通模式再拍一张。",
            headers={"Connection": "close"},
        ) from fault
    except NoRoom as fault:
        raise Problem(429, str(fault), message="今天的照片发得太多了，明天再发。着急请打12345。") from fault
    except UnknownConversation as fault:
        raise _unknown() from fault


async def _hand_in(app: web.Application, link: UploadLink, file: str) -> None:
    """Make the photo an event. The inbox knows the link's key: of two at once, one is taken."""
    event = MessageReceived(Inbound(link.key, app[CLOCK](), media=(Media(file),)))
    shown = {"text": "", "image": file}
    taken = await app[TURNS].take(link.conversation, SOURCE, link.key, event, shown=shown)
    await app[DATABASE].run(lambda c: upload_links.mark_used(c, link, app[CLOCK]()))
    if not taken.fresh:
        await app[FILES].forget_unnamed(link.conversation, file)
        raise _used()


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(64 * 1024):
        yield chunk


def _wanted(connection: Connection, vault: Vault, link: UploadLink) -> dict[str, str]:
    """Return {slot, side, title, lang}: from the last question for this photo, as far as it is kept."""
    asked = _photos_asked(connection, vault, link)
    mine: dict[str, Any] = next((body for body in reversed(asked) if body.get("slot") == link.slot), {})
    return {
        "slot": link.slot,
        "side": str(mine.get("side", "page")),
        "title": str(mine.get("title", "")),
        "lang": session_of(connection, vault, link.conversation).lang,
    }


def _photos_asked(connection: Connection, vault: Vault, link: UploadLink) -> list[dict[str, Any]]:
    """Return the cards of the photos that were asked for lately, the newest last."""
    said = messages.latest(connection, vault, link.conversation, LOOKED_BACK)
    return [
        each.body["card"]["body"] for each in said if (each.body.get("card") or {}).get("kind") == "photo"
    ]


def _unknown() -> Problem:
    return Problem(401, "no link of ours", message="这个链接打不开。")


def _used() -> Problem:
    return Problem(409, "the link has brought its photo", message="这个链接的照片已经收到了。")
