"""The three platforms as far as a load needs them: calls signed and sealed beforehand, and an interface
that takes everything the bot sends. The fakes of tests.platforms keep the rules; these keep up.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from benchmarks.posts import request
from dialogs.messages import Address
from tests.platforms.dingtalk import FakeDingTalk
from tests.platforms.telegram.service import SECRET, TOKEN, FakeTelegram
from tests.platforms.wechat import FakeWeChat
from tests.platforms.wechat.letters import write

OURS = "gh_benchmark"
NAMES = ("wechat", "telegram", "dingtalk")


@dataclass
class Taker:
    """Takes what the bot sends. said: how many messages, by the road they took."""

    url: str = ""
    photo: bytes = b""
    said: dict[str, int] = field(default_factory=dict)

    async def take(self, request: web.Request) -> web.Response:
        """Answer any call of the three interfaces as if all were well."""
        name = request.path.rsplit("/", 1)[-1]
        if name in ("get", "file") and self.photo:
            return web.Response(body=self.photo, content_type="image/jpeg")
        await request.read()
        self.said[name] = self.said.get(name, 0) + 1
        return web.json_response(self._answer(name))

    def _answer(self, name: str) -> Mapping[str, Any]:
        if name == "getMe":
            return {
                "ok": True,
                "result": {"id": 7000000001, "is_bot": True, "first_name": "z", "username": "z"},
            }
        if name == "sendMessage":
            chat = {"id": 1, "type": "private"}
            return {"ok": True, "result": {"message_id": 1, "date": 0, "chat": chat, "text": "."}}
        return {
            "ok": True, "result": True, "errcode": 0, "errmsg": "ok", "access_token": "t" * 64,
            "accessToken": "t" * 32, "expires_in": 7200, "expireIn": 7200, "processQueryKey": "q",
        }  # fmt: skip


@asynccontextmanager
async def taking(photo: bytes = b"") -> AsyncIterator[Taker]:
    """Serve a Taker."""
    taker = Taker(photo=photo)
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{tail:.*}", taker.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    taker.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield taker
    finally:
        await runner.cleanup()


class Platforms:
    """Writes calls as the platforms do. Their signatures are good for some minutes only."""

    def __init__(self, taker: Taker) -> None:
        self._taker = taker
        self._wechat, self._telegram, self._dingtalk = FakeWeChat(), FakeTelegram(), FakeDingTalk()
        for fake in (self._wechat, self._telegram, self._dingtalk):
            fake.url = taker.url
        self._seal = self._wechat.account.seal
        self._count = 0

    def settings(self) -> dict[str, str]:
        """Return the settings of a product that speaks all three channels."""
        found: dict[str, str] = {}
        for fake in (self._wechat, self._telegram, self._dingtalk):
            found |= fake.settings()
        return found

    def address(self, channel: str, n: int) -> Address:
        """Return where person number `n` of a channel is."""
        account = {
            "wechat": self._wechat.account.app_id,
            "telegram": TOKEN.partition(":")[0],
            "dingtalk": self._dingtalk.sealer.owner,
        }[channel]
        return Address(channel, account, str(100_000 + n) if channel == "telegram" else f"person{n:06d}")

    def says(self, address: Address, text: str) -> bytes:
        """Return the call that says `text`."""
        self._count += 1
        writers: Mapping[str, Callable[[str, str], bytes]] = {
            "wechat": self._by_wechat, "telegram": self._by_telegram, "dingtalk": self._by_dingtalk,
        }  # fmt: skip
        return writers[address.channel](address.user, text)

    def sends_photo(self, address: Address) -> bytes:
        """Return WeChat's call about a photo."""
        self._count += 1
        return self._post_wechat(
            address.user, {"MsgType": "image", "PicUrl": "http://x", "MediaId": f"m{self._count}"}
        )

    def _by_wechat(self, user: str, text: str) -> bytes:
        return self._post_wechat(user, {"MsgType": "text", "Content": text})

    def _post_wechat(self, user: str, fields: Mapping[str, Any]) -> bytes:
        now = int(time.time())
        head = {"ToUserName": OURS, "FromUserName": user, "CreateTime": now}
        sealed = self._seal.lock(write({**head, **fields, "MsgId": 10**15 + self._count}))
        stamp, nonce = str(now), secrets.token_hex(5)
        query = {
            "signature": self._seal.sign(stamp, nonce), "timestamp": stamp, "nonce": nonce, "openid": user,
            "encrypt_type": "aes", "msg_signature": self._seal.sign(stamp, nonce, sealed),
        }  # fmt: skip
        body = write({"ToUserName": OURS, "Encrypt": sealed}).encode()
        return request(f"/channels/wechat?{urlencode(query)}", body, "Content-Type: text/xml\r\n")

    def _by_telegram(self, user: str, text: str) -> bytes:
        person = {"id": int(user), "is_bot": False, "first_name": "p", "language_code": "zh-hans"}
        message = {
            "message_id": self._count, "from": person, "chat": {"id": int(user), "type": "private"},
            "date": int(time.time()), "text": text,
        }  # fmt: skip
        body = json.dumps({"update_id": self._count, "message": message}).encode()
        headers = f"Content-Type: application/json\r\nX-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n"
        return request("/channels/telegram", body, headers)

    def _by_dingtalk(self, user: str, text: str) -> bytes:
        fake = self._dingtalk
        frame = fake._frame(user, group=False)
        told = json.dumps({**frame, "msgtype": "text", "text": {"content": text}}).encode()
        query, headers, body = fake.sealed(told)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return request(f"/channels/dingtalk?{urlencode(query)}", body, lines)
