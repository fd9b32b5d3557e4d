"""What a message of Telegram's holds: words, a photo, or something that gets a kind answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from telegram import Document, Message, PhotoSize

from dialogs.messages import Media, MediaKind
from handlers.channels.captions import called_for

# The commands of the bot's menu, and the words anybody may type instead (dialogs.engine.commands).
COMMANDS: Mapping[str, str] = {
    "help": "帮助",
    "progress": "进度",
    "person": "人工",
    "back": "返回",
    "edit": "修改",
    "move": "换个地方办",
    "continue": "接着办",
    "language": "语言",
    "withdraw": "撤回",
    "restart": "重来",
}

# Attributes of a message, and what they mean to us. An animation comes as a document too: first come.
_KINDS: Mapping[str, tuple[MediaKind, str]] = {
    "animation": ("video", "[视频]"),
    "video": ("video", "[视频]"),
    "video_note": ("video", "[视频]"),
    "voice": ("voice", "[语音]"),
    "audio": ("voice", "[语音]"),
    "sticker": ("sticker", "[表情]"),
    "venue": ("place", "[位置]"),
    "location": ("place", "[位置]"),
    "document": ("file", "[文件]"),
}
_UNKNOWN: tuple[MediaKind, str] = ("other", "[其他消息]")


@dataclass(frozen=True, slots=True)
class Content:
    """What is read (text, media) and what the transcript shows of it.

    photo: what tells one picture from another, "" where it is none or may not pass.
    """

    text: str = ""
    media: tuple[Media, ...] = ()
    shown: str = ""
    photo: str = ""


def content_of(message: Message, *, photos: bool) -> Content:
    """Return what a message without text of its own holds."""
    picture = _picture(message)
    if picture is not None:
        return _of_picture(message, picture, photos=photos)
    contact = message.contact
    if contact is not None and isinstance(contact.phone_number, str):
        return Content(text=contact.phone_number, shown=contact.phone_number)
    kind, shown = next((named for name, named in _KINDS.items() if getattr(message, name)), _UNKNOWN)
    return Content(media=(Media("", kind),), shown=shown)


def _picture(message: Message) -> PhotoSize | Document | None:
    """Return the photo, or the picture sent as a file."""
    if message.photo:
        return message.photo[-1]  # Telegram orders the sizes; the last one is the largest
    file = message.document
    return file if file and not message.animation and str(file.mime_type).startswith("image/") else None


def _of_picture(message: Message, picture: PhotoSize | Document, *, photos: bool) -> Content:
    ref, caption = picture.file_id, message.caption if isinstance(message.caption, str) else ""
    if not isinstance(ref, str) or not ref:
        raise TypeError("the id of a file is text")
    if not photos:
        return Content(called_for(caption), (Media("", "elsewhere"),), f"[照片] {caption}".rstrip())
    same = picture.file_unique_id
    return Content(
        called_for(caption), (Media("", "photo", ref),), caption, same if isinstance(same, str) else ""
    )


def words_of(text: str) -> str:
    """Return the words that /commands stand for; other text as it is."""
    if not text.startswith("/"):
        return text
    name, _, rest = text[1:].partition(" ")
    name = name.partition("@")[0]
    words = COMMANDS.get(name.lower(), name)
    return f"{words} {rest}".strip()
