"""Handing documents out: to the bot with its token, to a reviewer who is signed in."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

from aiohttp import web

from intake import contract
from intake.documents import html, keeping, pdf
from intake.documents.content import Content
from intake.keeping.unit import Unit
from intake.office import reviewers
from intake.parts import PARTS
from intake.problems import unknown
from intake.web import SESSION, allow, answer

_NAME = re.compile(r"([A-Za-z0-9_-]{1,64})\.(pdf|html)")
FORMS: Mapping[str, tuple[Callable[[Content], bytes], str]] = {
    "pdf": (pdf.render, "application/pdf"),
    "html": (html.render, "text/html"),
}
DRAWING = asyncio.Semaphore(1)  # one at a time leaves the other answers their turn

routes = web.RouteTableDef()


@routes.get("/v1/pre-applications/{number}/documents")
@allow("bot")
async def list_documents(request: web.Request) -> web.Response:
    number = _number(request)
    return answer(await request.app[PARTS].read(lambda unit: keeping.listed(unit, number)))


@routes.get("/v1/pre-applications/{number}/documents/{document}")
@allow("bot")
async def read_document(request: web.Request) -> web.Response:
    number, (document, form) = _number(request), _named(request)
    content = await request.app[PARTS].read(lambda unit: keeping.content_of(unit, number, document))
    return await _handed_out(content, form)


@routes.get("/review/api/applications/{number}/documents/{document}")
@allow("reviewer")
async def review_document(request: web.Request) -> web.Response:
    number, (document, form) = _number(request), _named(request)
    who = request[SESSION].reviewer

    def look(unit: Unit) -> Content:
        content = keeping.content_of(unit, number, document)
        reviewers.note_look(unit, who, number, f"document {document}")
        return content

    return await _handed_out(await request.app[PARTS].quietly(look), form)


async def _handed_out(content: Content, form: str) -> web.Response:
    draw, kind = FORMS[form]
    async with DRAWING:
        data = await asyncio.to_thread(draw, content)
    name = quote(f"{content.title}_{content.number}.{form}")
    headers = {
        "Content-Disposition": f"attachment; filename=\"{content.number}.{form}\"; filename*=UTF-8''{name}",
        "Content-Security-Policy": html.CONTENT_POLICY,
        "X-Content-SHA256": hashlib.sha256(data).hexdigest(),
    }
    charset = "utf-8" if form == "html" else None
    return web.Response(body=data, content_type=kind, charset=charset, headers=headers)


def _number(request: web.Request) -> str:
    number = request.match_info["number"]
    if not contract.fits("Number", number):
        raise unknown("number")
    return number


def _named(request: web.Request) -> tuple[str, str]:
    found = _NAME.fullmatch(request.match_info["document"])
    if found is None:
        raise unknown("document")
    return found[1], found[2]
