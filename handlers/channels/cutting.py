"""Cuts long words into pieces a platform takes: at the end of a sentence where there is one.

Never inside what a reader sees as one character (an emoji of several code points, a letter with its
accent), unless that alone is longer than a piece may be.
"""

from __future__ import annotations

import re
import unicodedata

from handlers.channels.base import Unit

ENOUGH = 3  # a cut that would fill less than this part of the room is not worth a better place

# Where to cut, the best place first: after a paragraph, a sentence, a clause, between words.
_PLACES = (
    re.compile(r"\n+"),
    re.compile(r"[。！？；…]+[”’』」）]*|[.!?;]+[)\"']*(?=\s)"),
    re.compile(r"[，、：]|[,:](?=\s)"),
    re.compile(r"\s+"),
)
_WORD = re.compile(r"[!-~]+\Z")  # Latin words, numbers, web addresses; Chinese may be cut anywhere
_JOINER = "\u200d"  # puts emoji together: families, flags of professions
_SKIN = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)  # spell the flags of regions
_FLAGS = range(0x1F1E6, 0x1F200)  # two of these are one flag


def size(text: str, unit: Unit) -> int:
    """Return how long `text` is as the platform counts: UTF-8 bytes, or UTF-16 units ("characters").

    Telegram and DingTalk speak of characters and count an emoji as two, as JavaScript does.
    """
    if unit == "bytes":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, room: int, unit: Unit) -> int:
    """Return after how many characters of `text` a piece ends that fits `room`; at least 1 for any text."""
    most = _fitting(text, room, unit)
    if most >= len(text):
        return len(text)
    for place in _PLACES:
        ends = [found.end() for found in place.finditer(text, 0, most)]
        # "." and its like only end a sentence where something is seen to follow.
        if ends and ends[-1] * ENOUGH >= most:
            return ends[-1]
    return _between_words(text, most) or _whole(text, most) or max(most, 1)


def _fitting(text: str, room: int, unit: Unit) -> int:
    """Return how many characters of `text` fit `room`."""
    used = 0
    for n, letter in enumerate(text):
        used += size(letter, unit)
        if used > room:
            return n
    return len(text)


def _between_words(text: str, at: int) -> int:
    """Return where the word begins that a cut at `at` would go through; 0 when it goes through none."""
    word = _WORD.search(text, 0, at) if "!" <= text[at] <= "~" else None
    return word.start() if word else 0


def _whole(text: str, at: int) -> int:
    """Return the last place up to `at` that is not inside of one character as a reader sees it; 0: none."""
    while at > 0 and _inside(text, at):
        at -= 1
    return at


def _inside(text: str, at: int) -> bool:
    after, before = text[at], text[at - 1]
    code = ord(after)
    if unicodedata.category(after).startswith("M") or code in _SKIN or code in _TAGS:
        return True
    if _JOINER in (after, before):
        return True
    if 0xDC00 <= code < 0xE000 and 0xD800 <= ord(before) < 0xDC00:
        return True
    return code in _FLAGS and _flags_before(text, at) % 2 == 1


def _flags_before(text: str, at: int) -> int:
    n = 0
    while n < at and ord(text[at - 1 - n]) in _FLAGS:
        n += 1
    return n
