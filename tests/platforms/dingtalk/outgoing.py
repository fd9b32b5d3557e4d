"""What a robot may send: kinds of messages, their fields, and how they look on a phone.

Two spellings of the same: a sessionWebhook and a group's robot take {"msgtype": ...} (自定义机器人),
batchSend takes msgKey and msgParam (企业机器人发送消息的消息类型).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.platforms.base import Button

HOOK_BYTES = 20_000  # errcode 460101
PARAM_BYTES = 15_000  # msgParam
SAY = ("dtmd", "dingtalkclient", "/sendMessage")  # a tap writes `content` as if it were typed

# The fields of each msgKey; a card's number of buttons is in its name.
KEYS: Mapping[str, tuple[str, ...]] = {
    "sampleText": ("content",),
    "sampleMarkdown": ("title", "text"),
    "sampleImageMsg": ("photoURL",),
    "sampleLink": ("title", "text", "messageUrl"),
    "sampleActionCard": ("title", "text", "singleTitle", "singleURL"),
    **{
        f"sampleActionCard{n}": (
            "title",
            "text",
            *(f"{part}{k}" for k in range(1, n + 1) for part in ("actionTitle", "actionURL")),
        )
        for n in range(2, 6)
    },
    "sampleActionCard6": ("title", "text", "buttonTitle1", "buttonUrl1", "buttonTitle2", "buttonUrl2"),
}

Seen = tuple[str, tuple[Button, ...]]


class Unsendable(Exception):
    """A message DingTalk does not take: its errcode or code, and its words."""

    def __init__(self, code: int | str, why: str) -> None:
        super().__init__(why)
        self.code = code


def from_hook(body: Any) -> Seen:
    """Return how a message of a sessionWebhook or a group's robot looks.

    Raises:
        Unsendable: with an errcode.
    """
    if not isinstance(body, dict):
        raise Unsendable(40035, "缺少参数 json")
    if len(json.dumps(body, ensure_ascii=False).encode()) > HOOK_BYTES:
        raise Unsendable(460101, "message too long, exceed 20000 bytes")
    kind = body.get("msgtype")
    content = body.get(kind) if isinstance(kind, str) else None
    if not isinstance(content, dict) or kind not in ("text", "markdown", "actionCard", "link"):
        raise Unsendable(400402, "不支持的消息类型")
    wanted = {"text": ("content",), "link": ("title", "text", "messageUrl")}.get(kind, ("title", "text"))
    _need(content, wanted, 40035)
    return _text(content), tuple(_hook_buttons(content)) if kind == "actionCard" else ()


def _hook_buttons(card: Mapping[str, Any]) -> Iterable[Button]:
    if card.get("singleTitle"):
        _need(card, ("singleURL",), 40035)
        return [_button(card["singleTitle"], card["singleURL"])]
    buttons = card.get("btns")
    if not isinstance(buttons, list) or not buttons:
        raise Unsendable(40035, "缺少参数 btns")
    for each in buttons:
        _need(each, ("title", "actionURL"), 40035)
    return [_button(each["title"], each["actionURL"]) for each in buttons]


def from_batch(key: Any, param: Any) -> Seen:
    """Return how a message of batchSend looks.

    Raises:
        Unsendable: with a code in words.
    """
    if not key:
        raise Unsendable("invalidParameter.msgKey.empty", "缺少msgKey")
    if key not in KEYS:
        raise Unsendable("invalidParameter.msgKey.invalid", "无效的msgKey")
    if not isinstance(param, str) or len(param.encode()) > PARAM_BYTES:
        raise Unsendable("invalidParameter.msgParam.invalid", "msgParam is no string or too long")
    try:
        content = json.loads(param)
    except ValueError:
        raise Unsendable("invalidParameter.msgParam.invalid", "msgParam必须为json格式") from None
    _need(content, KEYS[key], "invalidParameter.param.invalid")
    names = [name for name in KEYS[key] if "Title" in name]
    pairs = [(name, name.replace("Title", "Url" if key.endswith("6") else "URL")) for name in names]
    return _text(content), tuple(_button(content[label], content[url]) for label, url in pairs)


def _need(content: Any, fields: Iterable[str], code: int | str) -> None:
    for each in fields:
        if not isinstance(content, dict) or not isinstance(content.get(each), str) or not content[each]:
            raise Unsendable(code, f"缺少参数 {each}")


def _text(content: Mapping[str, Any]) -> str:
    return str(content.get("content") or content.get("text") or content.get("photoURL"))


def _button(label: str, url: str) -> Button:
    parts = urlsplit(url)
    if (parts.scheme, parts.netloc, parts.path) == SAY:
        return Button(label, data=parse_qs(parts.query).get("content", [""])[0])
    if parts.scheme not in ("http", "https", "dingtalk"):
        raise Unsendable(40035, "不合法的参数 actionURL")
    return Button(label, url=url)
