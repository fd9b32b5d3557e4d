"""What WeChat lets an account do: windows, counts, fields of notices, menus, each with its error code.

From its manual (客服消息, 模板消息, 订阅通知, 自定义菜单); where that is silent, the worse case for the
account is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

Means = Literal["message", "tap", ""]

MESSAGE_WINDOW, MESSAGES = timedelta(hours=48), 5
TAP_WINDOW, TAPS = timedelta(minutes=1), 3
TYPING_AFTER = timedelta(seconds=30)  # typing may be shown so long after a follower's word
TYPING_LASTS = timedelta(seconds=15)
QR_LONGEST = 2_592_000  # seconds; 30 days
QR_USUAL = 60


class Refuse(Exception):
    """The interface answers with an error code."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass
class Follower:
    """One person as the account's platform knows him.

    message_at, tap_at: when he last wrote, and last tapped, followed or scanned; `used`: sent since.
    agreed: templates he agreed to get notices of, and how many more (None: any number).
    """

    openid: str
    follows: bool = False
    refuses: bool = False
    blacklisted: bool = False
    message_at: datetime | None = None
    message_used: int = 0
    tap_at: datetime | None = None
    tap_used: int = 0
    spoke_at: datetime | None = None
    typing_at: datetime | None = None
    agreed: dict[str, int | None] = field(default_factory=dict)

    def does(self, means: Means, now: datetime) -> None:
        """Note that he wrote or tapped: what WeChat lets us send begins anew."""
        self.spoke_at = now
        if means == "message":
            self.message_at, self.message_used = now, 0
        elif means == "tap":
            self.tap_at, self.tap_used = now, 0

    def reach(self) -> None:
        """Raises:
        Refuse: nothing can be sent to him at all.
        """
        if not self.follows:
            raise Refuse(43004, "require subscribe")
        if self.blacklisted:
            raise Refuse(43019, "require remove blacklist")
        if self.refuses:
            raise Refuse(48002, "user refuse to accept the message")

    def spend(self, now: datetime) -> None:
        """Count one customer-service message: on the window that closes first, if it has some left.

        Raises:
            Refuse: no window is open, or all that are open are used up.
        """
        open_ = sorted(each for each in self._windows() if now < each[0])
        if not open_:
            raise Refuse(45015, "response out of time limit or subscription is canceled")
        means = next((means for _, means, left in open_ if left > 0), "")
        if not means:
            raise Refuse(45047, "out of response count limit")
        self.message_used += means == "message"
        self.tap_used += means == "tap"

    def _windows(self) -> Iterator[tuple[datetime, Means, int]]:
        """Yield (when it closes, what opened it, messages left)."""
        if self.message_at is not None:
            yield self.message_at + MESSAGE_WINDOW, "message", MESSAGES - self.message_used
        if self.tap_at is not None:
            yield self.tap_at + TAP_WINDOW, "tap", TAPS - self.tap_used

    def type(self, now: datetime) -> None:
        """Raises:
        Refuse: he has not spoken lately, or sees it already.
        """
        if self.spoke_at is None or now > self.spoke_at + TYPING_AFTER:
            raise Refuse(45080, "client msg has not been received in 30 seconds")
        if self.typing_at is not None and now < self.typing_at + TYPING_LASTS:
            raise Refuse(45081, "typing already")
        self.typing_at = now

    def take_consent(self, template: str) -> None:
        """Use up one consent.

        Raises:
            Refuse: there is none.
        """
        left = self.agreed.get(template, 0)
        if left == 0:
            raise Refuse(43101, "user refuse to accept the msg")
        self.agreed[template] = None if left is None else left - 1


_DAY = r"(\d{4}年\d{1,2}月\d{1,2}日|\d{4}-\d{2}-\d{2})"
_HOUR = r"\d{1,2}:\d{2}(:\d{2})?"

