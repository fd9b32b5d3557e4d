"""A DingTalk that enforces its rules: a robot's callbacks, its ways to answer, and a clerks' group.

    fake = FakeDingTalk(clock)
    async with serving(fake):
        fake.webhook = f"{bot}/channels/dingtalk"
        her = fake.person("hu")
        await her.say("你好")                      # signed, sealed, answered within `patience` or lost
        await her.until("您想办什么")

Switches: `fake.tries` (how often a callback nobody took is made; the manual promises no more than one),
`fake.controlled` (people to whom batchSend sends nothing just now), `fake.revoke()`, `fake.lose_files()`,
`fake.troubles` by call: accessToken, batchSend, download, file, sendBySession, group.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from aiohttp import ClientError, ClientTimeout, web

from tests.platforms.base import Button, Fake, Shown
from tests.platforms.dingtalk.group import Group
from tests.platforms.dingtalk.outgoing import Unsendable, from_batch, from_hook
from tests.platforms.dingtalk.phone import Colleague
from tests.platforms.dingtalk.sealing import Sealer, header_sign

APP_KEY, APP_SECRET = "dingfakefakefakefake", "app-secret-of-the-fake-dingtalk-0001"
TOKEN, AES_KEY = "callbacks-are-signed-with-this-0001", "dGhpcyBmYWtlIGtleSBpcyBub3RoaW5nIHNlY3JldCE"
GROUP_TOKEN, GROUP_SECRET = "group-robot-0001", "SECfake0000000000000000000000000001"
ACCESS_LIVES = timedelta(seconds=7200)
HOOK_LIVES = timedelta(minutes=90)
LINK_LIVES = timedelta(hours=1)
MOST_USERS = 20
CLERKS = "clerks"  # whose phone shows the group's messages


class FakeDingTalk(Fake):
    """The service for one app with one robot."""

    name = "dingtalk"
    patience = 1.5

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        super().__init__(clock)
        self.tries = 1
        self.controlled: set[str] = set()
        self.lost: list[str] = []
        self.sealer = Sealer(TOKEN, AES_KEY, APP_KEY)
        self.group = Group(self.clock, GROUP_TOKEN, GROUP_SECRET)
        self.files: dict[str, bytes] = {}
        self._access: tuple[str, datetime] = "", self.clock()
        self._hooks: dict[str, tuple[str, datetime]] = {}
        self._links: dict[str, tuple[str, datetime]] = {}
        self._people: dict[str, Colleague] = {}
        self._said = 0

    def add_routes(self, app: web.Application) -> None:
        for path, call, handler in (
            ("/v1.0/oauth2/accessToken", "accessToken", self._token),
            ("/v1.0/robot/oToMessages/batchSend", "batchSend", self._batch),
            ("/v1.0/robot/messageFiles/download", "download", self._link),
            ("/robot/sendBySession", "sendBySession", self._by_session),
            ("/robot/send", "group", self._to_group),
        ):
            app.router.add_post(path, self.door(call, handler))
        app.router.add_get("/files/{link}", self.door("file", self._file))

    def settings(self) -> dict[str, str]:
        return {
            "ZEROTRIP_DINGTALK_APP_KEY": APP_KEY,
            "ZEROTRIP_DINGTALK_APP_SECRET": APP_SECRET,
            "ZEROTRIP_DINGTALK_TOKEN": TOKEN,
            "ZEROTRIP_DINGTALK_AES_KEY": AES_KEY,
            "ZEROTRIP_DINGTALK_API_URL": self.url,
            "ZEROTRIP_DINGTALK_CLERKS_URL": f"{self.url}/robot/send?access_token={GROUP_TOKEN}",
            "ZEROTRIP_DINGTALK_CLERKS_SECRET": GROUP_SECRET,
        }

    def person(self, user: str) -> Colleague:
        """Return somebody of the enterprise; a name that begins with $ is somebody from outside."""
        if user not in self._people:
            self._people[user] = Colleague(self, user)
        return self._people[user]

    def revoke(self) -> None:
        """Make the access token worthless before its time."""
        self._access = "", self.clock()

    def close_hooks(self) -> None:
        """End every sessionWebhook before its time."""
        self._hooks.clear()

    def lose_files(self) -> None:
        """Forget what people sent."""
        self.files.clear()

    def in_group(self) -> list[str]:
        """Return what the clerks' group shows."""
        return [message.text for message in self.truth.of(CLERKS)]

    # The phone's side: callbacks

    def keep_file(self, data: bytes) -> str:
        """Keep a file; return its download code."""
        code = f"mIof{len(self.files) + 1:06d}{secrets.token_urlsafe(12)}"
        self.files[code] = data
        return code

    async def tell(self, user: str, body: Mapping[str, Any], *, group: bool = False) -> bool:
        """Call the bot with a message; return whether it took it, in one of the tries."""
        told = json.dumps({**self._frame(user, group=group), **body}, ensure_ascii=False).encode()
        for _ in range(self.tries):
            if await self._call(user, told):
                return True
        self.lost.append(json.loads(told)["msgId"])
        return False

    def _frame(self, user: str, *, group: bool) -> dict[str, Any]:
        self._said += 1
        now, session = self.clock(), secrets.token_urlsafe(16)
        self._hooks[session] = user, now + HOOK_LIVES
        inside = not user.startswith("$")
        return {
            "conversationId": f"cid{user}==",
            "conversationType": "2" if group else "1",
            "chatbotCorpId": "dingcorpfake",
            "chatbotUserId": "$:LWCP_v1:$robot",
            "msgId": f"msg{self._said:06d}==",
            "createAt": _ms(now),
            "senderNick": user,
            "senderId": f"$:LWCP_v1:${user}",
            **({"senderStaffId": user, "senderCorpId": "dingcorpfake"} if inside else {}),
            **({"isInAtList": True} if group else {}),
            "sessionWebhook": f"{self.url}/robot/sendBySession?session={session}",
            "sessionWebhookExpiredTime": _ms(now + HOOK_LIVES),
            "robotCode": APP_KEY,
        }

    def sealed(self, told: bytes) -> tuple[dict[str, str], dict[str, str], bytes]:
        """Return (query, headers, body) of a call with these words."""
        stamp, nonce = str(_ms(self.clock())), secrets.token_hex(8)
        sealed = self.sealer.seal(told)
        query = {"msg_signature": self.sealer.sign(stamp, nonce, sealed), "timestamp": stamp, "nonce": nonce}
        headers = {"timestamp": stamp, "sign": header_sign(APP_SECRET, stamp)}
        body = json.dumps({"encrypt": sealed}).encode()
        return query, {**headers, "Content-Type": "application/json; charset=utf-8"}, body

    async def _call(self, user: str, told: bytes) -> bool:
        query, headers, body = self.sealed(told)
        status, said = 0, b""
        try:
            async with self.session.post(
                self.webhook, params=query, headers=headers, data=body, timeout=ClientTimeout(self.patience)
            ) as answer:
                status, said = answer.status, await answer.read()
        except (ClientError, OSError, TimeoutError):
            pass
        self.note("callback", json.loads(told), status)
        if status == 200:
            self._answered(user, said)
        return status == 200

    def _answered(self, user: str, said: bytes) -> None:
        """Show what the answer of a callback says, if it says anything."""
        try:
            body = json.loads(said or b"{}")
            if body.get("msgtype", "empty") != "empty":
                self._show(user, "answer", from_hook(body))
        except (ValueError, AttributeError, Unsendable):
            self.note("answer not understood", said)

    def _show(self, user: str, road: str, seen: tuple[str, tuple[Button, ...]], id_: str = "") -> None:
        self.truth.show(Shown(user, self.clock(), road, seen[0], seen[1], id_))

    # The bot's side

    async def _token(self, request: web.Request) -> web.Response:
        given = await _json(request)
        if (given.get("appKey"), given.get("appSecret")) != (APP_KEY, APP_SECRET):
            return self._no("accessToken", "invalidClientIdOrSecret", "无效的clientId或者clientSecret")
        value, until = self._access
        if until <= self.clock():
            value = secrets.token_hex(16)
        self._access = value, self.clock() + ACCESS_LIVES  # asked again in time: the same, renewed
        self.note("accessToken")
        return web.json_response({"accessToken": value, "expireIn": int(ACCESS_LIVES.total_seconds())})

    def _lent(self, request: web.Request) -> bool:
        value, until = self._access
        given = request.headers.get("x-acs-dingtalk-access-token", "")
        return bool(given) and given == value and self.clock() < until

    def _no(self, call: str, code: str, why: str, status: int = 400) -> web.Response:
        self.note(call, code, status)
        body = {"code": code, "message": why, "requestid": secrets.token_hex(8)}
        return web.json_response(body, status=status)

    async def _batch(self, request: web.Request) -> web.Response:
        given = await _json(request)
        if not self._lent(request):
            return self._no("batchSend", "InvalidAuthentication", "不合法的access_token")
        if given.get("robotCode") != APP_KEY:
            return self._no("batchSend", "invalidParameter.robotCode.auth", "应用和机器人不匹配")
        users = given.get("userIds")
        if not isinstance(users, list) or not users:
            return self._no("batchSend", "invalidParameter.userIds.empty", "userIds为空")
        if len(users) > MOST_USERS:
            return self._no("batchSend", "invalidParameter.userIds.overMax", "userIds超过最大限制")
        try:
            seen = from_batch(given.get("msgKey"), given.get("msgParam"))
        except Unsendable as no:
            return self._no("batchSend", str(no.code), str(no))
        self.note("batchSend", given)
        return web.json_response(self._hand_out(users, seen))

    def _hand_out(self, users: list[str], seen: tuple[str, tuple[Button, ...]]) -> dict[str, Any]:
        known = [user for user in users if user in self._people and self._people[user].inside]
        held = [user for user in known if user in self.controlled]
        key = secrets.token_urlsafe(12)
        for user in known:
            if user not in held:
                self._show(user, "batch", seen, key)
        strange = [user for user in users if user not in known]
        return {"processQueryKey": key, "invalidStaffIdList": strange, "flowControlledStaffIdList": held}

    async def _by_session(self, request: web.Request) -> web.Response:
        user, until = self._hooks.get(request.query.get("session", ""), ("", self.clock()))
        if until <= self.clock():
            return self._errcode("sendBySession", 300001, "session is not exist")
        return self._said_by(
            "sendBySession", user, "session", await _json(request), lambda _, body: from_hook(body), request
        )

    async def _to_group(self, request: web.Request) -> web.Response:
        return self._said_by("group", CLERKS, "group", await _json(request), self.group.take, request)

    def _said_by(
        self, call: str, user: str, road: str, body: Any, look: Callable[..., Any], request: web.Request
    ) -> web.Response:
        try:
            self._show(user, road, look(request.query, body))
        except Unsendable as no:
            return self._errcode(call, int(no.code), str(no))
        return self._errcode(call, 0, "ok", body)

    def _errcode(self, call: str, code: int, why: str, body: Any = None) -> web.Response:
        self.note(call, body, code)
        return web.json_response({"errcode": code, "errmsg": why})

    async def _link(self, request: web.Request) -> web.Response:
        given = await _json(request)
        if not self._lent(request):
            return self._no("download", "InvalidAuthentication", "不合法的access_token")
        if given.get("robotCode") != APP_KEY:
            return self._no("download", "invalidParameter.robotCode.auth", "应用和机器人不匹配")
        code = given.get("downloadCode")
        if code not in self.files:
            return self._no("download", "invalidParameter.downloadCode.invalid", "无效的downloadCode")
        link = secrets.token_urlsafe(12)
        self._links[link] = code, self.clock() + LINK_LIVES
        self.note("download", code)
        return web.json_response({"downloadUrl": f"{self.url}/files/{link}"})

    async def _file(self, request: web.Request) -> web.Response:
        code, until = self._links.get(request.match_info["link"], ("", self.clock()))
        if until <= self.clock() or code not in self.files:
            return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>")
        return web.Response(body=self.files[code], content_type="image/jpeg")


async def _json(request: web.Request) -> Any:
    try:
        return json.loads(await request.read() or b"{}")
    except ValueError:
        return {}


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
