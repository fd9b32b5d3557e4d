"""What a call says: DingTalk's kinds of messages, each as what it is to us. Pure; any bytes may come in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from dialogs.messages import Address, Inbound, Media, MediaKind
from dialogs.turn import MessageReceived
from handlers.channels.base import Letter
from handlers.channels.captions import called_for
from handlers.channels.dingtalk.app import NAME, App, may_answer_at
from handlers.channels.dingtalk.envelope import opened
from handlers.channels.refusal import Refusal
from handlers.errors import Problem, parse_object

MAX_TEXT = 2000  # characters, as in the web chat
MAX_PHOTOS = 10  # of one message
MAX_REF = 1000  # characters of a download code
MAX_NAME = 200  # of a person, a message
ONE_TO_ONE = "1"
OUTSIDER = "$:"  # begins the ids of people outside the enterprise: only a sessionWebhook reaches them
# How the transcript shows what is neither words nor a photo.
SHOWN: Mapping[MediaKind, str] = {
    "voice": "[语音]",
    "video": "[视频]",
    "place": "[位置]",
    "file": "[文件]",
    "other": "[其他消息]",
}

_LATEST = 4 * 10**12  # milliseconds; the year 2096


class Said(NamedTuple):
    """What is read (text, media), and his own words for the transcript where those are others."""

    text: str = ""
    media: tuple[Media, ...] = ()
    caption: str = ""


class Group:
    """Somebody spoke to the robot in a group. Papers and numbers must not be talked about there."""


GROUP = Group()


def read(
    app: App, query: Mapping[str, str], headers: Mapping[str, str], body: bytes, now: datetime
) -> Letter | Group:
    """Return what a call says.

    Raises:
        Refusal: it is not taken, see there.
    """
    try:
        message = parse_object(opened(app, query, headers, body, now))
    except Problem as fault:
        raise Refusal("malformed", fault.detail) from fault
    if str(message.get("conversationType", "")) != ONE_TO_ONE:
        return GROUP
    return _letter(app, message, now)


def _letter(app: App, message: Mapping[str, Any], now: datetime) -> Letter:
    key = _name(message, "msgId")
    address = Address(NAME, app.app_key, _who(message))
    text, media, caption = _said(message)
    at = _moment(message.get("createAt")) or now
    inbound = Inbound(key, at, text=text, media=media, channel=NAME)
    shown = text or caption or next((SHOWN[each.kind] for each in media if each.kind in SHOWN), "")
    hook = _hook(app, message, now)
    return Letter(address, key, at, MessageReceived(inbound), shown={"text": shown}, hook=hook)


def _who(message: Mapping[str, Any]) -> str:
    """Return his id in the enterprise; people from outside have only one that begins with OUTSIDER."""
    if message.get("senderStaffId"):
        return _name(message, "senderStaffId")
    return _name(message, "senderId")


def _name(message: Mapping[str, Any], field: str) -> str:
    value = message.get(field)
    # No database keeps a NUL or half a character in a key.
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_NAME or not value.isprintable():
        raise Refusal("malformed", f"no {field}")
    return value


def _said(message: Mapping[str, Any]) -> Said:
    kind = message.get("msgtype")
    reader = _KINDS.get(kind) if isinstance(kind, str) else None
    if reader is None:  # unknownMsgType is what DingTalk itself calls stickers, places, cards and the like
        return Said(media=(Media("", "other"),))
    return reader(message)


def _text(message: Mapping[str, Any]) -> Said:
    text = _string(_part(message, "text"), "content")
    if message.get("isInAtList") is True and text.lstrip().startswith("@"):
        text = text.lstrip().partition(" ")[2]
    return Said(text.strip()[:MAX_TEXT])


def _picture(message: Mapping[str, Any]) -> Said:
    return Said(media=(_photo(_part(message, "content")),))


def _rich(message: Mapping[str, Any]) -> Said:
    """Words and pictures in the order in which he put them. Words beside pictures are only a caption."""
    pieces = _part(message, "content").get("richText")
    pieces = [each for each in pieces if isinstance(each, dict)] if isinstance(pieces, list) else []
    photos = [_photo(each) for each in pieces if each.get("type") == "picture"][:MAX_PHOTOS]
    words = "".join(_string(each, "text") for each in pieces)
    words = words.strip()[:MAX_TEXT]
    return Said(called_for(words), tuple(photos), words) if photos else Said(words)


def _voice(message: Mapping[str, Any]) -> Said:
    """DingTalk writes down what was spoken; that is as good as typed. Only unwritten speech is a voice."""
    heard = _string(_part(message, "content"), "recognition").strip().rstrip("。.")
    return Said(heard[:MAX_TEXT], () if heard else (Media("", "voice"),))


def _only(kind: MediaKind) -> Callable[[Mapping[str, Any]], Said]:
    return lambda _: Said(media=(Media("", kind),))


_KINDS: Mapping[str, Callable[[Mapping[str, Any]], Said]] = {
    "text": _text,
    "picture": _picture,
    "richText": _rich,
    "audio": _voice,
    "video": _only("video"),
    "file": _only("file"),
    "location": _only("place"),
}


def _photo(content: Mapping[str, Any]) -> Media:
    # Not pictureDownloadCode: others have had HTTP 500 for it from the interface.
    ref = _string(content, "downloadCode") or _string(content, "pictureDownloadCode")
    return Media("", "photo", ref) if 0 < len(ref) <= MAX_REF else Media("", "other")


def _hook(app: App, message: Mapping[str, Any], now: datetime) -> tuple[str, datetime] | None:
    """Return the way to answer that came along, if it leads to DingTalk and is still open."""
    url, until = message.get("sessionWebhook"), _moment(message.get("sessionWebhookExpiredTime"))
    if not isinstance(url, str) or len(url) > MAX_REF or until is None or until <= now:
        return None
    return (url, until) if may_answer_at(app, url) else None


def _part(message: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    value = message.get(field)
    return value if isinstance(value, dict) else {}


def _string(content: Mapping[str, Any], field: str) -> str:
    value = content.get(field)
    return value if isinstance(value, str) else ""


def _moment(value: object) -> datetime | None:
    """Return the moment of so many milliseconds; None when it is none."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 15:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < _LATEST:
        return None
    return datetime.fromtimestamp(value / 1000, UTC)
