"""Outlines as fonts write them (Type 2 charstrings), with every subroutine put where it is called.

Fonts share pieces of outlines between glyphs. A document has too few glyphs for that to pay, and outlines
without calls can be put together in any choice. Nothing is drawn here: bytes are copied, calls replaced.
Source: Adobe Technical Note 5177.
"""

from __future__ import annotations

from typing import Protocol

CALL_LOCAL, CALL_SHARED, RETURN, END, ESCAPE = 10, 29, 11, 14, 12
STEMS, MASKS = frozenset({1, 3, 18, 23}), frozenset({19, 20})
FLEX = frozenset({34, 35, 36, 37})
DEEPEST = 10  # calls within calls, by the standard


class Routines(Protocol):
    """Charstrings by their place."""

    def __len__(self) -> int: ...
    def __getitem__(self, n: int, /) -> bytes: ...


def flat(code: bytes, local: Routines, shared: Routines) -> bytes:
    """The charstring `code` without calls.

    Raises: ValueError, it calculates (no font of ours does) or calls too deep; IndexError, it is cut off.
    """
    glyph = _Glyph(local, shared)
    glyph.take(code, 0)
    return bytes(glyph.out)


class _Glyph:
    def __init__(self, local: Routines, shared: Routines) -> None:
        self.out = bytearray()
        self.routines = {CALL_LOCAL: local, CALL_SHARED: shared}
        self.waiting: list[tuple[int, int]] = []  # numbers no operator has taken: place in `out`, value
        self.stems = 0

    def take(self, code: bytes, depth: int) -> bool:
        """Copy one routine; True when it ended the glyph."""
        if depth > DEEPEST:
            raise ValueError("calls too deep")
        at = 0
        while at < len(code):
            first = code[at]
            if first >= 32 or first == 28:
                at = self._number(code, at)
            elif first in self.routines:
                if self.take(self._called(first), depth + 1):
                    return True
                at += 1
            elif first == RETURN:
                return False
            else:
                at = self._operator(code, at)
                if first == END:
                    return True
        return False

    def _number(self, code: bytes, at: int) -> int:
        first = code[at]
        if 32 <= first <= 246:
            size, value = 1, first - 139
        elif first == 255:
            size, value = 5, 0  # a fraction: no routine has such a number
        elif first == 28:
            size, value = 3, int.from_bytes(code[at + 1 : at + 3], "big", signed=True)
        else:
            size, low = 2, code[at + 1] + 108
            value = (first - 247) * 256 + low if first < 251 else -(first - 251) * 256 - low
        self.waiting.append((len(self.out), value))
        self.out += code[at : at + size]
        return at + size

    def _called(self, call: int) -> bytes:
        """The routine whose number was written last; the number itself is taken back."""
        routines = self.routines[call]
        place, value = self.waiting.pop()
        del self.out[place:]
        count = len(routines)
        return routines[value + (107 if count < 1240 else 1131 if count < 33900 else 32768)]

    def _operator(self, code: bytes, at: int) -> int:
        first, size = code[at], 1
        if first in STEMS or first in MASKS:
            self.stems += len(self.waiting) // 2
        if first in MASKS:  # a bit for each stem follows
            size += (self.stems + 7) // 8
        elif first == ESCAPE:
            size = 2
            if code[at + 1] not in FLEX:
                raise ValueError(f"operator 12 {code[at + 1]}")
        self.out += code[at : at + size]
        self.waiting.clear()
        return at + size
