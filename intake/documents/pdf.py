"""A document as PDF, A4, drawn with fpdf2 in Noto Serif SC (docs/decisions tells why these two).

It takes about 0.2 s of processor time, so it is done on a thread, when somebody asks, and never in a
transaction.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fpdf import FPDF
from fpdf.enums import TextMode
from fpdf.fonts import TTFFont

from intake.documents.content import Content
from intake.documents.font import font_with
from intake.documents.html import footer

MARGIN, WIDTH, BOTTOM = 25.0, 160.0, 262.0  # millimetres; A4 is 210 x 297
LABEL, INSET = 45.0, 2.0  # the left column of a table, and the room within its lines
LINE = 7.5
_NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)  # the content has the day; this one must not change the bytes
MISSING = "〓"  # how Chinese print marks a character it has no type for
_WORD = re.compile(r"[A-Za-z0-9*:/._-]+|.", re.DOTALL)
_NOT_FIRST = frozenset("，。、；：？！）》”’%")  # 避头: these never begin a line

logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells of every table it leaves out


def render(content: Content) -> bytes:
    """The document as PDF. The same content gives the same bytes, with the same versions of the libraries."""
    drawn = "".join([*content.texts(), *footer(content), "编号：第页0123456789. 样本", MISSING])
    with font_with(drawn) as file:
        sheet = _Sheet(content, file)
        sheet.add_page()
        sheet.title_and_number()
        for kind, value in content.parts:
            _DRAW[kind](sheet, value)
        sheet.signature()
        return bytes(sheet.output())


class _Sheet(FPDF):
    def __init__(self, content: Content, font_file: Path) -> None:
        super().__init__(format="A4")
        self.content = content
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(False)
        self.set_creation_date(_NO_DAY)
        self.set_title(f"{content.title} {content.number}")
        self.set_lang("zh-CN")
        self.add_font("serif", fname=font_file)
        font = self.fonts["serif"]
        assert isinstance(font, TTFFont)
        font.ttfont.recalcBBoxes = False  # HarfBuzz has measured what it left
        self._known = {chr(code) for code in font.cmap}
        self.set_font("serif", size=12)

    def header(self) -> None:
        if not self.content.sample:
            return
        pale = self.local_context(fill_opacity=0.13, text_color=(190, 0, 0), font_size_pt=130)
        with pale, self.rotation(30, 105, 150):
            self.set_xy(0, 130)
            self.cell(210, 40, "样本", align="C")
        self.set_xy(MARGIN, MARGIN)

    def footer(self) -> None:
        with self.local_context(font_size_pt=8, text_color=(70, 70, 70)):
            self.line(MARGIN, 272, MARGIN + WIDTH, 272)
            for n, line in enumerate([*footer(self.content), f"第{self.page_no()}页"]):
                self.set_xy(MARGIN, 273 + 4.5 * n)
                self.cell(WIDTH, 4.5, line)

    def title_and_number(self) -> None:
        with self.local_context(font_size_pt=20, text_mode=TextMode.FILL_STROKE, line_width=0.2):
            self.cell(WIDTH, 14, self._printable(self.content.title), align="C")
        self.set_xy(MARGIN, MARGIN + 16)
        self.cell(WIDTH, LINE, self._printable(f"编号：{self.content.number}"), align="R")
        self.set_xy(MARGIN, MARGIN + 28)

    def text_block(self, text: str, indent: float = 0.0) -> None:
        for line in self._lines(text, WIDTH - indent):
            self._room_for(LINE)
            self.set_x(MARGIN + indent)
            self.cell(WIDTH - indent, LINE, line)
            self._down(LINE)
        self._down(2)

    def heading(self, text: str) -> None:
        self._room_for(3 * LINE)  # a heading does not stand alone at the foot of a page
        self._down(2)
        with self.local_context(font_size_pt=13, text_mode=TextMode.FILL_STROKE, line_width=0.12):
            self.text_block(text)

    def table_rows(self, rows: list[list[str]]) -> None:
        for label, value in rows:
            left = list(self._lines(label, LABEL - 2 * INSET))
            right = list(self._lines(value, WIDTH - LABEL - 2 * INSET))
            height = LINE * max(len(left), len(right)) + 2
            self._room_for(height)
            self._cell_box(MARGIN, LABEL, height, left)
            self._cell_box(MARGIN + LABEL, WIDTH - LABEL, height, right)
            self._down(height)
        self._down(4)

    def numbered(self, lines: list[str]) -> None:
        for n, line in enumerate(lines, 1):
            self.text_block(f"{n}. {line}", indent=6)

    def signature(self) -> None:
        self._room_for(3 * LINE)
        self._down(LINE)
        for line in (self.content.office, self.content.date):
            self.set_x(MARGIN)
            self.cell(WIDTH, LINE, self._printable(line), align="R")
            self._down(LINE)

    def _cell_box(self, x: float, width: float, height: float, lines: list[str]) -> None:
        top = self.get_y()
        self.rect(x, top, width, height)
        for n, line in enumerate(lines):
            self.set_xy(x + INSET, top + 1 + n * LINE)
            self.cell(width - 2 * INSET, LINE, line)
        self.set_xy(x, top)

    def _lines(self, text: str, width: float) -> Iterator[str]:
        """Cut a text into lines: words and numbers stay whole, closing marks stay with what they close."""
        for paragraph in self._printable(text).split("\n"):
            line = ""
            for word in self._words(paragraph, width):
                if line and word not in _NOT_FIRST and self.get_string_width(line + word) > width - 2:
                    yield line
                    line = ""
                line += word
            yield line

    def _words(self, paragraph: str, width: float) -> Iterator[str]:
        for word in _WORD.findall(paragraph):
            if self.get_string_width(word) > width - 2:  # a hash: cut where the line ends
                yield from word
            else:
                yield word

    def _printable(self, text: str) -> str:
        return "".join(each if each in self._known or each == "\n" else MISSING for each in text)

    def _room_for(self, height: float) -> None:
        if self.get_y() + height > BOTTOM:
            self.add_page()

    def _down(self, height: float) -> None:
        self.set_xy(MARGIN, self.get_y() + height)


_DRAW: Mapping[str, Callable[[_Sheet, Any], None]] = {
    "text": _Sheet.text_block,
    "heading": _Sheet.heading,
    "rows": _Sheet.table_rows,
    "list": _Sheet.numbered,
}
