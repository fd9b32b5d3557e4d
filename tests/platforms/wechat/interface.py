"""What api.weixin.qq.com offers an account, as far as a bot needs it, with WeChat's refusals."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from tests.platforms.base import Button, Shown, Truth
from tests.platforms.wechat.account import MEDIA_LASTS, REPEAT_KNOWN, Account, Code, Media
from tests.platforms.wechat.letters import TEXT_LIMIT
from tests.platforms.wechat.rules import (
    Follower,
    Refuse,
    check_fields,
    check_image,
    check_menu,
    qr_life,
)
from tests.troubles import Trouble, status

Answer = Mapping[str, Any] | web.Response
Act = Callable[[dict[str, Any], Mapping[str, str]], Answer]
OK = {"errcode": 0, "errmsg": "ok"}


def errcode(code: int, why: str = "as ordered") -> Trouble:
    """Answer with this error code: `fake.troubles.order("message/custom/send", errcode(-1))`."""
    return status(200, {"errcode": code, "errmsg": why})


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that was taken: WeChat reports how it ended a little later. `road`: its kind."""

    road: str
    openid: str
    template: str
    number: int


class Interface:
    """The calls under /cgi-bin.

    note:   told of every call, with its body and code.
    report: told of every notice taken, so that the account is called about its end.
    """

    def __init__(
        self,
        account: Account,
        truth: Truth,
        clock: Callable[[], datetime],
        note: Callable[[str, Any, int], None],
        report: Callable[[Notice], None],
    ) -> None:
        self._account = account
        self._truth = truth
        self._clock = clock
        self._note = note
        self._report = report
        self.calls: Mapping[str, tuple[str, Act]] = {
            "stable_token": ("POST", self._stable_token),
            "ticket/getticket": ("GET", self._ticket),
            "message/custom/send": ("POST", self._send),
            "message/custom/typing": ("POST", self._typing),
            "message/template/send": ("POST", self._template),
            "message/subscribe/bizsend": ("POST", self._subscription),
            "media/get": ("GET", self._media),
            "media/upload": ("POST", self._upload),
            "qrcode/create": ("POST", self._qrcode),
            "menu/create": ("POST", self._create_menu),
            "menu/get": ("GET", self._get_menu),
            "menu/delete": ("GET", self._delete_menu),
            "clear_quota": ("POST", self._clear_quota),
        }

    async def take(self, name: str, request: web.Request) -> web.Response:
        """Answer one call, with the status 200 whatever it is, as WeChat does."""
        method, act = self.calls[name]
        form = await read_form(request) if request.content_type == "multipart/form-data" else None
        raw = await request.read()
        body: dict[str, Any] = {}
        try:
            if request.method != method:
                raise Refuse(43002 if method == "POST" else 43001, f"require {method} method")
            if name != "stable_token":
                self._account.loans.check(request.query.get("access_token"), self._clock())
            body = dict(request.query) if method == "GET" else form if form else read_body(raw)
            self._account.count(name, self._clock())
            answer = act(body, request.query)
        except Refuse as no:
            self._note(name, body, no.code)
            return _refusal(name, no)
        self._note(name, body, 0)
        return answer if isinstance(answer, web.Response) else _json(answer)

    def _stable_token(self, body: dict[str, Any], query: Mapping[str, str]) -> Answer:
        if body.get("grant_type") != "client_credential":
            raise Refuse(40002, "invalid grant_type")
        if body.get("appid") != self._account.app_id:
            raise Refuse(40013, "invalid appid")
        if body.get("secret") != self._account.secret:
            raise Refuse(40125, "invalid appsecret")
        if not self._account.listed:
            raise Refuse(40164, "invalid ip, not in whitelist")
        now = self._clock()
        loan = self._account.loans.token(now, force=body.get("force_refresh") is True)
        return {"access_token": loan.value, "expires_in": int((loan.until - now).total_seconds())}

    def _ticket(self, body: dict[str, Any], query: Mapping[str, str]) -> Answer:
        if query.get("type") != "jsapi":
            raise Refuse(40097, "invalid args")
        now = self._clock()
        loan = self._account.loans.jsapi(now)
        return {**OK, "ticket": loan.value, "expires_in": int((loan.until - now).total_seconds())}

    def _send(self, body: dict[str, Any], query: Mapping[str, str]) -> Answer:
        follower = self._account.follower(body.get("touser"))
        if body.get("msgtype") == "image":
            return self._send_image(follower, body.get("image"))
        text, buttons = self._content(body)
        if not text:
            raise Refuse(44004, "empty content")
        if len(text.encode()) > TEXT_LIMIT:
            raise Refuse(45002, "content size out of limit")
        follower.reach()
        follower.spend(self._clock())
        self._show(follower, "customer service", text, buttons=buttons)
        return OK

    def _send_image(self, follower: Follower, content: Any) -> Answer:
        media = self._held(str(content.get("media_id"))) if isinstance(content, dict) else None
        if media is None or not media.kind.startswith("image/"):
            raise Refuse(40007, "invalid media_id")
        follower.reach()
        follower.spend(self._clock())
        self._show(follower, "customer service", "", media=media)
        return OK

    def _content(self, body: dict[str, Any]) -> tuple[str, tuple[Button, ...]]:
        kind = body.get("msgtype")
        content = body.get(str(kind))
        if kind not in ("text", "msgmenu") or not isinstance(content, dict):
            raise Refuse(40008, "invalid message type")
        if kind == "text":
            return str(content.get("content", "")), ()
        if not self._account.menus:
            raise Refuse(40200, "invalid account type")
        texts = (content.get("head_content"), content.get("tail_content"))
        entries = content.get("list") or []
        if not entries or any(not each.get("id") or not each.get("content") for each in entries):
            raise Refuse(47003, "argument invalid! list")
        return "\n".join(filter(None, texts)), tuple(Button(each["content"], each["id"]) for each in entries)

    def _typing(self, body: dict[str, Any], query: Mapping[str, str]) -> Answer:
        follower = self._account.follower(body.get("touser"))
        if body.get("command") not in ("Typing", "CancelTyping"):
            raise Refuse(45072, "invalid command")
        if body["command"] == "Typing":
            follower.type(self._clock())
        return OK

    def _template(self, body: dict[str, Any], query: Mapping[str, str]) -> Answer:
        follower = self._account.follower(body.get("touser"))
        fields = self._fields(self._account.templates, body)
        follower.reach()
        key = str(body.get("client_msg_id", ""))
        known = self._account.notices.get((follower.openid, key))
        if key and known and self._clock() < known[0] + REPEAT_KNOWN:
            if self._account.repeat_code:
                raise Refuse(self._account.repeat_code, "clientmsgid exist")
            return {**OK, "msgid": known[1]}
        number = self._give_notice(follower, "template", body, fields)
        self._account.notices[follower.openid, key] = (self._clock(), number)
        return {**OK, "msgid": number}

    def _subscription(self, body: dict[str, Any], query: Mapping[str, str]) -> Answer:
        follower = self._account.follower(body.get("touser"))
        fields = self._fields(self._account.subscriptions, body)
        follower.take_consent(body["template_id"])
        return {**OK, "msgid": self._give_notice(follower, "subscription", body, fields)}

    def _fields(self, forms: Mapping[str, tuple[str, ...]], body: dict[str, Any]) -> dict[str, str]:
        names = forms.get(str(body.get("template_id")))
        if names is None:
            raise Refuse(40037, "invalid template_id")
        return check_fields(names, body.get("data"))

    def _give_notice(
        self, follower: Follower, road: str, body: dict[str, Any], fields: Mapping[str, str]
    ) -> int:
        number = self._account.next_id()
        if self._account.notice_status == "success":
            text = "\n".join(fields.values())
            self._show(
                follower, road, text, fields=fields, number=number, key=str(body.get("client_msg_id", ""))
            )
        self._report(Notice(road, follower.openid, body["template_id"], number))
        return number

    def _show(
        self,
        follower: Follower,
        road: str,
        text: str,
        *,
        buttons: tuple[Button, ...] = (),
        fields: Mapping[str, str] | None = None,
        number: int = 0,
        key: str = "",
        media: Media | None = None,
    ) -> None:
        shown = number or self._account.next_id()
        file, kind = (media.data, media.kind) if media else (b"", "")
        self._truth.show(
            Shown(
                follower.openid,
                self._clock(),
                road,
                text,
                buttons,
                str(shown),
                key,
                fields or {},
                file=file,
                kind=kind,
            )
        )

    def _held(self, ref: str) -> Media | None:
        """Return a file that is held: for three days."""
        media = self._account.media.get(ref)
        return media if media is not None and self._clock() < media.at + MEDIA_LASTS else None

    def _upload(self, body: dict[str, Any], query: Mapping[str, str]) -> Answer:
        data, now = body.get("media"), self._clock()
        kind = check_image(query.get("type"), data)
        ref = self._account.keep(bytes(data or b""), kind, now)
        return {"type": "image", "media_id": ref, "created_at": int(now.timestamp())}

    def _media(self, body: dict[str, Any], query: Mapping[str, str]) -> Answer:
        ref = query.get("media_id", "")
        media = self._held(ref)
        if media is None:
            raise Refuse(40007, "invalid media_id")
        name = {"Content-disposition": f'attachment; filename="{ref}.jpg"'}
        return web.Response(body=media.data, content_type=media.kind, headers=name)

    def _qrcode(self, body: dict[str, Any], query: Mapping[str, str]) -> Answer:
        seconds = qr_life(body)
        until = None if seconds is None else self._clock() + timedelta(seconds=seconds)
        url = f"http://weixin.qq.com/q/{secrets.token_urlsafe(16)}"
        code = Code(secrets.token_urlsafe(64), url, body["action_info"]["scene"]["scene_str"], until)
        self._account.codes.append(code)
        return {
            "ticket": code.ticket,
            "url": url,
            **({} if seconds is None else {"expire_seconds": seconds}),
        }

    def _create_menu(self, body: dict[str, Any], query: Mapping[str, str]) -> Answer:
        check_menu(body)
        self._account.menu = body
        return OK

    def _get_menu(self, body: dict[str, Any], query: Mapping[str, str]) -> Answer:
        if self._account.menu is None:
            raise Refuse(46003, "menu no exist")
        return {"menu": self._account.menu}

    def _delete_menu(self, body: dict[str, Any], query: Mapping[str, str]) -> Answer:
        self._account.menu = None
        return OK

    def _clear_quota(self, body: dict[str, Any], query: Mapping[str, str]) -> Answer:
        if body.get("appid") != self._account.app_id:
            raise Refuse(40013, "invalid appid")
        self._account.clear_counts()
        return OK