# 订阅消息参数值内容限制: the field's type is its name without the number.
FIELDS: Mapping[str, re.Pattern[str]] = {
    "thing": re.compile(r"[^\n]{1,20}"),
    "number": re.compile(r"\d{1,32}(\.\d+)?"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "character_string": re.compile(r"[!-~]{1,32}"),
    "phrase": re.compile(r"[\u4e00-\u9fff]{1,5}"),
    "const": re.compile(r"[^\n]{1,20}"),
    "name": re.compile(r"[\u4e00-\u9fff]{1,10}|[A-Za-z ]{1,20}"),
    "phone_number": re.compile(r"[\d+-]{1,17}"),
    "time": re.compile(rf"{_HOUR}|{_DAY}( {_HOUR})?"),
    "date": re.compile(rf"{_DAY}( {_HOUR})?"),
}


def check_fields(names: tuple[str, ...], data: Any) -> dict[str, str]:
    """Return the values of a notice by field.

    Raises:
        Refuse: a field is missing, unknown, or its value is not of its type (named in the sentence).
    """
    if not isinstance(data, dict) or set(data) != set(names):
        raise Refuse(47003, "argument invalid! fields")
    return {name: _value(name, data[name]) for name in names}


def _value(name: str, given: Any) -> str:
    value = given.get("value") if isinstance(given, dict) else None
    kind = name.rstrip("0123456789")
    if not isinstance(value, str) or kind not in FIELDS or not FIELDS[kind].fullmatch(value):
        raise Refuse(47003, f"argument invalid! data.{name}.value invalid")
    return value


UPLOADS = ("image", "voice", "video", "thumb")
# 新增临时素材: "2MB" and "10M" stand on the same page; here the smaller holds.
IMAGE_BYTES = 2 * 1024 * 1024
_IMAGES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


def check_image(kind: Any, data: Any) -> str:
    """Return the media type of a picture that is handed in.

    Raises:
        Refuse: it is none, of another kind, or too large.
    """
    if kind not in UPLOADS:
        raise Refuse(40004, "invalid media type")
    if not isinstance(data, bytes) or not data:
        raise Refuse(41005, "media data missing")
    found = next((named for magic, named in _IMAGES.items() if data.startswith(magic)), "")
    if kind != "image" or not found:
        raise Refuse(40005, "invalid file type")
    if len(data) > IMAGE_BYTES:
        raise Refuse(40006, "invalid media size")
    return found


def check_menu(menu: Any) -> None:
    """Raises:
    Refuse: the custom menu is too big or a button is not understood.
    """
    buttons = menu.get("button") if isinstance(menu, dict) else None
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise Refuse(40016, "invalid button size")
    for button in buttons:
        _check_name(button, 16, 40018)
        below = button.get("sub_button") or []
        if len(below) > 5:
            raise Refuse(40023, "invalid sub button size")
        for each in below:
            _check_name(each, 60, 40025)
        for each in below or [button]:
            _check_act(each)


def _check_name(button: Mapping[str, Any], limit: int, code: int) -> None:
    if not 1 <= len(str(button.get("name", "")).encode()) <= limit:
        raise Refuse(code, "invalid button name size")


def _check_act(button: Mapping[str, Any]) -> None:
    kind, key, url = button.get("type"), str(button.get("key", "")), str(button.get("url", ""))
    if kind not in ("click", "view"):
        raise Refuse(40017, "invalid button type")
    if kind == "click" and not 1 <= len(key.encode()) <= 128:
        raise Refuse(40019, "invalid button key size")
    if kind == "view" and not (1 <= len(url.encode()) <= 1024 and url.startswith("http")):
        raise Refuse(40020, "invalid button url size")


def qr_life(order: Any) -> int | None:
    """Return how many seconds a QR code holds, None for one that holds for ever.

    Raises:
        Refuse: the order is none.
    """
    action = order.get("action_name")
    scene = str(order.get("action_info", {}).get("scene", {}).get("scene_str", ""))
    if action not in ("QR_STR_SCENE", "QR_LIMIT_STR_SCENE") or not 1 <= len(scene) <= 64:
        raise Refuse(40053, "invalid action info")
    seconds = order.get("expire_seconds", QR_USUAL)
    if action == "QR_LIMIT_STR_SCENE":
        return None
    if not isinstance(seconds, int) or not 1 <= seconds <= QR_LONGEST:
        raise Refuse(40052, "invalid action name or expire seconds")
    return seconds
