"""The platform: calls the bot about what followers do, and puts on their phones what comes back.

A call waits 5 s, then it is cut and made again, three times in all, under the same signature and with
the same MsgId. So it is with any status but 200. After that, or when the answer makes no sense, the
follower reads that the account is out of order.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from aiohttp import ClientError, web

from tests.platforms.base import Fake, Shown
from tests.platforms.wechat.account import SUBSCRIPTION, TEMPLATE, WORDS, Account
from tests.platforms.wechat.interface import Interface, Notice
from tests.platforms.wechat.letters import Malformed, read_reply, write
from tests.platforms.wechat.person import WeChatPerson

OUT_OF_ORDER = "该公众号暂时无法提供服务，请稍后再试"
CUT = 0  # the status of a try without an answer
GLITCHES = (ClientError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One try of one call of the bot. `key`: of the message or event; `status` 0: the line was cut.

    answer: the passive reply's text; "" when the bot only acknowledged the call. `took`: real seconds.
    user: whom it is about. lost: the bot had answered, and that was lost on its way.
    """

    key: str
    number: int
    status: int
    answer: str
    took: float
    user: str = ""
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A call as it goes over the line."""

    query: Mapping[str, str]
    body: bytes


class FakeWeChat(Fake):
    """WeChat with one official account.

    account:  what it may do, who follows it, what it used up.
    tries:    how often a call is made until it is answered.
    repeats:  whether a repeat goes out under the signature of the first try (as was seen of WeChat) or
              is signed and sealed afresh.
    lost_answers: so many of the bot's next answers are lost on their way: WeChat calls again.
    exchanges: every try, in order.
    """

    name = "wechat"
    patience = 5.0

    def __init__(self, clock: Callable[[], datetime] | None = None, account: Account | None = None) -> None:
        super().__init__(clock)
        self.account = account or Account()
        self.tries = 3
        self.repeats: Literal["same", "fresh"] = "same"
        self.lost_answers = 0
        self.exchanges: list[Exchange] = []
        self._interface = Interface(self.account, self.truth, self.clock, self.note, self._finish)
        self._people: dict[str, WeChatPerson] = {}

    def add_routes(self, app: web.Application) -> None:
        for name in self._interface.calls:
            app.router.add_route("*", f"/cgi-bin/{name}", self.door(name, self._call(name)))
        app.router.add_get("/picurl/{name}", self.door("picurl", self._canary))
        app.router.add_route("*", "/{rest:.*}", self._unknown)

    def person(self, user: str) -> WeChatPerson:
        """Return somebody with WeChat; the same name is the same person."""
        if user not in self._people:
            openid = "o" + hashlib.sha256(f"{self.account.app_id}/{user}".encode()).hexdigest()[:27]
            self._people[user] = WeChatPerson(self, openid)
        return self._people[user]

    def settings(self) -> dict[str, str]:
        account = self.account
        return {
            "ZEROTRIP_WECHAT_APP_ID": account.app_id,
            "ZEROTRIP_WECHAT_APP_SECRET": account.secret,
            "ZEROTRIP_WECHAT_TOKEN": account.token,
            "ZEROTRIP_WECHAT_AES_KEY": account.aes_key,
            "ZEROTRIP_WECHAT_MODE": account.mode,
            "ZEROTRIP_WECHAT_MENUS": str(account.menus).lower(),
            "ZEROTRIP_WECHAT_TEMPLATE": f"{TEMPLATE}:{WORDS}",
            "ZEROTRIP_WECHAT_SUBSCRIPTION": f"{SUBSCRIPTION}:{WORDS}",
            "ZEROTRIP_WECHAT_API_URL": self.url,
        }

    async def check_webhook(self) -> bool:
        """Do what 服务器配置 does when it is saved: ask for a string to be said back."""
        echo = secrets.token_hex(10)
        query = {**self._signed(), "echostr": echo}
        async with self.session.get(self.webhook, params=query) as answer:
            return answer.status == 200 and await answer.text() == echo

    def page_signature(self, url: str, noncestr: str, timestamp: str) -> str:
        """Return how a page at `url` has to be signed for WeChat's own functions (JS-SDK)."""
        ticket = self.account.loans.ticket
        parts = f"jsapi_ticket={ticket.value if ticket else ''}&noncestr={noncestr}"
        return hashlib.sha1(f"{parts}&timestamp={timestamp}&url={url}".encode()).hexdigest()

    def draft(self, fields: Mapping[str, Any]) -> Draft:
        """Return a call about `fields` as WeChat would make it now."""
        query = {**self._signed(), "openid": str(fields.get("FromUserName", ""))}
        text = write(fields)
        if self.account.mode == "plain":
            return Draft(query, text.encode())
        sealed = self.account.seal.lock(text)
        shown = fields if self.account.mode == "compatible" else {"ToUserName": self.account.original}
        query["encrypt_type"] = "aes"
        query["msg_signature"] = self.account.seal.sign(query["timestamp"], query["nonce"], sealed)
        return Draft(query, write({**shown, "Encrypt": sealed}).encode())

    async def call(self, fields: Mapping[str, Any], *, shows: bool = True) -> None:
        """Call the bot until it answers, and show the answer.

        shows: the follower reads it when the bot does not.
        """
        text = await self._call_until_answered(fields)
        road, words = ("passive", text) if text is not None else ("platform", OUT_OF_ORDER if shows else "")
        if words:
            number = str(self.account.next_id())
            self.truth.show(Shown(fields["FromUserName"], self.clock(), road, words, id=number))

    async def _call_until_answered(self, fields: Mapping[str, Any]) -> str | None:
        """Return the text of the answer ("": none is wanted); None when none came that makes sense."""
        draft = self.draft(fields)
        for n in range(1, self.tries + 1):
            if n > 1 and self.repeats == "fresh":
                draft = self.draft(fields)
            status, raw, took = await self._post(draft)
            lost = status == 200 and self.lost_answers > 0
            if lost:
                self.lost_answers -= 1
                status, raw = CUT, b""
            text = self._read(raw, fields) if status == 200 else None
            user = str(fields.get("FromUserName", ""))
            self.exchanges.append(Exchange(key_of(fields), n, status, text or "", took, user, lost))
            self.truth.stir()
            if status == 200:
                return text
        return None

    async def _post(self, draft: Draft) -> tuple[int, bytes, float]:
        begun = time.monotonic()
        headers = {"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0"}
        try:
            async with (
                asyncio.timeout(self.patience),
                self.session.post(
                    self.webhook, params=draft.query, data=draft.body, headers=headers, allow_redirects=False
                ) as answer,
            ):
                status, raw = answer.status, await answer.read()
        except GLITCHES:
            status, raw = CUT, b""
        return status, raw, time.monotonic() - begun

    def _read(self, raw: bytes, fields: Mapping[str, Any]) -> str | None:
        """Return the text of an answer, None when it makes no sense."""
        mode = self.account.mode
        try:
            return read_reply(
                raw,
                self.account.seal,
                sealed=mode != "plain",
                may_be_open=mode == "compatible",
                to=fields["FromUserName"],
                sender=self.account.original,
            )
        except Malformed as why:
            self.note("reply", str(why), -1)
            return None

    def _signed(self) -> dict[str, str]:
        timestamp, nonce = str(int(self.clock().timestamp())), str(secrets.randbelow(10**10))
        return {"signature": self.account.seal.sign(timestamp, nonce), "timestamp": timestamp, "nonce": nonce}

    def _call(self, name: str) -> Callable[[web.Request], Any]:
        async def handler(request: web.Request) -> web.StreamResponse:
            return await self._interface.take(name, request)

        return handler

    def _finish(self, notice: Notice) -> None:
        self.go(self.call(report(notice, self.account, self.clock()), shows=False))

    async def _canary(self, request: web.Request) -> web.Response:
        """Nobody may fetch this: photos are fetched by their media id alone."""
        self.note("picurl", request.match_info["name"])
        return web.Response(body=b"not to be fetched", content_type="image/jpeg")

    async def _unknown(self, request: web.Request) -> web.Response:
        self.note("unknown", request.path, 404)
        return web.Response(status=404, text="<html>404</html>", content_type="text/html")


def key_of(fields: Mapping[str, Any]) -> str:
    """Return by what WeChat's manual tells a message or an event from others."""
    if "MsgId" in fields:
        return str(fields["MsgId"])
    return ":".join(str(fields.get(each, "")) for each in ("FromUserName", "CreateTime", "Event", "EventKey"))


def report(notice: Notice, account: Account, now: datetime) -> dict[str, Any]:
    """Return the event that says how a notice ended."""
    head = {
        "ToUserName": account.original,
        "FromUserName": notice.openid,
        "CreateTime": int(now.timestamp()),
        "MsgType": "event",
    }
    status = account.notice_status
    if notice.road == "template":
        return {**head, "Event": "TEMPLATESENDJOBFINISH", "MsgID": notice.number, "Status": status}
    sent = {
        "TemplateId": notice.template,
        "MsgID": notice.number,
        "ErrorCode": 0 if status == "success" else 43101,
        "ErrorStatus": status,
    }
    return {**head, "Event": "subscribe_msg_sent_event", "SubscribeMsgSentEvent": {"List": sent}}
