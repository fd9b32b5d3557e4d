"""Somebody with WeChat on his phone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.platforms.base import Kind, Person
from tests.platforms.wechat.rules import Follower, Means

if TYPE_CHECKING:
    from tests.platforms.wechat.fake import FakeWeChat

STICKER = "【收到不支持的消息类型，暂无法显示】"  # how a bot hears of a sticker


class WeChatPerson(Person):
    """Follows the account, or not. `user` is his OpenID."""

    def __init__(self, fake: FakeWeChat, openid: str) -> None:
        super().__init__(fake.truth, openid)
        self._fake = fake
        self.follower = fake.account.followers.setdefault(openid, Follower(openid))

    async def open(self, scene: str = "") -> None:
        """Follow the account, by a QR code with `scene`; one who follows it already scans that only."""
        if self.follower.follows:
            if scene:
                await self.event("SCAN", means="tap", EventKey=scene, Ticket="ticket")
            return
        self.follower.follows = True
        await self.event("subscribe", means="tap", EventKey=f"qrscene_{scene}" if scene else "")

    async def scan(self, url: str) -> None:
        """Hold the camera at a QR code of the account.

        Raises:
            AssertionError: there is no such code, or its time is over.
        """
        now = self._fake.clock()
        for code in self._fake.account.codes:
            if code.url == url and (code.until is None or now < code.until):
                return await self.open(code.scene)
        raise AssertionError(f"no QR code holds {url}")

    async def leave(self) -> None:
        """Stop following the account."""
        self.follower.follows = False
        await self.event("unsubscribe", EventKey="", shows=False)

    async def say(self, text: str) -> None:
        await self.message("text", Content=text)

    async def tap(self, label: str) -> None:
        """Tap an entry of the newest menu message that has it."""
        _, button = self.button(label)
        await self.message("text", means="tap", Content=label, bizmsgmenuid=button.data)

    async def press(self, name: str) -> None:
        """Press a button of the custom menu below the chat."""
        button = self._menu_button(name)
        if button["type"] == "view":
            await self.event("VIEW", EventKey=button["url"], shows=False)
        else:
            await self.event("CLICK", means="tap", EventKey=button["key"])

    async def photo(self, data: bytes) -> None:
        now = self._fake.clock()
        ref = self._fake.account.keep(data, "image/jpeg", now)
        await self.message("image", PicUrl=f"{self._fake.url}/picurl/{len(data)}", MediaId=ref)

    async def send(self, kind: Kind) -> None:
        await self.message(*self._sending(kind))

    async def agree(self, template: str, *, times: int | None = None) -> None:
        """Agree to notices of a template on the account's page: so many, or (None) from now on."""
        self.follower.agreed[template] = times
        await self._consent("subscribe_msg_popup_event", template, "accept")

    async def disagree(self, template: str) -> None:
        """Refuse notices of a template in WeChat's settings."""
        self.follower.agreed[template] = 0
        await self._consent("subscribe_msg_change_event", template, "reject")

    async def message(self, kind: str, fields: Mapping[str, Any] | None = None, **more: Any) -> None:
        """Send a message with these fields; `means` is what WeChat takes it for when it counts."""
        assert self.follower.follows, "only who follows the account can write to it"
        means: Means = more.pop("means", "message")
        number = self._fake.account.next_id()
        self.follower.does(means, self._fake.clock())
        await self._fake.call({**self._head(kind), **(fields or {}), **more, "MsgId": number})

    async def event(
        self,
        name: str,
        fields: Mapping[str, Any] | None = None,
        *,
        means: Means = "",
        shows: bool = True,
        **more: Any,
    ) -> None:
        """Let an event be told; `means` as in `message`."""
        if means:
            self.follower.does(means, self._fake.clock())
        await self._fake.call({**self._head("event"), "Event": name, **(fields or {}), **more}, shows=shows)

    async def _consent(self, event: str, template: str, status: str) -> None:
        entry = {"TemplateId": template, "SubscribeStatusString": status}
        if event == "subscribe_msg_popup_event":
            entry["PopupScene"] = "1"
        outer = "".join(part.capitalize() for part in event.split("_"))
        await self.event(event, {outer: {"List": entry}}, shows=False)

    def _head(self, kind: str) -> dict[str, Any]:
        return {
            "ToUserName": self._fake.account.original,
            "FromUserName": self.user,
            "CreateTime": int(self._fake.clock().timestamp()),
            "MsgType": kind,
        }

    def _sending(self, kind: Kind) -> tuple[str, dict[str, Any]]:
        ref = self._fake.account.keep(b"#!AMR\n", "audio/amr", self._fake.clock())
        sending: Mapping[Kind, tuple[str, dict[str, Any]]] = {
            "voice": ("voice", {"MediaId": ref, "Format": "amr", "Recognition": ""}),
            "video": ("video", {"MediaId": ref, "ThumbMediaId": ref}),
            "place": (
                "location",
                {"Location_X": "28.90", "Location_Y": "118.51", "Scale": 15, "Label": "常山县"},
            ),
            "sticker": ("text", {"Content": STICKER}),
            "file": ("file", {"Title": "a.pdf", "Description": "", "FileKey": "k", "FileTotalLen": 9}),
            "strange": ("hologram", {"Depth": 3}),
        }
        return sending[kind]

    def _menu_button(self, name: str) -> dict[str, Any]:
        menu = self._fake.account.menu or {"button": []}
        buttons = [each for top in menu["button"] for each in (top.get("sub_button") or [top])]
        for button in buttons:
            if button["name"] == name:
                return dict(button)
        raise AssertionError(f"no {name!r} in the menu, only {[each['name'] for each in buttons]}")
