"""Opening a document: a short-lived link to a page of ours, which has the PDF sent as an attachment.

    DocumentHeld -> "《受理回执》..." with a link -> /papers/#TOKEN -> POST /papers/api/file -> the PDF

The token travels behind the #, so it reaches no log and no Referer, and platforms that look at links see
an empty page. It is made when the words leave, good for fifteen minutes and for one file; it is signed,
so nothing needs to be kept. The web chat asks for one when its button is tapped.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from aiohttp import web
from sqlalchemy import Connection

from dialogs.codec import dumps
from dialogs.engine.cases.documents import of_case
from dialogs.session import Session
from handlers.channels.webchat_moves import CONVERSATION
from handlers.errors import Problem
from handlers.keys import CLOCK, DATABASE, FILES, VAULT
from handlers.security import allow, bearer, same
from storage.errors import UnknownConversation
from storage.people import uploads
from storage.people.conversations import session_of
from storage.people.uploads import Upload
from storage.sealing.vault import Vault

LASTS = timedelta(minutes=15)
MAX_TOKEN = 200
_TOKEN = re.compile(r"([0-9a-f]{32})\.([0-9]{1,12})\.([A-Za-z0-9_-]{43})")

routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link opens: the file, and the words for it."""

    file: Upload
    title: str
    number: str
    lang: str
    until: datetime


OPENED = web.RequestKey("opened_document", Opened)


def add_routes(app: web.Application) -> None:
    """Put the page's calls on the application."""
    app.add_routes(routes)


def token_of(vault: Vault, file: str, now: datetime) -> str:
    """Return a token that opens `file` for the next fifteen minutes."""
    until = str(int((now + LASTS).timestamp()))
    return f"{file}.{until}.{_signed(vault, file, until)}"


def link_maker(vault: Vault, clock: Callable[[], datetime], origin: str) -> Callable[[str], Awaitable[str]]:
    """Return what makes the address of a page that opens a file."""

    async def make(file: str) -> str:
        return f"{origin}/papers/#{token_of(vault, file, clock())}"

    return make


async def reader_guard(request: web.Request) -> None:
    """Let pass whoever holds a link that is still good, in a header or in the page's form."""
    app = request.app
    token = bearer(request) or await _posted(request)
    found = _TOKEN.fullmatch(token)
    if found is None or not same(found[3], _signed(app[VAULT], found[1], found[2])):
        raise Problem(401, "no link of ours", message="这个链接打不开。")
    until = datetime.fromtimestamp(int(found[2]), UTC)
    if until <= app[CLOCK]():
        raise Problem(410, "the link is too old", message="这个链接过了15分钟，已经失效。")
    request[OPENED] = await app[DATABASE].read(lambda c: _opened(c, app[VAULT], found[1], until))


@routes.get("/papers/api/link")
@allow("reader")
async def what_it_opens(request: web.Request) -> web.Response:
    """Say what the link opens, in which language, and until when."""
    opened = request[OPENED]
    told = {
        "title": opened.title,
        "number": opened.number,
        "lang": opened.lang,
        "size": opened.file.size,
        "until": opened.until.isoformat(),
    }
    return web.Response(body=dumps(told), content_type="application/json")


@routes.post("/papers/api/file")
@allow("reader")
async def read_file(request: web.Request) -> web.Response:
    """Return the PDF, to be saved: a form's answer, which every phone's browser knows how to keep."""
    opened = request[OPENED]
    data = await request.app[FILES].read(opened.file.conversation, opened.file.id)
    if data is None:
        raise _gone()
    name = quote(f"{opened.title}_{opened.number}.pdf")
    headers = {
        "Content-Disposition": f"attachment; filename=\"document.pdf\"; filename*=UTF-8''{name}",
        "Content-Security-Policy": "sandbox",
    }
    return web.Response(body=data, content_type="application/pdf", headers=headers)


@routes.post("/chat/api/documents/{file}")
@allow("applicant")
async def open_from_chat(request: web.Request) -> web.Response:
    """Make a token for a document of this very conversation."""
    app, file = request.app, request.match_info["file"]
    found = await app[DATABASE].read(lambda c: uploads.one(c, file))
    if found is None or found.kind != "document" or found.conversation != request[CONVERSATION]:
        raise _gone()
    token = token_of(app[VAULT], file, app[CLOCK]())
    return web.Response(body=dumps({"token": token}), content_type="application/json", status=201)


async def _posted(request: web.Request) -> str:
    if request.method != "POST" or (request.content_length or MAX_TOKEN + 100) > MAX_TOKEN + 50:
        return ""
    token = (await request.post()).get("token", "")
    return token if isinstance(token, str) else ""


def _opened(connection: Connection, vault: Vault, file: str, until: datetime) -> Opened:
    found = uploads.one(connection, file)
    if found is None or found.kind != "document":
        raise _gone()
    try:
        session = session_of(connection, vault, found.conversation)
    except UnknownConversation as fault:
        raise _gone() from fault
    title, number = _named(session, file)
    return Opened(found, title, number, session.lang, until)


def _named(session: Session, file: str) -> tuple[str, str]:
    entries = (of_case(case).get(file) for case in session.cases.values())
    entry = next((each for each in entries if each), {})
    return entry.get("title", ""), entry.get("number", "")


def _signed(vault: Vault, file: str, until: str) -> str:
    mac = vault.blind("document_link", f"{file}.{until}")
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def _gone() -> Problem:
    return Problem(404, "no such document", message="这份文件已经不在了。")
