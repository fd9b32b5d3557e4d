"""An operator's text message gateway: signed calls in, text messages out, signed reports back.

    fake = FakeSms(clock)
    async with serving(fake):
        fake.webhook = f"{bot}/channels/sms/reports"
        her = fake.person("+8613800000000")
        ...                                    # the bot calls fake.url
        await fake.report(her.shown[-1].key)   # "delivered", or "failed"

The contract is docs/operations.md's: Standard Webhooks sign {"id", "phone", "text"}, the id is the
webhook-id. A repeated id is answered as before and sent once. Source of the signatures: the Standard
Webhooks specification; this is written from it, apart from the library the bot uses.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from aiohttp import web

from tests.platforms.base import Fake, Kind, Person, Shown

SECRET = "whsec_" + base64.b64encode(b"this signs calls of the fake SMS").decode()
PHONE = re.compile(r"\+[1-9]\d{6,14}")  # E.164
TEXT = 500  # characters: a long text message of several parts, as gateways here take it
FRESH = timedelta(minutes=5)
State = Literal["delivered", "failed"]


def signature(key: str, id_: str, stamp: str, body: bytes) -> str:
    """Return the header webhook-signature."""
    secret = base64.b64decode(key.removeprefix("whsec_"))
    mac = hmac.new(secret, f"{id_}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mac).decode()


class FakeSms(Fake):
    """The gateway. `secret` signs both ways; `off` are phones it can never reach (422).

    reports: how every message is reported to end; None: only what `report` says.
    """

    name = "sms"
    patience = 5.0

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        super().__init__(clock)
        self.secret = SECRET
        self.off: set[str] = set()
        self.reports: State | None = None
        self._reporting: set[asyncio.Task[int]] = set()
        self._taken: dict[str, bytes] = {}

    @property
    def path(self) -> str:
        return "/channels/sms/reports"

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/", self.door("send", self._take))

    def settings(self) -> dict[str, str]:
        return {"ZEROTRIP_SMS_URL": self.url, "ZEROTRIP_SMS_SECRET": self.secret}

    def person(self, user: str) -> Reader:
        return Reader(self.truth, user)

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        id_ = request.headers.get("webhook-id", "")
        if why := self._forged(request.headers, id_, body):
            return self._no(401, why)
        given = _object(body)
        if why := self._wrong(given, id_):
            return self._no(422, why)
        if id_ in self._taken:
            changed = self._taken[id_] != body
            self.note("repeat", given, 409 if changed else 200)
            return web.json_response({"id": id_}, status=409 if changed else 200)
        self._taken[id_] = body
        self.note("send", given, 202)
        self.truth.show(Shown(given["phone"], self.clock(), "sms", given["text"], key=id_))
        if self.reports:
            task = asyncio.create_task(self.report(id_, self.reports))
            self._reporting.add(task)
            task.add_done_callback(self._reporting.discard)
        return web.json_response({"id": id_}, status=202)

    def _forged(self, headers: Mapping[str, str], id_: str, body: bytes) -> str:
        stamp = headers.get("webhook-timestamp", "")
        if not id_ or not stamp.isdigit():
            return "webhook-id and webhook-timestamp are missing"
        if abs(self.clock().timestamp() - int(stamp)) > FRESH.total_seconds():
            return "webhook-timestamp is too old or too new"
        right = signature(self.secret, id_, stamp, body)
        given = headers.get("webhook-signature", "").split()
        return "" if any(hmac.compare_digest(each, right) for each in given) else "the signature is wrong"

    def _wrong(self, given: Mapping[str, Any], id_: str) -> str:
        if given.get("id") != id_:
            return "id is not the webhook-id"
        if not isinstance(given.get("phone"), str) or not PHONE.fullmatch(given["phone"]):
            return "phone is no number in E.164"
        if not isinstance(given.get("text"), str) or not 0 < len(given["text"]) <= TEXT:
            return f"text is empty, or longer than {TEXT} characters"
        return "this phone cannot be reached" if given["phone"] in self.off else ""

    def _no(self, status: int, why: str) -> web.Response:
        self.note("send", why, status)
        return web.json_response({"error": why}, status=status)

    async def close(self) -> None:
        for task in list(self._reporting):
            task.cancel()
        await asyncio.gather(*self._reporting, return_exceptions=True)

    async def report(self, id_: str, state: State = "delivered") -> int:
        """Report how a message ended; return the bot's status."""
        return await self.post({"id": id_, "state": state})

    async def post(self, told: Mapping[str, Any], **headers: str) -> int:
        """Call the bot with a signed report; headers given go before the right ones."""
        body = json.dumps(told).encode()
        id_, stamp = f"report_{secrets.token_hex(8)}", str(int(self.clock().timestamp()))
        signed = {
            "webhook-id": id_,
            "webhook-timestamp": stamp,
            "webhook-signature": signature(self.secret, id_, stamp, body),
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        async with self.session.post(self.webhook, data=body, headers=signed) as answer:
            self.note("report", told, answer.status)
            return answer.status


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class Reader(Person):
    """Somebody who reads text messages. Nobody answers to one."""

    async def open(self, scene: str = "") -> None:
        raise NotImplementedError("text messages only come")

    async def leave(self) -> None:
        raise NotImplementedError("text messages only come")

    async def say(self, text: str) -> None:
        raise NotImplementedError("text messages only come")

    async def tap(self, label: str) -> None:
        raise NotImplementedError("text messages only come")

    async def photo(self, data: bytes) -> None:
        raise NotImplementedError("text messages only come")

    async def send(self, kind: Kind) -> None:
        raise NotImplementedError("text messages only come")
