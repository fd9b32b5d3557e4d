"""A document as PDF, A4, in Noto Serif SC (docs/decisions, 0012 and 0013, tell why, and why by our own hand).

A few milliseconds of processor time; more only for characters this process has not drawn before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pylopdf_fonts_zh_cn

from intake.documents.content import Content
from intake.documents.html import footer
from intake.documents.opentype import font
from intake.documents.paper import POINT, Paper

MARGIN, WIDTH, BOTTOM = 25.0, 160.0, 262.0  # millimetres; A4 is 210 x 297
LABEL, INSET = 45.0, 2.0  # the left column of a table, and the room within its lines
LINE, SIZE = 7.5, 12.0
MISSING = "〓"  # how Chinese print marks a character it has no type for
_WORD = re.compile(r"[A-Za-z0-9*:/._-]+|.", re.DOTALL)
_NOT_FIRST = frozenset("，。、；：？！）》”’%")  # 避头: these never begin a line


def render(content: Content) -> bytes:
    """The document as PDF. The same content gives the same bytes, with the same font."""
    sheet = _Sheet(content)
    sheet.title_and_number()
    for kind, value in content.parts:
        _DRAW[kind](sheet, value)
    sheet.signature()
    return sheet.paper.file(f"{content.title} {content.number}", "zh-CN")


class _Sheet:
    """The paper, and how far down it is written (`y`)."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.paper = Paper(font(pylopdf_fonts_zh_cn.serif_path()))
        self.y = MARGIN
        self._begin_page()

    def title_and_number(self) -> None:
        title = self._printable(self.content.title)
        middle = MARGIN + (WIDTH - self.paper.width(title, 20)) / 2
        self._write(title, middle, 14, size=20, bold=0.2)
        self.y += 16
        self._at_right(f"编号：{self.content.number}")
        self.y += 12

    def text_block(self, text: str, indent: float = 0.0, size: float = SIZE, bold: float = 0.0) -> None:
        for line in self._lines(text, WIDTH - indent, size):
            self._room_for(LINE)
            self._write(line, MARGIN + indent, LINE, size=size, bold=bold)
            self.y += LINE
        self.y += 2

    def heading(self, text: str) -> None:
        self._room_for(3 * LINE)  # a heading does not stand alone at the foot of a page
        self.y += 2
        self.text_block(text, size=13, bold=0.12)

    def table_rows(self, rows: list[list[str]]) -> None:
        for label, value in rows:
            left = list(self._lines(label, LABEL - 2 * INSET))
            right = list(self._lines(value, WIDTH - LABEL - 2 * INSET))
            height = LINE * max(len(left), len(right)) + 2
            self._room_for(height)
            self._cell(MARGIN, LABEL, height, left)
            self._cell(MARGIN + LABEL, WIDTH - LABEL, height, right)
            self.y += height
        self.y += 4

    def numbered(self, lines: list[str]) -> None:
        for n, line in enumerate(lines, 1):
            self.text_block(f"{n}. {line}", indent=6)

    def signature(self) -> None:
        self._room_for(3 * LINE)
        self.y += LINE
        for line in (self.content.office, self.content.date):
            self._at_right(line)
            self.y += LINE

    def _begin_page(self) -> None:
        self.paper.begin_page()
        if self.content.sample:
            self.paper.stamp("样本", 105, 150, 130)
        self.paper.line(MARGIN, 272, WIDTH)
        self.y = 273
        for line in (*footer(self.content), f"第{len(self.paper.pages)}页"):
            self._write(self._printable(line), MARGIN, 4.5, size=8, grey=0.27)
            self.y += 4.5
        self.y = MARGIN

    def _cell(self, x: float, width: float, height: float, lines: list[str]) -> None:
        top = self.y
        self.paper.box(x, top, width, height)
        for n, line in enumerate(lines):
            self.y = top + 1 + n * LINE
            self._write(line, x + INSET, LINE)
        self.y = top

    def _at_right(self, words: str) -> None:
        line = self._printable(words)
        self._write(line, MARGIN + WIDTH - self.paper.width(line, SIZE), LINE)

    def _write(
        self, line: str, x: float, height: float, size: float = SIZE, bold: float = 0.0, grey: float = 0.0
    ) -> None:
        """Write one line into a row of this height that begins at `y`."""
        base = self.y + height / 2 + 0.3 * size * POINT  # a Chinese character stands 0.8 above its base
        self.paper.write(line, x, base, size, bold=bold, grey=grey)

    def _lines(self, text: str, width: float, size: float = SIZE) -> Iterator[str]:
        """Cut a text into lines: words and numbers stay whole, closing marks stay with what they close."""
        for paragraph in self._printable(text).split("\n"):
            line, used = "", 0.0
            for word in self._words(paragraph, width, size):
                wide = self.paper.width(word, size)
                if line and word not in _NOT_FIRST and used + wide > width:
                    yield line
                    line, used = "", 0.0
                line, used = line + word, used + wide
            yield line

    def _words(self, paragraph: str, width: float, size: float) -> Iterator[str]:
        for word in _WORD.findall(paragraph):
            if self.paper.width(word, size) > width:  # a hash: cut where the line ends
                yield from word
            else:
                yield word

    def _printable(self, text: str) -> str:
        return "".join(each if each == "\n" or self.paper.knows(each) else MISSING for each in text)

    def _room_for(self, height: float) -> None:
        if self.y + height > BOTTOM:
            self._begin_page()


_DRAW: Mapping[str, Callable[[_Sheet, Any], None]] = {
    "text": _Sheet.text_block,
    "heading": _Sheet.heading,
    "rows": _Sheet.table_rows,
    "list": _Sheet.numbered,
}
