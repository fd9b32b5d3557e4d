"""A small font out of a large one: the CFF file that goes into a PDF, with a document's characters alone."""

from __future__ import annotations

from collections.abc import Sequence

from intake.documents.opentype import BOX, CHARSTRINGS, FDARRAY, FDSELECT, PRIVATE, Font

CHARSET, CID_COUNT, ROS = 15, 0x0C22, 0x0C1E
ADOBE, IDENTITY = 391, 392  # the first two strings of the file's own: characters are numbered as we like
HEADER = bytes((1, 0, 4, 4))


def subset(font: Font, glyphs: Sequence[int]) -> bytes:
    """A CID-keyed CFF font in which character n is drawn as `glyphs[n]`. glyphs[0] has to be 0."""
    used = sorted({font.dictionary(glyph) for glyph in glyphs})
    names = index([font.name.encode("ascii")])
    strings = index([b"Adobe", b"Identity"])
    parts = [
        b"\0" + b"".join(n.to_bytes(2, "big") for n in range(1, len(glyphs))),
        b"\0" + bytes(used.index(font.dictionary(glyph)) for glyph in glyphs),
        index([font.outline(glyph) for glyph in glyphs]),
    ]
    top = index([_top(font, len(glyphs), [0] * 4)])  # numbers are written in full, so its size is known
    start = len(HEADER) + len(names) + len(top) + len(strings) + len(index([]))
    places = [start + sum(map(len, parts[:n])) for n in range(len(parts) + 1)]
    top = index([_top(font, len(glyphs), places)])
    dictionaries = _dictionaries([font.private(each) for each in used], places[-1])
    return b"".join((HEADER, names, top, strings, index([]), *parts, dictionaries))


def index(items: Sequence[bytes]) -> bytes:
    """A CFF INDEX: the count, where each item ends, the items."""
    if not items:
        return b"\0\0"
    ends = [1]
    for item in items:
        ends.append(ends[-1] + len(item))
    size = (ends[-1].bit_length() + 7) // 8
    offsets = b"".join(end.to_bytes(size, "big") for end in ends)
    return len(items).to_bytes(2, "big") + bytes((size,)) + offsets + b"".join(items)


def _top(font: Font, count: int, places: Sequence[int]) -> bytes:
    charset, selected, outlines, dictionaries = places
    return b"".join((
        entry(ROS, ADOBE, IDENTITY, 0),
        entry(BOX, *font.box),
        entry(CID_COUNT, count),
        entry(CHARSET, charset),
        entry(FDSELECT, selected),
        entry(CHARSTRINGS, outlines),
        entry(FDARRAY, dictionaries),
    ))  # fmt: skip


def _dictionaries(privates: Sequence[bytes], start: int) -> bytes:
    """The list of dictionaries, and behind it the private one of each."""
    place = start + len(index([entry(PRIVATE, 0, 0)] * len(privates)))
    found = []
    for private in privates:
        found.append(entry(PRIVATE, len(private), place))
        place += len(private)
    return index(found) + b"".join(privates)


def entry(key: int, *numbers: int) -> bytes:
    """An entry of a DICT, each number in five bytes, whatever it is."""
    operands = b"".join(b"\x1d" + number.to_bytes(4, "big", signed=True) for number in numbers)
    return operands + (key.to_bytes(2, "big") if key > 0xFF else bytes((key,)))
