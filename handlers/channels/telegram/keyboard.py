"""Buttons under a message. What a button cannot hold is said in the text, so that nothing stays unsaid."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import east_asian_width
from urllib.parse import urlsplit

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from dialogs.messages import Choice
from handlers.channels.base import Link, Part
from handlers.channels.rendering import numbers

TEXT_LIMIT = 4096  # characters: telegram.constants.MessageLimit
DATA_LIMIT = 64  # bytes of callback_data
# A button as wide as a cheap phone shows some 20 Chinese characters; the app cuts longer labels off.
LABEL_WIDTH = 36
PAIR_WIDTH = 12  # two short ones share a row
PAIRS_FROM = 6  # as soon as there are many


def words(part: Part) -> str:
    """Return the text of `part`, with the options and links in it that buttons cannot show."""
    links = [f"{link.label}：{link.url}" for link in part.links if not _as_button(link)]
    options = numbers(part.choices) if _too_long(part.choices) else []
    tries = ([part.text, *options, *links], [part.text, *links])  # a cut button says more than no link
    whole = next((text for lines in tries if len(text := "\n".join(lines)) <= TEXT_LIMIT), part.text)
    return whole[:TEXT_LIMIT]


def keyboard(part: Part) -> InlineKeyboardMarkup | None:
    """Return the buttons of `part`; None when it has none."""
    rows = _rows([InlineKeyboardButton(label, callback_data=id_) for id_, label in _labelled(part.choices)])
    rows += [[InlineKeyboardButton(link.label, url=link.url)] for link in part.links if _as_button(link)]
    return InlineKeyboardMarkup(rows) if rows else None


def _labelled(choices: Sequence[Choice]) -> list[tuple[str, str]]:
    """Return (data, label) of each choice. One whose id does not fit is said in the text alone."""
    if not _too_long(choices):
        return [(each.id, each.label) for each in choices]
    numbered = zip(choices, numbers(choices), strict=True)
    return [(each.id, _cut(label)) for each, label in numbered if len(each.id.encode()) <= DATA_LIMIT]


def _rows(buttons: Sequence[InlineKeyboardButton]) -> list[list[InlineKeyboardButton]]:
    """Return one button a row; many short ones in pairs."""
    narrow = all(_width(button.text) <= PAIR_WIDTH for button in buttons)
    step = 2 if narrow and len(buttons) >= PAIRS_FROM else 1
    return [list(buttons[at : at + step]) for at in range(0, len(buttons), step)]


def _too_long(choices: Sequence[Choice]) -> bool:
    return any(_width(each.label) > LABEL_WIDTH or len(each.id.encode()) > DATA_LIMIT for each in choices)


def _as_button(link: Link) -> bool:
    """Telegram takes no button that leads to a name without a dot, such as localhost."""
    parts = urlsplit(link.url)
    return parts.scheme in ("http", "https") and "." in (parts.hostname or "")


def _cut(label: str) -> str:
    if _width(label) <= LABEL_WIDTH:
        return label
    while _width(label) > LABEL_WIDTH - 2:
        label = label[:-1]
    return f"{label}…"


def _width(text: str) -> int:
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)
