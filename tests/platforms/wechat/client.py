"""A client of the account's interface that knows no rules: it sends what a test tells it to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.platforms.wechat.account import TEMPLATE
from tests.platforms.wechat.fake import FakeWeChat
from tests.platforms.wechat.person import WeChatPerson

GOOD = {
    "thing1": "灵活就业参保",
    "character_string2": "CS-1121-0038",
    "thing3": "办好了",
    "thing4": "11月27日(周五)",
}


class Client:
    """Calls the interface with plain HTTP."""

    def __init__(self, fake: FakeWeChat) -> None:
        self.fake = fake
        self.key = ""

    async def token(self, **changed: Any) -> dict[str, Any]:
        account = self.fake.account
        order = {"grant_type": "client_credential", "appid": account.app_id, "secret": account.secret}
        answer = await self.post("stable_token", {**order, **changed})
        self.key = answer.get("access_token", self.key)
        return answer

    async def post(self, name: str, body: Any, raw: bytes | None = None) -> dict[str, Any]:
        data = raw if raw is not None else json.dumps(body, ensure_ascii=False).encode()
        address = f"{self.fake.url}/cgi-bin/{name}?access_token={self.key}"
        async with self.fake.session.post(address, data=data) as answer:
            assert answer.status == 200
            return dict(await answer.json())

    async def get(self, name: str, **query: str) -> tuple[str, bytes]:
        address = f"{self.fake.url}/cgi-bin/{name}"
        async with self.fake.session.get(address, params={"access_token": self.key, **query}) as answer:
            return answer.content_type, await answer.read()

    async def say(self, to: WeChatPerson, text: str = "好") -> int:
        return code(
            await self.post(
                "message/custom/send", {"touser": to.user, "msgtype": "text", "text": {"content": text}}
            )
        )

    async def notify(self, to: WeChatPerson, fields: Mapping[str, str] = GOOD, **more: Any) -> dict[str, Any]:
        data = {name: {"value": value} for name, value in fields.items()}
        order = {"touser": to.user, "template_id": TEMPLATE, "data": data, **more}
        return await self.post("message/template/send", order)


def code(answer: Mapping[str, Any]) -> int:
    return int(answer.get("errcode", 0))
