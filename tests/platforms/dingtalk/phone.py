"""A person with DingTalk on the phone: what he does becomes callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.platforms.base import Kind, Person

if TYPE_CHECKING:
    from tests.platforms.dingtalk.service import FakeDingTalk

STRANGE: Mapping[Kind, Mapping[str, Any]] = {
    "voice": {"msgtype": "audio", "content": {"duration": 4000, "downloadCode": "voice", "recognition": ""}},
    "video": {"msgtype": "video", "content": {"duration": 3, "downloadCode": "video", "videoType": "mp4"}},
    "file": {"msgtype": "file", "content": {"downloadCode": "file", "fileName": "表格.pdf", "fileId": "1"}},
    "place": {"msgtype": "unknownMsgType", "content": {"unknownMsgType": "位置"}},
    "sticker": {"msgtype": "unknownMsgType", "content": {"unknownMsgType": "表情"}},
    "strange": {"msgtype": "unknownMsgType", "content": {"unknownMsgType": "名片"}},
}


class Colleague(Person):
    """Somebody of the enterprise (`inside`), or from outside it."""

    def __init__(self, fake: FakeDingTalk, user: str) -> None:
        super().__init__(fake.truth, user)
        self.fake = fake
        self.inside = not user.startswith("$")

    async def open(self, scene: str = "") -> None:
        """Open the chat with the robot, of which DingTalk tells nobody; its links carry nothing."""
        assert not scene, "DingTalk's links carry no scene"

    async def leave(self) -> None:
        """Leave the enterprise. Nobody is told; messages to him come back as to an unknown person."""
        self.inside = False

    async def say(self, text: str) -> None:
        await self.fake.tell(self.user, {"msgtype": "text", "text": {"content": text}})

    async def say_in_group(self, text: str) -> None:
        """Speak to the robot in a group, where it is called by its name."""
        body = {"msgtype": "text", "text": {"content": f" {text}"}}
        await self.fake.tell(self.user, body, group=True)

    async def speak(self, words: str) -> None:
        """Say something that DingTalk writes down."""
        content = {"duration": 4000, "downloadCode": "voice", "recognition": words}
        await self.fake.tell(self.user, {"msgtype": "audio", "content": content})

    async def tap(self, label: str) -> None:
        _, button = self.button(label)
        assert not button.url, f"{label!r} is a link to {button.url}: nothing reaches the bot"
        await self.say(button.data)

    async def photo(self, data: bytes) -> None:
        code = self.fake.keep_file(data)
        content = {"downloadCode": code, "pictureDownloadCode": f"p{code}"}
        await self.fake.tell(self.user, {"msgtype": "picture", "content": content})

    async def rich(self, *parts: str | bytes) -> None:
        """Send words and pictures in one message."""
        pieces = [{"text": each} if isinstance(each, str) else self._picture(each) for each in parts]
        await self.fake.tell(self.user, {"msgtype": "richText", "content": {"richText": pieces}})

    def _picture(self, data: bytes) -> dict[str, str]:
        return {"type": "picture", "downloadCode": self.fake.keep_file(data)}

    async def send(self, kind: Kind) -> None:
        await self.fake.tell(self.user, STRANGE[kind])
