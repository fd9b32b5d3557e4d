"""The wire of docs/web-chat.md with a scripted helper behind it, and every fault of a bad network."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import qrcode
from aiohttp import WSMsgType, web

from handlers.security import page_csp

STATIC = Path(__file__).resolve().parents[2] / "handlers/static/chat"
START = datetime(2026, 11, 21, 4, 5, tzinfo=UTC)

Json = dict[str, Any]
Reply = Callable[[str], Iterable[Json]]


def bot(text: str, *labels: str, card: Json | None = None, sender: str = "bot") -> Json:
    """One message of the helper; each label becomes a choice."""
    return {"from": sender, "text": text, "labels": labels, "card": card}


def attachment(data: bytes, name: str) -> web.Response:
    """A PDF as handlers/documents.py sends it."""
    headers = {
        "Content-Disposition": f"attachment; filename=\"document.pdf\"; filename*=UTF-8''{quote(name)}",
        "Content-Security-Policy": "sandbox",
    }
    return web.Response(body=data, content_type="application/pdf", headers=headers)


@dataclass
class Talk:
    """One conversation as the service keeps it."""

    token: str
    messages: list[Json] = field(default_factory=list)
    keys: dict[str, int] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, sender: str, text: str, **more: Any) -> int:
        seq = len(self.messages) + 1
        blank: Json = {"choices": [], "card": None, "image": None, "echo": None}
        at = (START + timedelta(seconds=20 * seq)).isoformat()
        self.messages.append({**blank, "seq": seq, "at": at, "from": sender, "text": text, **more})
        self.news.set()
        self.news = asyncio.Event()
        return seq

    def say(self, message: Mapping[str, Any]) -> int:
        seq = len(self.messages) + 1
        choices = [{"id": f"{seq}:{label}", "label": label} for label in message["labels"]]
        return self.add(message["from"], message["text"], choices=choices, card=message["card"])

    def after(self, seq: int) -> list[Json]:
        return self.messages[seq:]


@dataclass
class FakeChat:
    """Serves the built page and answers it.

    reply:     what the helper says to one message of the applicant (text, tapped label, or "[photo]").
    away:      every call is cut off, as if there were no network.
    lost:      so many messages are taken, but their answer never reaches the phone.
    sockets:   False: a proxy in between cuts WebSockets.
    photo:     a problem document that refuses photos, or None.
    codes:     hand-over codes, and the token of the conversation each stands for.
    moved:     token of a conversation that is no more -> token of the one that took over.
    """

    reply: Reply = lambda _: ()
    greeting: tuple[Json, ...] = (
        bot("您好，我是常山办事小助手。您想办什么？", "自己交社保", "养老金资格认证", "找工作人员"),
    )
    away: bool = False
    lost: int = 0
    sockets: bool = True
    photo: Json | None = None
    codes: dict[str, str] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    talks: dict[str, Talk] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)
    papers: dict[str, bytes] = field(default_factory=dict)
    open_sockets: set[web.WebSocketResponse] = field(default_factory=set)

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._network, self._headers], client_max_size=12 << 20)
        app.add_routes(
            [
                web.get("/chat/", self._page),
                web.post("/chat/api/conversations", self._open),
                web.post("/chat/api/messages", self._message),
                web.post("/chat/api/photos", self._photo),
                web.get("/chat/api/photos/{name}", self._picture),
                web.get("/chat/api/messages", self._poll),
                web.get("/chat/api/qr", self._qr),
                web.post("/chat/api/documents/{file}", self._paper),
                web.post("/papers/api/file", self._save),
                web.get("/chat/api/socket", self._socket),
                web.static("/chat", STATIC),
            ]
        )
        return app

    @property
    def talk(self) -> Talk:
        """The newest conversation."""
        return list(self.talks.values())[-1]

    def push(self, *messages: Json) -> None:
        """The helper says something of its own accord."""
        for message in messages:
            self.talk.say(message)

    async def cut(self) -> None:
        """The network goes away, open sockets with it."""
        self.away = True
        for socket in list(self.open_sockets):
            await socket.close()

    @web.middleware
    async def _network(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.calls.append(f"{request.method} {request.path}")
        if self.away and "/api/" in request.path:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        response: web.StreamResponse = await handler(request)
        return response

    @web.middleware
    async def _headers(self, request: web.Request, handler: Any) -> web.StreamResponse:
        try:
            response: web.StreamResponse = await handler(request)
        except web.HTTPGone as told:
            return web.Response(text=told.text, status=410, content_type="application/problem+json")
        except web.HTTPException as problem:
            body = {"status": problem.status, "title": problem.reason, "detail": "", "message": problem.text}
            return web.json_response(body, status=problem.status, content_type="application/problem+json")
        if not response.prepared:
            response.headers["Content-Security-Policy"] = page_csp(f"http://{request.host}")
        return response

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html")

    async def _open(self, request: web.Request) -> web.Response:
        code = (await request.json()).get("code")
        if code:
            if code not in self.codes:
                raise web.HTTPNotFound(text="这个码对不上。")
            there = self.codes.pop(code)
            return web.json_response({"conversation": there[6:], "token": there}, status=201)
        token = f"token-{len(self.talks) + 1}"
        self.talks[token] = Talk(token)
        self.push(*self.greeting)
        return web.json_response({"conversation": token[6:], "token": token}, status=201)

    def _find(self, request: web.Request) -> Talk:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token in self.moved:
            moved = {"conversation": self.moved[token][6:], "token": self.moved[token]}
            problem = {"status": 410, "title": "Gone", "detail": "", "message": "接到别处了", "moved": moved}
            raise web.HTTPGone(text=json.dumps(problem), content_type="application/problem+json")
        if token not in self.talks:
            raise web.HTTPUnauthorized(text="这段对话已经结束。")
        return self.talks[token]

    async def _message(self, request: web.Request) -> web.Response:
        talk, body = self._find(request), await request.json()
        text = body["text"] if "text" in body else body["choice"].partition(":")[2]
        return self._take(talk, request, body["id"], text, None)

    async def _photo(self, request: web.Request) -> web.Response:
        talk, form = self._find(request), await request.post()
        if self.photo:
            return web.json_response(
                self.photo, status=self.photo["status"], content_type="application/problem+json"
            )
        upload = form["file"]
        assert isinstance(upload, web.FileField)
        name = f"{len(self.pictures) + 1}.jpg"
        self.pictures[name] = upload.file.read()
        return self._take(talk, request, str(form["id"]), "[photo]", f"/chat/api/photos/{name}")

    def _take(self, talk: Talk, request: web.Request, key: str, text: str, image: str | None) -> web.Response:
        if key not in talk.keys:
            talk.keys[key] = talk.add("applicant", "" if image else text, image=image, echo=key)
            for message in self.reply(text):
                talk.say(message)
        if self.lost > 0:
            self.lost -= 1
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"seq": talk.keys[key]}, status=202)

    async def _paper(self, request: web.Request) -> web.Response:
        self._find(request)
        file = request.match_info["file"]
        if file not in self.papers:
            raise web.HTTPNotFound(text="这份文件已经不在了。")
        return web.json_response({"token": f"opens-{file}"}, status=201)

    async def _save(self, request: web.Request) -> web.Response:
        token = str((await request.post())["token"])
        return attachment(self.papers[token.removeprefix("opens-")], "受理回执.pdf")

    async def _picture(self, request: web.Request) -> web.Response:
        self._find(request)
        return web.Response(body=self.pictures[request.match_info["name"]], content_type="image/jpeg")

    async def _qr(self, request: web.Request) -> web.Response:
        self._find(request)
        kept = io.BytesIO()
        qrcode.make(request.query["text"], box_size=4, border=2).save(kept)
        return web.Response(body=kept.getvalue(), content_type="image/png")

    async def _poll(self, request: web.Request) -> web.Response:
        talk, after, wait = self._find(request), int(request.query["after"]), int(request.query["wait"])
        if not talk.after(after) and wait:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(talk.news.wait(), min(wait, 2))
        return web.json_response({"messages": talk.after(after)})

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if not self.sockets:
            raise web.HTTPForbidden(text="")
        socket = web.WebSocketResponse(heartbeat=20)
        await socket.prepare(request)
        first = json.loads(await socket.receive_str())
        talk, seen = self.talks[first["token"]], int(first["after"])
        self.open_sockets.add(socket)
        pump = asyncio.create_task(self._pump(socket, talk, seen))
        async for frame in socket:
            assert frame.type is WSMsgType.TEXT
        pump.cancel()
        self.open_sockets.discard(socket)
        return socket

    async def _pump(self, socket: web.WebSocketResponse, talk: Talk, seen: int) -> None:
        while True:
            news = talk.news
            fresh = talk.after(seen)
            if fresh:
                seen = fresh[-1]["seq"]
                await socket.send_json({"messages": fresh})
            else:
                await news.wait()
