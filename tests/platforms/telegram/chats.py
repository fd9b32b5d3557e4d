"""Chats and what is in them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from tests.platforms.base import Button

Rows = tuple[tuple[Button, ...], ...]


@dataclass(slots=True)
class Sent:
    """A message in a chat, as it is now."""

    text: str
    rows: Rows = ()
    own: bool = True  # of the bot
    body: Mapping[str, Any] = field(default_factory=dict)
    file: bytes = field(default=b"", repr=False)


@dataclass(slots=True)
class Chat:
    """One person's private chat with the bot. `opened`: he pressed start at least once."""

    id: int
    user: str
    opened: bool = False
    blocked: bool = False
    messages: dict[int, Sent] = field(default_factory=dict)

    def who(self) -> dict[str, Any]:
        return {"id": self.id, "is_bot": False, "first_name": self.user, "language_code": "zh-hans"}

    def where(self) -> dict[str, Any]:
        return {"id": self.id, "type": "private", "first_name": self.user}


def shown(button: Button) -> dict[str, str]:
    return {"text": button.label, **({"url": button.url} if button.url else {"callback_data": button.data})}


def file(id_: str, data: bytes) -> dict[str, Any]:
    return {"file_id": id_, "file_unique_id": f"u{id_}", "file_size": len(data)}


def sizes(id_: str, data: bytes) -> dict[str, Any]:
    try:
        with Image.open(io.BytesIO(data)) as picture:
            width, height = picture.size
    except OSError:
        width, height = 90, 90  # the app sends what it cannot read, too
    return {**file(id_, data), "width": width, "height": height}
