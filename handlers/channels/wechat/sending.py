"""What leaves for WeChat: customer-service messages, notices, and the photos people sent.

send     message/custom/send: text, a menu message, or a picture (media/upload, held for three days).
         Not recognised when repeated.
notify   template message: recognised by client_msg_id for 10 minutes.
         subscription notice: only to who agreed (storage.people.subscriptions). Not recognised when repeated.
fetch    media/get: a photo is held for three days.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

import structlog

from dialogs.messages import Address, News
from handlers.channels.base import (
    Attachment,
    Kit,
    MaybeSent,
    Part,
    Refused,
    Rung,
    SendError,
    WaitForApplicant,
)
from handlers.channels.rendering import written_out
from handlers.channels.wechat.account import Account, Form
from handlers.channels.wechat.calls import Calls
from handlers.channels.wechat.errors import (
    AlreadyTaken,
    NoMenus,
    NotAgreed,
    NothingThere,
    Rests,
    SpentForToday,
    TooLong,
)
from handlers.channels.wechat.forms import filled
from handlers.channels.wechat.tokens import Tokens
from handlers.channels.wechat.wire import Wire
from storage.flow.loans import Loans
from storage.people import subscriptions

SEND, TYPING = "message/custom/send", "message/custom/typing"
TEMPLATE, SUBSCRIPTION = "message/template/send", "message/subscribe/bizsend"
MEDIA, UPLOAD, QR_CODE = "media/get", "media/upload", "qrcode/create"
QR_CODE_FOR = 30 * 60  # seconds; what a scene carries is valid for 15 minutes
SCENE_LIMIT = 64  # characters of a scene
KEY_LIMIT = 32  # characters of client_msg_id; what WeChat takes is not written, ours are ids of 26
SHORTEST = 100  # characters: a text like this is not too long, whatever WeChat says

_END = re.compile(r"[。！？；\n]")

_log = structlog.get_logger("wechat")


class Sender:
    """Everything an official account says and fetches."""

    def __init__(self, account: Account, kit: Kit) -> None:
        self._account = account
        self._kit = kit
        wire, rests = Wire(kit.session, account.api_url), Rests(kit.clock)
        loans = Loans(kit.database, kit.vault, kit.clock)
        self.tokens = Tokens(account, wire, loans, rests, kit.clock)
        self.calls = Calls(wire, self.tokens, rests)
        self._menus = account.menus

    async def send(self, to: Address, part: Part) -> str:
        """Send one customer-service message; WeChat gives it no id, so "" is returned.

        Raises:
            SendError: one of its children.
        """
        if part.file is not None:
            return await self._picture(to, part.file)
        if part.choices and self._menus:
            try:
                return await self._say(to, "msgmenu", _menu(part))
            except NoMenus:
                _log.error("this WeChat account cannot send menus: switch WECHAT_MENUS off", call=SEND)
                self._menus = False
            except TooLong:
                _log.warning("a menu was too long for WeChat; its options are numbered", call=SEND)
        await self._text(to, written_out(part))
        return ""

    async def _picture(self, to: Address, file: Attachment) -> str:
        """Send a picture: WeChat takes it in, and is told to whom it goes."""
        answer = await self.calls.upload(UPLOAD, "image", file)
        ref = answer.get("media_id")
        if not isinstance(ref, str) or not ref:
            raise Refused(f"{UPLOAD}: an answer without media_id")
        return await self._say(to, "image", {"media_id": ref})

    async def _text(self, to: Address, text: str) -> None:
        """Send a text, in two pieces should WeChat find it too long: its limit is not written anywhere."""
        try:
            await self._say(to, "text", {"content": text})
        except TooLong:
            if len(text) <= SHORTEST:
                raise
            first, rest = _halves(text)
            await self._text(to, first)
            try:
                await self._text(to, rest)
            except SendError as fault:
                raise MaybeSent(f"only half of it: {fault}") from fault

    async def _say(self, to: Address, kind: str, body: Mapping[str, Any]) -> str:
        with suppress(AlreadyTaken):
            await self.calls.post(SEND, {"touser": to.user, "msgtype": kind, kind: body})
        return ""

    async def notify(self, to: Address, news: News, rung: Rung, *, key: str) -> str:
        """Send a notice; return the id by which WeChat's report will name it, "" when it gave none.

        Raises:
            WaitForApplicant: this rung is not open: not set, not agreed to, used up, wrongly set up.
            SendError: another of its children.
        """
        forms = {"subscription": self._account.subscription, "template": self._account.template}
        form = forms.get(rung)
        if form is None:
            raise WaitForApplicant(f"no {rung} is set")
        send = self._subscription if rung == "subscription" else self._template
        try:
            return await send(to, form, news, key)
        except AlreadyTaken:
            return ""
        except (
            Refused,
            SpentForToday,
        ) as fault:  # our fault must not keep him from being told in another way
            raise WaitForApplicant(str(fault)) from fault

    async def _template(self, to: Address, form: Form, news: News, key: str) -> str:
        body = {
            "touser": to.user,
            "template_id": form.id,
            "client_msg_id": _short(key),
            "data": filled(form, news, self._kit.clock()),
        }
        return _id(await self.calls.post(TEMPLATE, body))

    async def _subscription(self, to: Address, form: Form, news: News, key: str) -> str:
        if not await self._kit.database.read(lambda c: subscriptions.accepted(c, to, form.id)):
            raise NotAgreed("he has not agreed to subscription notices")
        body = {
            "touser": to.user,
            "template_id": form.id,
            "client_msg_id": _short(key),
            "data": filled(form, news, self._kit.clock()),
        }
        try:
            return _id(await self.calls.post(SUBSCRIPTION, body))
        except NotAgreed:
            now = self._kit.clock()
            await self._kit.database.run(lambda c: subscriptions.drop(c, to, form.id, now))
            raise

    def fetch(self, ref: str, limit: int) -> AsyncIterator[bytes]:
        """Yield a photo by its media id. Raises as `Channel.fetch`."""
        return self.calls.download(MEDIA, {"media_id": ref}, limit)

    async def typing(self, to: Address) -> None:
        """Show 对方正在输入… for a few seconds."""
        with suppress(SendError, AlreadyTaken):
            await self.calls.post(TYPING, {"touser": to.user, "command": "Typing"}, repeatable=True)

    async def deep_link(self, scene: str) -> str:
        """Return what a QR code must hold to open the account with `scene`; "" while none can be had."""
        try:
            return await self.qr_code(scene, QR_CODE_FOR)
        except SendError as fault:
            _log.warning("no QR code from WeChat", call=QR_CODE, reason=str(fault))
            return ""

    async def qr_code(self, scene: str, seconds: int = 0) -> str:
        """Return the address that a QR code with `scene` holds.

        seconds: how long it is good for, at most 30 days; 0: for ever, of which an account may have 100,000.
        Raises:
            ValueError: the scene has not 1 to 64 characters.
            SendError: WeChat made none.
        """
        if not 0 < len(scene) <= SCENE_LIMIT:
            raise ValueError(f"a scene has 1 to {SCENE_LIMIT} characters")
        lasting = {"action_name": "QR_LIMIT_STR_SCENE"}
        passing = {"action_name": "QR_STR_SCENE", "expire_seconds": seconds}
        body = {**(passing if seconds else lasting), "action_info": {"scene": {"scene_str": scene}}}
        answer = await self.calls.post(QR_CODE, body, repeatable=True)
        url = answer.get("url")
        if not isinstance(url, str) or not url:
            raise Refused(f"{QR_CODE}: an answer without url")
        return url

    async def menu(self) -> Mapping[str, Any]:
        """Return the custom menu that WeChat has now, {} when there is none. Raises SendError."""
        try:
            return await self.calls.get("menu/get")
        except NothingThere:
            return {}


def _menu(part: Part) -> dict[str, Any]:
    links = [{"id": choice.id, "content": choice.label} for choice in part.choices]
    return {"head_content": part.text, "list": links, "tail_content": ""}


def _halves(text: str) -> tuple[str, str]:
    """Return the text in two pieces, cut at the end of a sentence near its middle if there is one."""
    middle = len(text) // 2
    near = range(len(text) // 4, len(text) * 3 // 4)
    ends = [found.end() for found in _END.finditer(text) if found.end() in near]
    cut = min(ends, key=lambda end: abs(end - middle), default=middle)
    return text[:cut].rstrip(), text[cut:].lstrip()


def _short(key: str) -> str:
    return key if len(key) <= KEY_LIMIT else hashlib.sha256(key.encode()).hexdigest()[:KEY_LIMIT]


def _id(answer: Mapping[str, Any]) -> str:
    return str(answer.get("msgid") or "")
