"""A font file read by place: OpenType with CFF outlines, of which a document needs a few hundred glyphs.

Nothing is parsed beforehand but the list of characters. The file is mapped into memory, so a process holds
only what it has drawn. Sources: OpenType 1.9 (cmap, hhea, hmtx), Adobe Technical Notes 5176 (CFF) and 5177.
"""

from __future__ import annotations

import mmap
import struct
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

from intake.documents.outlines import Routines, flat

Numbers = tuple[int, ...]
REAL, SUBRS, PRIVATE, CHARSTRINGS, BOX = 30, 19, 18, 17, 5
FDARRAY, FDSELECT = 0x0C24, 0x0C25  # two bytes: 12, and which
KEPT = 8192  # outlines, about 300 bytes each: more characters than an office writes


class Font:
    """Glyphs are numbers in the font; 0 is what a character it does not have looks like."""

    def __init__(self, path: Path) -> None:
        """Raises: OSError; KeyError, StopIteration: not an OpenType font with CID-keyed CFF outlines."""
        with path.open("rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._tables = dict(self._directory())
        self._starts, self._runs = self._characters()
        self._widths = self._number(self._tables[b"hhea"] + 34, 2)  # glyphs beyond it are as wide as the last
        self._read_outlines(self._tables[b"CFF "])
        self.outline = lru_cache(KEPT)(self._outline)

    def glyph(self, character: str) -> int:
        code = ord(character)
        place = bisect_right(self._starts, code) - 1
        if place < 0 or code > self._runs[place][1]:
            return 0
        first, _, glyph = self._runs[place]
        return glyph + code - first

    def width(self, glyph: int) -> int:
        """In thousandths of the size."""
        return self._number(self._tables[b"hmtx"] + 4 * min(glyph, self._widths - 1), 2)

    def dictionary(self, glyph: int) -> int:
        """Which of the font's private dictionaries holds the hints of this glyph."""
        return self._ranges[bisect_right(self._ranges, (glyph, 1 << 16)) - 1][1]

    def private(self, dictionary: int) -> bytes:
        """That dictionary, less the place of its subroutines."""
        return b"".join(raw for key, _, raw in entries(self._privates[dictionary][0]) if key != SUBRS)

    def _outline(self, glyph: int) -> bytes:
        """The outline as a Type 2 charstring that calls no subroutines."""
        return flat(self._outlines[glyph], self._privates[self.dictionary(glyph)][1], self._shared)

    def _directory(self) -> Iterator[tuple[bytes, int]]:
        for n in range(self._number(4, 2)):
            tag, _, start, _ = struct.unpack_from(">4sIII", self._data, 12 + 16 * n)
            yield tag, start

    def _characters(self) -> tuple[list[int], list[Numbers]]:
        cmap = self._tables[b"cmap"]
        heads = (
            struct.unpack_from(">HHI", self._data, cmap + 4 + 8 * n) for n in range(self._number(cmap + 2, 2))
        )
        table = next(cmap + place for platform, kind, place in heads if (platform, kind) == (3, 10))
        count = self._number(table + 12, 4)
        runs = list(struct.iter_unpack(">III", self._data[table + 16 : table + 16 + 12 * count]))
        return [first for first, _, _ in runs], runs

    def _read_outlines(self, start: int) -> None:
        names = Index(self._data, start + self._data[start + 2])
        tops = Index(self._data, names.end)
        top = {key: values for key, values, _ in entries(tops[0])}
        self.box, self.name = top[BOX], names[0].decode("ascii")
        self._outlines = Index(self._data, start + top[CHARSTRINGS][0])
        self._shared: Routines = Index(self._data, Index(self._data, tops.end).end)
        dictionaries = Index(self._data, start + top[FDARRAY][0])
        self._privates = [self._private(start, dictionaries[n]) for n in range(len(dictionaries))]
        self._ranges = self._selected(start + top[FDSELECT][0])

    def _private(self, start: int, font_dict: bytes) -> tuple[bytes, Routines]:
        size, place = next(values for key, values, _ in entries(font_dict) if key == PRIVATE)
        private = self._data[start + place : start + place + size]
        local = [values[0] for key, values, _ in entries(private) if key == SUBRS]
        return private, Index(self._data, start + place + local[0]) if local else ()

    def _selected(self, place: int) -> list[tuple[int, int]]:
        """(first glyph, dictionary), ascending. Both spellings of the table are known."""
        if self._data[place] == 0:
            return list(enumerate(self._data[place + 1 : place + 1 + len(self._outlines)]))
        count = self._number(place + 1, 2)
        return list(struct.iter_unpack(">HB", self._data[place + 3 : place + 3 + 3 * count]))

    def _number(self, place: int, size: int) -> int:
        return int.from_bytes(self._data[place : place + size], "big")


class Index:
    """CFF's list of byte strings, read where it lies."""

    def __init__(self, data: mmap.mmap, start: int) -> None:
        self._data, self._count = data, int.from_bytes(data[start : start + 2], "big")
        self._size, self._offsets = (data[start + 2], start + 3) if self._count else (0, start + 2)
        self._base = self._offsets + self._size * (self._count + 1) - 1
        self.end = self._place(self._count) if self._count else start + 2

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, n: int, /) -> bytes:
        if not 0 <= n < self._count:
            raise IndexError(n)
        return self._data[self._place(n) : self._place(n + 1)]

    def _place(self, n: int) -> int:
        at = self._offsets + self._size * n
        return self._base + int.from_bytes(self._data[at : at + self._size], "big")


def entries(data: bytes) -> Iterator[tuple[int, Numbers, bytes]]:
    """Each entry of a CFF DICT: its key, its numbers (fractions as 0: none is asked for), its bytes."""
    start, at, numbers = 0, 0, list[int]()
    while at < len(data):
        first = data[at]
        if first > 21:
            value, at = _operand(data, at)
            numbers.append(value)
            continue
        key, at = (0x0C00 | data[at + 1], at + 2) if first == 12 else (first, at + 1)
        yield key, tuple(numbers), data[start:at]
        start, numbers = at, []


def _operand(data: bytes, at: int) -> tuple[int, int]:
    """One number of a DICT and where the next thing begins (Technical Note 5176, table 3)."""
    first = data[at]
    if first == REAL:
        while data[at] & 0x0F != 0x0F:
            at += 1
        return 0, at + 1
    size = {28: 2, 29: 4}.get(first)
    if size:
        return int.from_bytes(data[at + 1 : at + 1 + size], "big", signed=True), at + 1 + size
    if first < 247:
        return first - 139, at + 1
    pair = (first - 247) * 256 + data[at + 1] + 108
    return (pair if first < 251 else -((first - 251) * 256 + data[at + 1] + 108)), at + 2


@cache
def font(path: Path) -> Font:
    """The font of a file, opened once a process."""
    return Font(path)
