"""An intake service on a real socket, a bot to call it, a receiver for its callbacks, and a clock to turn."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from standardwebhooks import Webhook

from intake.app import build, open_parts, runner
from intake.parts import PARTS, Parts
from intake.settings import Settings, load
from tests import tables
from tests.patience import PATIENCE

TOKEN = "test-token-of-the-bot-0001"
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
FRONT, BACK = b"\xff\xd8\xff\xe0 front", b"\xff\xd8\xff\xe0 back"
PASSWORD = "correct horse 常山"


class Clock:
    """Steps when told to. Starts on Saturday 2026-11-21, 16:00 in Changshan."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def step(self, **more: float) -> None:
        self.now += timedelta(**more)


@dataclass
class Receiver:
    """The bot's side of the callbacks. Takes what is signed well; answers `statuses` first, then 204."""

    statuses: list[int] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    seen: int = 0
    forged: int = 0
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        self.seen += 1
        body = await request.read()
        timestamp = {"webhook-timestamp": str(int(datetime.now(UTC).timestamp()))}
        signed = {name.lower(): value for name, value in request.headers.items()}
        if not self._verified(body, signed, timestamp):
            self.forged += 1
            return web.Response(status=401)
        status = self.statuses.pop(0) if self.statuses else 204
        if status == 204:
            self.taken.append(json.loads(body))
        return web.Response(status=status)

    @staticmethod
    def _verified(body: bytes, signed: dict[str, str], timestamp: dict[str, str]) -> bool:
        # The service's clock is a test's, so its age is not judged here; its signature is.
        at = datetime.fromtimestamp(int(signed["webhook-timestamp"]), UTC)
        expected = Webhook(SECRET).sign(signed["webhook-id"], at, body.decode())
        return expected == signed["webhook-signature"]

    def types(self) -> list[str]:
        return [event["type"] for event in self.taken]


@dataclass
class World:
    url: str
    parts: Parts
    clock: Clock
    session: aiohttp.ClientSession
    browser: aiohttp.ClientSession  # with a jar of cookies
    receiver: Receiver

    async def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = TOKEN, **headers: str
    ) -> tuple[int, Any]:
        """Call as the bot does. A dict goes as JSON, bytes as they are."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        data = io.BytesIO(body) if body is not None else None
        async with self.session.request(method, self.url + path, data=data, headers=sent) as answer:
            raw = await answer.read()
            return answer.status, json.loads(raw) if raw else None

    async def create(self, reference: str = "ref-00000001", **changes: Any) -> tuple[int, Any]:
        body = application(reference, **changes)
        return await self.call("POST", "/v1/pre-applications", body, Idempotency_Key=reference)

    async def put(self, number: str, page: str, data: bytes, **headers: str) -> tuple[int, Any]:
        sent = {"Content_Type": "image/jpeg", "X_Content_SHA256": sha(data)} | headers
        return await self.call("PUT", f"/v1/pre-applications/{number}/materials/id_card/{page}", data, **sent)

    async def hand_in(self, reference: str = "ref-00000001", **changes: Any) -> str:
        """Hand in a whole pre-application and return its number."""
        status, opened = await self.create(reference, **changes)
        assert status == 201, opened
        number: str = opened["number"]
        for page, data in (("front", FRONT), ("back", BACK)):
            assert (await self.put(number, page, data))[0] == 204
        status, answer = await self.call("POST", f"/v1/pre-applications/{number}/submit")
        assert status == 200, answer
        return number

    async def told(self, count: int) -> list[dict[str, Any]]:
        """Wait until the receiver has taken `count` events."""
        async with asyncio.timeout(PATIENCE):
            while len(self.receiver.taken) < count:
                await asyncio.sleep(0.005)
        return self.receiver.taken


def application(reference: str, **changes: Any) -> dict[str, Any]:
    return {
        "reference": reference,
        "service": {
            "id": "flexible_enrolment",
            "version": "9f2c1d0a5b7e4c31",
            "name_code": "",
            "title": "灵活就业人员参保登记",
        },
        "office": "changshan_social_insurance",
        "channel": "web",
        "lang": "zh-CN",
        "applicant": {"name": "胡小云", "id_number": "999901198803050247"},
        "answers": [
            answer("name", "姓名", "person-name", "胡小云", sensitive=False),
            answer("id_number", "身份证号码", "id-number", "999901198803050247", sensitive=True),
            answer("level", "档次", "choice", "l60", sensitive=False),
        ],
        "materials": [
            {
                "id": "id_card",
                "title": "身份证",
                "original": True,
                "pages": [
                    {"page": "front", "sha256": sha(FRONT), "flags": []},
                    {"page": "back", "sha256": sha(BACK), "flags": ["人工看"]},
                ],
            }
        ],
        "consent": {"text_sha256": "0" * 64, "at": "2026-11-21T08:00:00Z"},
        "limits": {
            "answer": {"days": 1, "kind": "working"},
            "promised": {"days": 2, "kind": "working"},
            "statutory": {"days": 10, "kind": "working"},
        },
        **changes,
    }


def answer(key: str, label: str, kind: str, value: Any, *, sensitive: bool) -> dict[str, Any]:
    return {
        "key": key,
        "label": label,
        "kind": kind,
        "value": value,
        "shown": str(value),
        "sensitive": sensitive,
    }


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def settings(folder: Path, **more: str) -> Settings:
    return load(
        {
            "INTAKE_DATA_DIR": str(folder),
            "INTAKE_TOKEN": TOKEN,
            "INTAKE_WEBHOOK_SECRET": SECRET,
            "INTAKE_PORT": "0",
            **{f"INTAKE_{name.upper()}": value for name, value in more.items()},
        }
    )


@contextlib.asynccontextmanager
async def serve(app: web.Application) -> AsyncIterator[str]:
    serving = runner(app) if PARTS in app else web.AppRunner(app)
    await serving.setup()
    site = web.TCPSite(serving, "127.0.0.1", 0)
    await site.start()
    host, port = serving.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await serving.cleanup()


@contextlib.asynccontextmanager
async def world(folder: Path, **more: str) -> AsyncIterator[World]:
    clock, receiver = Clock(), Receiver()
    bot = web.Application()
    bot.router.add_post("/intake/events", receiver.take)
    jar = aiohttp.CookieJar(unsafe=True)  # cookies also for an address that is a number
    async with (
        serve(bot) as bot_url,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        aiohttp.ClientSession(cookie_jar=jar) as browser,
    ):
        receiver.url = f"{bot_url}/intake/events"
        tables.of_intake(folder / "intake.sqlite3")
        parts = await open_parts(settings(folder, **{"callback_url": receiver.url, **more}), clock)
        async with serve(build(parts)) as url:
            yield World(url, parts, clock, session, browser, receiver)
