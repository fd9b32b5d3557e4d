"""A web chat that is gone on with elsewhere, or begun elsewhere: codes, QR codes, and who took over.

A token is a conversation's id, signed: nothing to store, nothing to look up. When two conversations
have become one, whoever still calls with the token of the one that is no more is told the other's.
"""

from __future__ import annotations

import asyncio
import hmac
import io
from collections.abc import Awaitable, Callable
from functools import wraps

import qrcode
from aiohttp import web

from handlers.errors import Problem
from handlers.keys import CLOCK, DATABASE, HANDOVERS, VAULT
from handlers.security import allow
from storage import ids
from storage.errors import UnknownConversation
from storage.people import joining
from storage.sealing.vault import Vault

MAX_DRAWN = 300  # characters in a QR code; more could not be read off a small screen
DOTS = 6  # pixels of one of its squares

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CONVERSATION = web.RequestKey("conversation", str)
routes = web.RouteTableDef()


def token_of(vault: Vault, conversation: str) -> str:
    """Return the token of a conversation."""
    return f"{conversation}.{vault.blind('webchat.token', conversation).hex()}"


def conversation_of(vault: Vault, token: str) -> str:
    """Return the conversation a token was made for, or "" when it was not made by us."""
    conversation = token.partition(".")[0]
    expected = token_of(vault, conversation)
    return conversation if hmac.compare_digest(token.encode("utf-8", "replace"), expected.encode()) else ""


def tells_who_took_over(handler: Handler) -> Handler:
    """Answer for a conversation that is no more with 410, and with the one that took over."""

    @wraps(handler)
    async def follow(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except UnknownConversation as fault:
            raise await _gone(request) from fault

    return follow


async def _gone(request: web.Request) -> Problem:
    app = request.app
    there = await app[DATABASE].read(lambda c: joining.successor(c, request[CONVERSATION]))
    if not there:
        return Problem(410, "this conversation is gone", message="这个对话已经删除，请重新开始。")
    moved = {"conversation": there, "token": token_of(app[VAULT], there)}
    return Problem(
        410, "gone on in another conversation", message="这个对话已经接到另一个里了。", moved=moved
    )


async def enter(app: web.Application, code: str) -> str:
    """Return the conversation that a hand-over code opens on a page that has none yet.

    Raises:
        Problem: 404, the code is wrong, used, too old, or too many wrong ones came.
    """
    if not (len(code) == 8 and code.isascii() and code.isdigit()):
        raise Problem(400, "a code is eight digits", message="码是8位数字，请照着再打一遍。")
    outcome = await app[HANDOVERS].enter(code, ids.new_id(app[CLOCK]()))
    if outcome.refusal:
        raise Problem(404, f"code not taken: {outcome.refusal}", message="这个码对不上，请再要一个。")
    return outcome.conversation


@routes.get("/chat/api/qr")
@allow("applicant")
async def draw(request: web.Request) -> web.Response:
    """Draw `text` as a QR code, so that a phone held before this screen goes on from here."""
    text = request.query.get("text", "")
    if not 0 < len(text) <= MAX_DRAWN or not text.isprintable():
        raise Problem(400, f"text is 1 to {MAX_DRAWN} printable characters")
    return web.Response(body=await asyncio.to_thread(_png, text), content_type="image/png")


def _png(text: str) -> bytes:
    drawn, kept = qrcode.make(text, box_size=DOTS, border=2), io.BytesIO()
    drawn.save(kept)
    return kept.getvalue()
