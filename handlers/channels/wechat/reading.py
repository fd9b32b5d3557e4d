"""One call of WeChat's in our words. Pure; whatever is wrong with a call is a Refusal.

    message          text, photo, voice, place ...        Letter, counted as "message"
    menu message     text with bizmsgmenuid               Letter, counted as "tap"
    event            follow, scan, menu                   Letter, counted as "tap"
                     unfollow                             Letter that only says he is gone
                     how a notice ended                   Report
                     consent to notices                   Consent
    everything else  a kind of message we do not know     Letter that says so; other events: nothing

Photos are named by their MediaId and fetched from the account's own interface. PicUrl is never used: it
is an address that whoever writes the call chooses, and one that anybody may open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dialogs.messages import Address, Inbound, Media, MediaKind
from dialogs.turn import MessageReceived, Opened
from handlers.channels.base import Letter
from handlers.channels.refusal import Refusal
from handlers.channels.wechat.account import Account
from handlers.channels.wechat.elements import elements
from handlers.channels.wechat.envelope import unseal

CHANNEL = "wechat"
LIST_LIMIT = 20  # consents or reports in one event; WeChat asks for at most 3 templates at once

AGREES = ("accept", "acceptWithAudio")  # the second: he also wants to hear it read out

# Keys of our own menu (handlers.channels.wechat.menu): a service, a choice; anything else is said for him.
SCENE, CHOICE = "scene:", "choice:"

_BY_CODE = "qrscene_"  # before the scene of a follow by a QR code
_USER = re.compile(r"[\w-]{1,64}", re.ASCII)
# What WeChat puts into a text for a message that it does not pass on (a sticker, a game, a card).
_NOT_SHOWN = re.compile(r"[\[【]收到不支持的消息类型，暂无法显示[\]】]")
_KINDS: Mapping[str, tuple[MediaKind, str]] = {
    "image": ("photo", ""),
    "voice": ("voice", "[语音]"),
    "video": ("video", "[视频]"),
    "shortvideo": ("video", "[视频]"),
    "location": ("place", "[位置]"),
    "file": ("file", "[文件]"),
    "link": ("other", "[链接]"),
}
_UNKNOWN: tuple[MediaKind, str] = ("other", "[其他消息]")


@dataclass(frozen=True, slots=True)
class Report:
    """How a notice of ours has ended. id: what WeChat called it when it took it."""

    id: str
    delivered: bool


@dataclass(frozen=True, slots=True)
class Consent:
    """He agreed to notices of a template, or took that back."""

    address: Address
    template: str
    accepted: bool
    at: datetime


Item = Letter | Report | Consent


@dataclass(frozen=True, slots=True)
class Call:
    """One call, read. ours, user: who it was sent to and by; an answer has them the other way round."""

    items: tuple[Item, ...]
    user: str
    ours: str
    sealed: bool

    @property
    def letter(self) -> Letter | None:
        """What there is to be answered; None when there is nothing."""
        return next((each for each in self.items if isinstance(each, Letter)), None)


@dataclass(frozen=True, slots=True)
class Slip:
    """The fields of one message or event."""

    fields: Mapping[str, Any]
    address: Address
    at: datetime

    def word(self, name: str) -> str:
        """Return a field as text, "" when it is empty or missing."""
        return word(self.fields, name)

    def wanted(self, name: str) -> str:
        """Return a field that must be there."""
        if not (found := self.word(name)):
            raise Refusal("malformed")
        return found


def read(account: Account, query: Mapping[str, str], body: bytes, now: datetime) -> Call:
    """Return what one POST of WeChat's says.

    Raises:
        Refusal: with the status to be answered; nothing else, whatever was sent.
    """
    envelope = unseal(account, query, body, now)
    fields = elements(envelope.xml)
    user, ours, kind = (word(fields, name) for name in ("FromUserName", "ToUserName", "MsgType"))
    if not (_USER.fullmatch(user) and _USER.fullmatch(ours) and kind):
        raise Refusal("malformed")
    slip = Slip(fields, Address(CHANNEL, account.app_id, user), _moment(word(fields, "CreateTime")))
    items = _event(slip) if kind.lower() == "event" else (_message(slip, kind.lower()),)
    return Call(items, user, ours, envelope.sealed)


def word(fields: Mapping[str, Any], name: str) -> str:
    """Return a field as text, "" when it is empty or missing.

    Raises:
        Refusal: malformed: there are several, or there is more in it than text.
    """
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise Refusal("malformed")
    return value or ""


def _moment(text: str) -> datetime:
    if not (text.isascii() and text.isdigit() and len(text) <= 11):
        raise Refusal("malformed")
    return datetime.fromtimestamp(int(text), UTC)


# Messages


def _message(slip: Slip, kind: str) -> Letter:
    key = slip.wanted("MsgId")
    if kind == "text":
        return _text(slip, key)
    what, shown = _KINDS.get(kind, _UNKNOWN)
    ref = slip.wanted("MediaId") if what == "photo" else ""
    return _letter(slip, key, Inbound(key, slip.at, media=(Media("", what, ref),), channel=CHANNEL), shown)


def _text(slip: Slip, key: str) -> Letter:
    text, choice = slip.word("Content"), slip.word("bizmsgmenuid")
    if choice:
        # WeChat's manual can be read both ways; we plan for the smaller grant.
        return _letter(slip, key, Inbound(key, slip.at, choice=choice, channel=CHANNEL), text or choice, True)
    if not text.strip() or _NOT_SHOWN.fullmatch(text.strip()):
        return _letter(
            slip, key, Inbound(key, slip.at, media=(Media("", "other"),), channel=CHANNEL), _UNKNOWN[1]
        )
    return _letter(slip, key, Inbound(key, slip.at, text, channel=CHANNEL), text)


def _letter(slip: Slip, key: str, inbound: Inbound, shown: str, tapped: bool = False) -> Letter:
    return Letter(
        slip.address,
        key,
        slip.at,
        MessageReceived(inbound),
        means="tap" if tapped else "message",
        shown={"text": shown},
    )


# Events


def _event(slip: Slip) -> tuple[Item, ...]:
    read_event = _EVENTS.get(slip.word("Event").lower())
    return tuple(read_event(slip)) if read_event else ()


def _key(slip: Slip) -> str:
    """Return the name of an event: WeChat gives them none, and asks us to tell them apart by these four."""
    created, event, key = (slip.word(name) for name in ("CreateTime", "Event", "EventKey"))
    if event == "subscribe" and key.startswith(_BY_CODE):  # as wechatpy names it, so that none comes twice
        event, key = "subscribe_scan", key.removeprefix(_BY_CODE)
    return f"{slip.address.user}:{created}:{event}:{key}"


def _opened(slip: Slip, scene: str) -> Letter:
    opened = Opened(channel=CHANNEL, scene=scene)
    return Letter(slip.address, _key(slip), slip.at, opened, means="tap", gone=False)


def _followed(slip: Slip) -> Iterator[Item]:
    yield _opened(slip, slip.word("EventKey").removeprefix(_BY_CODE))


def _clicked(slip: Slip) -> Iterator[Item]:
    """He tapped our menu under the chat."""
    said, key = slip.wanted("EventKey"), _key(slip)
    if said.startswith(SCENE):
        yield _opened(slip, said.removeprefix(SCENE))
    elif said.startswith(CHOICE):
        choice = said.removeprefix(CHOICE)
        yield _letter(slip, key, Inbound(key, slip.at, choice=choice, channel=CHANNEL), choice, True)
    else:
        yield _letter(slip, key, Inbound(key, slip.at, said, channel=CHANNEL), said, True)


def _left(slip: Slip) -> Iterator[Item]:
    yield Letter(slip.address, _key(slip), slip.at, None, gone=True)


def _template_ended(slip: Slip) -> Iterator[Item]:
    yield Report(slip.wanted("MsgID"), slip.word("Status").lower() == "success")


def _notices_ended(slip: Slip) -> Iterator[Item]:
    for each in _listed(slip.fields, "SubscribeMsgSentEvent"):
        yield Report(word(each, "MsgID"), word(each, "ErrorCode") == "0")


def _consented(slip: Slip) -> Iterator[Item]:
    name = {"subscribe_msg_popup_event": "SubscribeMsgPopupEvent"}.get(
        slip.word("Event").lower(), "SubscribeMsgChangeEvent"
    )
    for each in _listed(slip.fields, name):
        accepted = word(each, "SubscribeStatusString") in AGREES
        yield Consent(slip.address, word(each, "TemplateId"), accepted, slip.at)


def _listed(fields: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the <List>s in an element: a mapping when there is one, a list when there are several."""
    held = fields.get(name)
    found = held.get("List") if isinstance(held, Mapping) else None
    listed = found if isinstance(found, list) else [found]
    mappings = [each for each in listed if isinstance(each, Mapping)]
    if len(listed) > LIST_LIMIT or len(mappings) < len(listed):
        raise Refusal("malformed")
    return mappings


_EVENTS: Mapping[str, Callable[[Slip], Iterator[Item]]] = {
    "subscribe": _followed,
    "scan": _followed,
    "click": _clicked,
    "unsubscribe": _left,
    "templatesendjobfinish": _template_ended,
    "subscribe_msg_sent_event": _notices_ended,
    "subscribe_msg_popup_event": _consented,
    "subscribe_msg_change_event": _consented,
}
