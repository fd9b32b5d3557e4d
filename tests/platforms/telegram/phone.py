"""A person with Telegram on the phone: what he does becomes updates."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from tests.platforms.base import Button, Kind, Person, Shown
from tests.platforms.telegram import limits
from tests.platforms.telegram.chats import Chat, Sent, file, sizes

if TYPE_CHECKING:
    from tests.platforms.telegram.service import FakeTelegram

STRANGE: Mapping[Kind, Mapping[str, Any]] = {
    "voice": {"voice": {"file_id": "voice1", "file_unique_id": "v1", "duration": 3}},
    "video": {
        "video": {"file_id": "video1", "file_unique_id": "w1", "width": 640, "height": 480, "duration": 3}
    },
    "place": {"location": {"latitude": 28.9, "longitude": 118.5}},
    "sticker": {
        "sticker": {
            "file_id": "sticker1",
            "file_unique_id": "s1",
            "type": "regular",
            "width": 512,
            "height": 512,
            "is_animated": False,
            "is_video": False,
        }
    },
    "file": {
        "document": {
            "file_id": "file1",
            "file_unique_id": "f1",
            "file_name": "表格.pdf",
            "mime_type": "application/pdf",
            "file_size": 2048,
        }
    },
    "strange": {"dice": {"emoji": "🎲", "value": 4}},
}


class Caller(Person):
    """Somebody with Telegram on the phone."""

    def __init__(self, fake: FakeTelegram, chat: Chat) -> None:
        super().__init__(fake.truth, chat.user)
        self.fake = fake
        self.chat = chat
        self._taps = 0

    @property
    def id(self) -> int:
        """His number at Telegram: what a bot knows him by."""
        return self.chat.id

    async def open(self, scene: str = "") -> None:
        if self.chat.blocked:
            await self._be("member")
        self.chat.opened, self.chat.blocked = True, False
        await self.say(f"/start {scene}".strip())

    async def leave(self) -> None:
        self.chat.blocked = True
        await self._be("kicked")

    async def _be(self, status: str) -> None:
        """Tell the bot that it was blocked ("kicked") or let in again ("member")."""
        bot = {"user": self.fake.me()}
        inside, outside = {**bot, "status": "member"}, {**bot, "status": "kicked", "until_date": 0}
        old, new = (outside, inside) if status == "member" else (inside, outside)
        body = {
            "chat": self.chat.where(),
            "from": self.chat.who(),
            "date": self.fake.unix(),
            "old_chat_member": old,
            "new_chat_member": new,
        }
        await self.fake.tell("my_chat_member", body, f"member {self.id}")

    async def say(self, text: str) -> None:
        await self._write({"text": text, **_commands(text)}, text)

    async def edit(self, text: str) -> None:
        """Change the last message he wrote; the same words stand for a change that bots cannot see."""
        id_ = max(id_ for id_, sent in self.chat.messages.items() if not sent.own and "text" in sent.body)
        await self._change(id_, Sent(text, own=False, body={"text": text}))

    async def edit_photo(self, data: bytes = b"", *, caption: str = "") -> None:
        """Change the last photo he sent: another caption, or another photo in its place."""
        id_ = max(id_ for id_, sent in self.chat.messages.items() if "photo" in sent.body)
        photo = self._photo(data) if data else {"photo": self.chat.messages[id_].body["photo"]}
        await self._change(id_, Sent("", own=False, body={**photo, "caption": caption}))

    async def move(self) -> None:
        """Walk on while sharing where he is: the place he sent last changes by itself."""
        id_ = max(id_ for id_, sent in self.chat.messages.items() if "location" in sent.body)
        place = {"latitude": 28.91, "longitude": 118.51, "live_period": 900}
        await self._change(id_, Sent("", own=False, body={"location": place}))

    async def _change(self, id_: int, sent: Sent) -> None:
        self.chat.messages[id_] = sent
        body = self.fake.message(self.chat, id_) | {"edit_date": self.fake.unix()}
        await self.fake.tell("edited_message", body, f"chat {self.id}")

    async def tap(self, label: str) -> None:
        await self.tap_on(*self.button(label))

    async def tap_on(self, message: Shown, button: Button) -> None:
        """Tap a button of any message, old ones too."""
        if button.url:
            raise AssertionError(f"{button.label!r} is a link to {button.url}: nothing reaches the bot")
        self._taps += 1
        id_ = f"{self.id}-{self._taps}"
        self.fake.spinning[id_] = self.fake.clock()
        body = {
            "id": id_,
            "from": self.chat.who(),
            "message": self.fake.message(self.chat, int(message.id)),
            "chat_instance": f"i{self.id}",
            "data": button.data,
        }
        await self.fake.tell("callback_query", body, f"taps {self.id}", limits.TAP_LIVES)

    async def photo(self, data: bytes) -> None:
        await self._write(self._photo(data))

    async def album(self, *photos: bytes, caption: str = "") -> None:
        """Send photos at once: so many updates with one media_group_id, the words on the first."""
        group = {"media_group_id": str(self.fake.next_message())}
        captions = [{"caption": caption} if caption else {}, *({} for _ in photos[1:])]
        parts = (self._photo(data) | group | said for data, said in zip(photos, captions, strict=True))
        await asyncio.gather(*(self._write(part) for part in parts))

    async def document(self, data: bytes, name: str = "photo.jpg", mime: str = "image/jpeg") -> None:
        """Send a photo as a file, which the app does not recompress."""
        sent = {**file(self.fake.keep_file(data), data), "file_name": name, "mime_type": mime}
        await self._write({"document": sent})

    async def send(self, kind: Kind) -> None:
        await self._write(STRANGE[kind])

    def _photo(self, data: bytes) -> dict[str, Any]:
        small = file(self.fake.keep_file(b"thumb"), b"thumb") | {"width": 90, "height": 67}
        return {"photo": [small, sizes(self.fake.keep_file(data), data)]}

    def _write(self, body: Mapping[str, Any], text: str = "") -> Coroutine[Any, Any, None]:
        """Put his message into the chat; what is returned queues it and waits until the bot was asked."""
        id_ = self.fake.next_message()
        self.chat.messages[id_] = Sent(text, own=False, body=body)
        return self.fake.tell("message", self.fake.message(self.chat, id_), f"chat {self.id}")


def _commands(text: str) -> dict[str, Any]:
    """Return the entity of a command at the beginning."""
    if not text.startswith("/"):
        return {}
    return {"entities": [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]}