# WeChat shows \u4f60 as these six characters: it takes text out of JSON as it stands there.
_ESCAPED = re.compile(r"(?<!\\)((?:\\\\)*)\\u((?!00[0-7])[0-9a-fA-F]{4})")


async def read_form(request: web.Request) -> dict[str, Any]:
    """Return the fields of a form, a file as its bytes."""
    given = await request.post()
    return {
        name: each.file.read() if isinstance(each, web.FileField) else each for name, each in given.items()
    }


def read_body(raw: bytes) -> dict[str, Any]:
    """Return the JSON object of a call, its \\u escapes left as they are.

    Raises:
        Refuse: it is none.
    """
    try:
        body = json.loads(_ESCAPED.sub(r"\1\\\\u\2", raw.decode()))
    except ValueError:
        raise Refuse(47001, "data format error") from None
    if not isinstance(body, dict):
        raise Refuse(47001, "data format error")
    return body


def _refusal(name: str, no: Refuse) -> web.Response:
    trace = f"{no} rid: {secrets.token_hex(4)}-{secrets.token_hex(4)}"
    body = {"errcode": no.code, "errmsg": trace}
    return _json(body, "text/plain" if name == "media/get" else "application/json")


def _json(body: Mapping[str, Any], kind: str = "application/json") -> web.Response:
    text = json.dumps(body, ensure_ascii=False)
    return web.Response(body=text.encode(), headers={"Content-Type": f"{kind}; encoding=utf-8"})
