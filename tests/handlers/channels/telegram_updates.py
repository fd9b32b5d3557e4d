"""Telegram's updates as its servers send them, shortened to what says something."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

HER = 70_000_001
NOW = datetime(2026, 11, 21, 4, 5, tzinfo=UTC)
SECRET = "a-long-secret-that-only-telegram-knows"
TOKEN = "8000000001:AAEabcdefghijklmnopqrstuvwxyz0123456"
HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET}

Json = dict[str, Any]


def person(**more: Any) -> Json:
    return {"id": HER, "is_bot": False, "first_name": "胡", "language_code": "zh-hans", **more}


def chat(kind: str = "private", number: int = HER) -> Json:
    return {"id": number, "type": kind, "first_name": "胡"}


def message(number: int = 11, **content: Any) -> Json:
    """A message of hers; `content` is its text, photo ..."""
    base = {"message_id": number, "date": int(NOW.timestamp()), "chat": chat(), "from": person()}
    return {**base, **content}


def photo(name: str = "big") -> list[Json]:
    """The sizes Telegram offers of one photo, the largest last."""
    sizes = (("small", 90, 60), (name, 1600, 1200))
    return [
        {"file_id": each, "file_unique_id": f"u-{each}", "width": wide, "height": high}
        for each, wide, high in sizes
    ]


def file(mime: str, name: str = "doc") -> Json:
    return {"file_id": name, "file_unique_id": f"u-{name}", "mime_type": mime, "file_name": "证件.jpg"}


def update(number: int = 500, **what: Any) -> Json:
    return {"update_id": number, **what}


def says(text: str, number: int = 500, place: int = 11, **more: Any) -> Json:
    return update(number, message=message(place, text=text, **more))


def taps(
    data: str, number: int = 500, *, label: str = "在", place: int = 9, text: str = "您的户口在常山吗？"
) -> Json:
    bot = {"id": 8000000001, "is_bot": True, "first_name": "零跑腿", "username": "zerotrip_bot"}
    keys = [[{"text": label, "callback_data": data}], [{"text": "不在", "callback_data": "1:elsewhere"}]]
    asked = message(place, text=text, reply_markup={"inline_keyboard": keys}, **{"from": bot})
    query = {"id": f"q{number}", "from": person(), "chat_instance": "7", "data": data, "message": asked}
    return update(number, callback_query=query)


def blocks(status: str = "kicked", number: int = 500) -> Json:
    bot = {"id": 8000000001, "is_bot": True, "first_name": "零跑腿"}
    change = {
        "chat": chat(),
        "from": person(),
        "date": int(NOW.timestamp()),
        "old_chat_member": {"user": bot, "status": "member"},
        "new_chat_member": {
            "user": bot,
            "status": status,
            **({"until_date": 0} if status == "kicked" else {}),
        },
    }
    return update(number, my_chat_member=change)


def body(value: Json) -> bytes:
    return json.dumps(value).encode()
