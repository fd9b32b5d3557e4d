"""One update of Telegram's in our words. Pure; whatever is wrong with a call is a Refusal.

    message           words, photo, voice, place ...   Letter
                      /start, with or without a scene  Letter that somebody opened the conversation
                      /help, /progress ...             Letter with the words the command stands for
    edited_message    words or a photo changed         Letter, with the number of the message (`edits`)
    callback_query    a button                         Letter with the choice, and the tap to be answered
    my_chat_member    blocked, let in again            Letter that only says so
    everything else   groups, channels, service notes, nothing: acknowledged, so that it stops coming
                      a shared place that moves

Only Telegram knows the secret, so what carries it and still cannot be read is a kind of update newer
than we are. It is counted and acknowledged: refused, it would come again for a whole day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from telegram import CallbackQuery, Chat, ChatMember, ChatMemberUpdated, Message, Update, User
from telegram.ext.filters import StatusUpdate

from dialogs.messages import Address, Inbound
from dialogs.turn import MessageReceived, Opened
from handlers.channels.base import Letter
from handlers.channels.refusal import Refusal
from handlers.channels.telegram.contents import Content, content_of, words_of
from handlers.errors import Problem, parse_object
from handlers.security import same

CHANNEL = "telegram"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  # the header's name
BODY_LIMIT = 256 * 1024  # bytes; the longest update, an album's part with its entities, has some 10 KiB
_CHAT = re.compile(rb'"chat"\s*:\s*{\s*"id"\s*:\s*(-?\d{1,16})\b')
_SCENE = re.compile(r"[\w-]{0,64}", re.ASCII)
# Telegram's numbers have at most 52 significant bits; what is longer could not even be kept.
_LARGEST = 2**53


@dataclass(frozen=True, slots=True)
class Tap:
    """A tapped button: Telegram shows it as waiting until `id` is answered.

    message, text: the message under which it stands, 0 and "" when Telegram no longer has it.
    """

    id: str
    chat: int = 0
    message: int = 0
    text: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What an update says.

    letter:  None: nothing for us; `why` names the reason: malformed, group, service, unseen or unknown.
    album:   parts of one album share it.
    edits:   the number of the message whose words were changed; 0: it is a new one.
    """

    letter: Letter | None = None
    why: str = ""
    tap: Tap | None = None
    album: str = ""
    edits: int = 0


def read(
    headers: Mapping[str, str], body: bytes, now: datetime, *, secret: str, account: str, photos: bool
) -> Heard:
    """Return what one call of the webhook says.

    account: the bot's number. photos: whether photos may pass through Telegram.
    Raises:
        Refusal: forged, malformed, too_big.
    """
    verify(headers, secret)
    if len(body) > BODY_LIMIT:
        raise Refusal("too_big")
    try:
        data = parse_object(body)
    except Problem as fault:
        raise Refusal("malformed") from fault
    number = data.get("update_id")
    if not isinstance(number, int) or isinstance(number, bool) or abs(number) > 2**62:
        raise Refusal("malformed")
    try:
        return _heard(Update.de_json(data, None), now, account, photos=photos)
    except Exception:  # whatever the library stumbles over in a shape it does not know
        return Heard(why="malformed")


def guess(body: bytes) -> str:
    """Return in which chat an update seems to have been written, "" when that takes a closer look."""
    found = _CHAT.search(body)
    return found[1].decode() if found else ""


def verify(headers: Mapping[str, str], secret: str) -> None:
    """Pass a call that carries the secret we gave to Telegram.

    Raises:
        Refusal: forged.
    """
    if not secret or not same(headers.get(SECRET_HEADER, ""), secret):
        raise Refusal("forged")


def _heard(update: Update, now: datetime, account: str, *, photos: bool) -> Heard:
    if update.callback_query is not None:
        return _tapped(update, update.callback_query, account, now)
    if update.my_chat_member is not None:
        return _membership(update, update.my_chat_member, account, now)
    message = update.message or update.edited_message
    if message is None:
        return Heard(why="unknown")
    if not _in_private(message.chat, message.from_user):
        return Heard(why="group")
    if StatusUpdate.ALL.check_update(update):
        return Heard(why="service")
    return _said(update, message, account, photos=photos)


