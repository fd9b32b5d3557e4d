"""The web chat: our own page and wire, described in docs/web-chat.md.

The transcript is the delivery. What the bot says is a row of `messages`, committed with the turn; the
page asks for everything after the last number it has seen, and a socket only saves it the asking.
So a lost connection, a reload or a restart loses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from aiohttp import BodyPartReader, WSCloseCode, WSMsgType, web

from dialogs.codec import dumps, loads
from dialogs.messages import Address, Inbound, Media
from dialogs.turn import MessageReceived, Opened
from handlers.channels import webchat_moves
from handlers.channels.webchat_moves import CONVERSATION, conversation_of, tells_who_took_over, token_of
from handlers.errors import Problem, in_time, read_json
from handlers.keys import CLOCK, DATABASE, FILES, TURNS, VAULT
from handlers.security import allow, bearer
from handlers.uploads import NoRoom
from storage import signals
from storage.errors import UnknownConversation
from storage.flow.turns import Taken
from storage.people import messages
from storage.sealing.files import TooBig

CHANNEL = "webchat"
MAX_TEXT = 2000  # characters; more than anybody types with two thumbs
MAX_KEY = 64
MAX_WAIT = 25.0  # seconds; under the 30 s after which many phones' networks drop a silent line
PAGE = 200  # messages in one answer
UPLOAD_WITHIN = 300.0  # seconds for a photo over a weak network
PING_EVERY = 20.0
JSON = {"Content-Type": "application/json"}
FIRST_FRAME_WITHIN = 10.0

CLOSE_WITHIN = 2.0  # seconds for a phone to say goodbye to its socket; it may be long gone

STOPPING = web.AppKey("webchat.stopping", asyncio.Event)

routes = web.RouteTableDef()


def add_routes(app: web.Application) -> None:
    """Put the web chat on the application."""
    app.add_routes(routes)
    app.add_routes(webchat_moves.routes)
    app[STOPPING] = asyncio.Event()
    app.on_shutdown.append(_let_listeners_go)


async def _let_listeners_go(app: web.Application) -> None:
    """Answer everybody who waits for news, so that a stop does not last as long as they would wait."""
    app[STOPPING].set()
    app[DATABASE].signals.fire_all()


# Who is calling


async def applicant_guard(request: web.Request) -> None:
    """Let pass whoever holds the token of a conversation, and remember which."""
    conversation = conversation_of(request.app[VAULT], bearer(request))
    if not conversation:
        raise Problem(401, "no conversation with this token", message="请重新打开页面，接着办。")
    request[CONVERSATION] = conversation


# Talking


@routes.post("/chat/api/conversations")
@allow("public")
async def open_conversation(request: web.Request) -> web.Response:
    """Begin a conversation, and the bot says hello; or with a `code` go on with one begun elsewhere."""
    body = await read_json(request)
    lang = "en" if str(body.get("lang", "")).lower().startswith("en") else "zh-CN"
    app = request.app
    if body.get("code"):
        there = await webchat_moves.enter(app, str(body["code"]))
        return _json({"conversation": there, "token": token_of(app[VAULT], there)}, 201)
    conversation = await app[DATABASE].conversation(Address(CHANNEL, "", ""), lang)
    # A source of its own: a page may name its messages as it likes, "opened" too.
    await app[TURNS].take(conversation, "opening", "opened", Opened(conversation, lang, CHANNEL))
    return _json({"conversation": conversation, "token": token_of(app[VAULT], conversation)}, 201)


@routes.post("/chat/api/messages")
@allow("applicant")
@tells_who_took_over
async def send_message(request: web.Request) -> web.Response:
    """Take one message: text, or a tapped choice with its label as text. The same id twice is one."""
    body = await read_json(request)
    key, text, choice = _key(body.get("id")), _text(body.get("text")), body.get("choice") or ""
    if not isinstance(choice, str) or len(choice) > 200:
        raise Problem(400, "choice is the id of a choice")
    if not text and not choice:
        raise Problem(400, "text or choice", message="这条消息是空的，请写几个字再发。")
    inbound = Inbound(key, request.app[CLOCK](), "" if choice else text, choice)
    return _accepted(await _take(request, key, inbound, {"text": text or choice, "echo": key}))


@routes.post("/chat/api/photos")
@allow("applicant")
@tells_who_took_over
async def send_photo(request: web.Request) -> web.Response:
    """Take one photo: multipart fields `id`, then `file`. It streams to disk, sealed as it comes."""
    if request.content_type != "multipart/form-data":
        raise Problem(415, "send multipart/form-data with id and file")
    reader = await request.multipart()
    key = ""
    async with in_time(UPLOAD_WITHIN):
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader):
                raise Problem(400, "nested parts")
            if part.name == "id":
                key = _key((await part.read_chunk(MAX_KEY + 1)).decode("utf-8", "replace"))
            elif part.name == "file" and key:
                return await _take_photo(request, key, part)
            else:
                raise Problem(400, "the fields are id, then file")
    raise Problem(400, "no file", message="没有收到照片，请再发一次。")


async def _take_photo(request: web.Request, key: str, part: BodyPartReader) -> web.Response:
    try:
        file = await request.app[FILES].take(request[CONVERSATION], _chunks(part))
    except TooBig as fault:
        raise Problem(
            413,
            str(fault),
            message="这张照片太大了，请用普通模式再拍一张。",
            headers={"Connection": "close"},
        ) from fault
    except NoRoom as fault:
        raise Problem(429, str(fault), message="今天的照片发得太多了，明天再发。着急请打12345。") from fault
    inbound = Inbound(key, request.app[CLOCK](), media=(Media(file),))
    taken = await _take(request, key, inbound, {"text": "", "echo": key, "image": file})
    if not taken.fresh:  # the phone sent it again because it missed our answer: one of the two is kept
        await request.app[FILES].forget_unnamed(request[CONVERSATION], file)
    return _accepted(taken)


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(64 * 1024):
        yield chunk


async def _take(request: web.Request, key: str, inbound: Inbound, shown: dict[str, Any]) -> Taken:
    conversation = request[CONVERSATION]
    return await request.app[TURNS].take(
        conversation,
        CHANNEL,
        key,
        MessageReceived(replace(inbound, channel=CHANNEL)),
        shown=shown,
        address=Address(CHANNEL, "", conversation),
    )


def _accepted(taken: Taken) -> web.Response:
    return _json({"seq": taken.seq}, 202)


# Listening


@routes.get("/chat/api/messages")
@allow("applicant")
@tells_who_took_over
async def get_messages(request: web.Request) -> web.Response:
    """Return what comes after `after`; when there is nothing, wait up to `wait` seconds for it."""
    after = _number(request.query.get("after", "0"), 0, 2**31)
    wait = _number(request.query.get("wait", "0"), 0, int(MAX_WAIT))
    conversation = request[CONVERSATION]
    with request.app[DATABASE].signals.watch(signals.conversation(conversation)) as watch:
        found = await _after(request.app, conversation, after)
        if not found and wait and not request.app[STOPPING].is_set():
            await watch.wait(wait)
            found = await _after(request.app, conversation, after)
    return _json({"messages": found})


@routes.get("/chat/api/socket")
@allow("public")  # a browser cannot put a token on a socket: the first frame carries it
async def socket(request: web.Request) -> web.WebSocketResponse:
    """Stream what comes after the number in the first frame {token, after}."""
    channel = web.WebSocketResponse(
        heartbeat=PING_EVERY, compress=False, max_msg_size=4096, timeout=CLOSE_WITHIN
    )
    await channel.prepare(request)
    first = await _first_frame(request, channel)
    if first is None:
        await channel.close(code=4401, message=b"no conversation with this token")
        return channel
    conversation, after = first
    with request.app[DATABASE].signals.watch(signals.conversation(conversation)) as watch:
        closed = asyncio.create_task(_until_closed(channel))
        try:
            while not channel.closed and not request.app[STOPPING].is_set():
                found = await _after(request.app, conversation, after)
                if found:
                    after = found[-1]["seq"]
                    await channel.send_str(dumps({"messages": found}).decode())
                if len(found) < PAGE and await _either(watch.wait(MAX_WAIT), closed):
                    break
        except ConnectionResetError:
            pass  # the phone went away; the page asks again from where it was
        except UnknownConversation:  # the page asks by GET and is told who took over
            await channel.close(code=4410, message=b"this conversation is gone")
            return channel
        finally:
            closed.cancel()
    await channel.close(code=WSCloseCode.GOING_AWAY)
    return channel


async def _first_frame(request: web.Request, channel: web.WebSocketResponse) -> tuple[str, int] | None:
    try:
        frame = await channel.receive(FIRST_FRAME_WITHIN)
        body = loads(frame.data) if frame.type == WSMsgType.TEXT else {}
        conversation = conversation_of(request.app[VAULT], str(body.get("token", "")))
        return (conversation, int(body.get("after", 0))) if conversation else None
    except (TimeoutError, ValueError, AttributeError, TypeError):
        return None


async def _until_closed(channel: web.WebSocketResponse) -> None:
    """Read until the other side closes. It has nothing more to say here; messages come by POST."""
    async for _ in channel:
        pass


async def _either(waiting: Any, closed: asyncio.Task[None]) -> bool:
    """Wait for news; say whether the socket closed instead."""
    task = asyncio.ensure_future(waiting)
    await asyncio.wait({task, closed}, return_when=asyncio.FIRST_COMPLETED)
    task.cancel()
    return closed.done()


async def _after(app: web.Application, conversation: str, after: int) -> list[dict[str, Any]]:
    vault = app[VAULT]
    rows = await app[DATABASE].read(
        lambda connection: messages.after(connection, vault, conversation, after, PAGE)
    )
    return [_wire(row) for row in rows if row.body.get("to", CHANNEL) == CHANNEL]


def _wire(row: messages.Message) -> dict[str, Any]:
    """Return a row of the transcript as the page gets it."""
    body = row.body
    image = body.get("image")
    return {
        "seq": row.seq,
        "at": row.at.isoformat(),
        "from": row.sender,
        "text": body.get("text", ""),
        "choices": body.get("choices", []),
        "card": body.get("card"),
        "image": f"/chat/api/photos/{image}" if image else None,
        "echo": body.get("echo"),
    }


@routes.get("/chat/api/photos/{file}")
@allow("applicant")
async def get_photo(request: web.Request) -> web.Response:
    """Return the clean copy of a photo of this conversation; never the original, which may hold anything."""
    data = await request.app[FILES].read_copy(request[CONVERSATION], request.match_info["file"])
    if data is None:
        raise Problem(404, "no such photo")
    headers = {"Content-Disposition": "attachment", "Content-Security-Policy": "sandbox"}
    return web.Response(body=data, content_type="image/jpeg", headers=headers)


# Reading what was sent


def _key(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_KEY or not value.isascii():
        raise Problem(400, f"id is 1 to {MAX_KEY} ASCII characters, the sender's own name of the message")
    return value


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Problem(400, "text is a string")
    if len(value) > MAX_TEXT:
        raise Problem(413, f"at most {MAX_TEXT} characters", message="这段话太长了，请分几次发。")
    return value.encode("utf-8", "replace").decode()  # half an emoji is no text


def _number(text: str, low: int, high: int) -> int:
    if not text.isascii() or not text.isdigit():
        raise Problem(400, "after and wait are whole numbers")
    return min(max(int(text), low), high)


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=dumps(value), status=status, headers=JSON)