def _said(update: Update, message: Message, account: str, *, photos: bool) -> Heard:
    address = Address(CHANNEL, account, str(_number(message.chat.id)))
    key, at, place = str(update.update_id), _moment(message.date), _number(message.message_id)
    edits = place if update.edited_message is not None else 0
    text = message.text if isinstance(message.text, str) else ""
    if text.partition(" ")[0].partition("@")[0] == "/start" and not edits:
        return Heard(Letter(address, key, at, _opened(text, message.from_user)))
    content = _with_command(text) if text else content_of(message, photos=photos)
    if edits and content.media and not content.photo:  # such as a shared place, which moves every few seconds
        return Heard(why="unseen")
    inbound = Inbound(key, at, content.text, media=content.media, channel=CHANNEL)
    # `mark` is how an edit finds the message it changes; `photo` tells whether the photo is another one now.
    shown = {"text": content.shown, "mark": place, **({"photo": content.photo} if content.photo else {})}
    letter = Letter(address, key, at, MessageReceived(inbound), shown=shown)
    album = message.media_group_id if isinstance(message.media_group_id, str) else ""
    return Heard(letter, album=f"{address.user}/{album}" if album else "", edits=edits)


def _opened(text: str, user: User | None) -> Opened:
    scene = text.partition(" ")[2].strip()
    spoken = user.language_code if user and isinstance(user.language_code, str) else ""
    lang = "en" if spoken.lower().startswith("en") else "zh-CN"
    return Opened(lang=lang, channel=CHANNEL, scene=scene if _SCENE.fullmatch(scene) else "")


def _with_command(text: str) -> Content:
    return Content(text=words_of(text), shown=text)


def _tapped(update: Update, query: CallbackQuery, account: str, now: datetime) -> Heard:
    tap = _tap(query)
    if tap.chat and tap.chat != query.from_user.id:
        return Heard(why="group", tap=tap)
    if not isinstance(query.data, str) or not query.data:
        return Heard(why="unknown", tap=tap)
    key = str(update.update_id)
    inbound = Inbound(key, now, choice=query.data, channel=CHANNEL)
    address = Address(CHANNEL, account, str(_number(query.from_user.id)))
    shown = {"text": tap.label or query.data}
    return Heard(Letter(address, key, now, MessageReceived(inbound), shown=shown), tap=tap)


def _tap(query: CallbackQuery) -> Tap:
    if not isinstance(query.id, str):
        raise TypeError("the id of a callback query is text")
    message = query.message
    if not isinstance(message, Message) or not message.is_accessible:  # too old for Telegram to show
        return Tap(query.id, _number(message.chat.id) if message else 0)
    text = message.text if isinstance(message.text, str) else ""
    markup = message.reply_markup
    buttons: list[Any] = [each for row in markup.inline_keyboard for each in row] if markup else []
    label = next((each.text for each in buttons if each.callback_data == query.data), "")
    return Tap(query.id, _number(message.chat.id), _number(message.message_id), text, str(label))


def _membership(update: Update, change: ChatMemberUpdated, account: str, now: datetime) -> Heard:
    if not _in_private(change.chat, change.from_user):
        return Heard(why="group")
    gone = change.new_chat_member.status in (ChatMember.BANNED, ChatMember.LEFT)
    address = Address(CHANNEL, account, str(_number(change.chat.id)))
    return Heard(Letter(address, str(update.update_id), now, None, gone=gone))


def _in_private(chat: Chat, user: User | None) -> bool:
    return chat.type == Chat.PRIVATE and not (user is not None and user.is_bot)


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _LARGEST:
        raise TypeError("Telegram's own numbers are whole numbers")
    return value


def _moment(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError("a message has a date")
    return value.astimezone(UTC)
