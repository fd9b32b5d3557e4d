"""A book of guides as one PDF, A4: each situation begins a page, and the outline leads to it.

One file for a whole service, because the font's tables are read once a file (docs/decisions, 0012); a single
situation is printed by its page. The same book gives the same bytes.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

import pylopdf_fonts_zh_cn
from fpdf import FPDF

from dialogs.guides import Book, Sheet
from dialogs.wording import say

MARGIN, WIDTH, BOTTOM = 20.0, 170.0, 275.0  # millimetres; A4 is 210 x 297
LINE, INDENT = 6.6, 5.0
_NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)  # the book names its day; this one must not change the bytes
_WORD = re.compile(r"[A-Za-z0-9*:/._-]+ ?|.", re.DOTALL)
_NOT_FIRST = frozenset("，。、；：？！）》”’%")  # 避头: these never begin a line

logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells of every table it leaves out


def render(book: Book) -> bytes:
    """Return the book as PDF."""
    drawing = _Drawing(book)
    for sheet in book.sheets:
        drawing.sheet(sheet)
    return bytes(drawing.output())


class _Drawing(FPDF):
    def __init__(self, book: Book) -> None:
        super().__init__(format="A4")
        self.book = book
        self.now: Sheet | None = None
        self.page_of_sheet = 0
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(False)
        self.set_creation_date(_NO_DAY)
        self.set_title(book.title)
        self.set_lang(book.lang)
        self.add_font("sans", fname=pylopdf_fonts_zh_cn.sans_path(), unicode_range=sorted(_characters(book)))
        self.set_font("sans", size=11)
        self.lines = lru_cache(maxsize=4096)(self._lines)  # the same words stand on most sheets

    def footer(self) -> None:
        assert self.now is not None
        words = say(
            "guides.page",
            self.book.lang,
            title=self.book.title,
            number=self.now.number,
            page=self.page_of_sheet,
        )
        self.set_font_size(8)
        self.set_xy(MARGIN, 283)
        self.cell(WIDTH, 5, f"{words} · {self.book.day} · {self.book.id}@{self.book.version}")
        self.set_font_size(11)

    def sheet(self, sheet: Sheet) -> None:
        """Draw one situation, beginning a page."""
        lang = self.book.lang
        self.now_is(sheet)
        self.start_section(say("guides.number", lang, number=sheet.number))
        self.text_at(self.book.title, size=18)
        self.heading(say("guides.your_case", lang))
        for label, value in sheet.said:
            self.text_at(f"{label}：{value}" if lang == "zh-CN" else f"{label}: {value}", INDENT)
        if not sheet.said:
            self.text_at(say("guides.everyone", lang), INDENT)
        self.heading(sheet.end)
        for section in sheet.sections:
            self.heading(section.title)
            for number, line in enumerate(section.lines, start=1):
                self.text_at(f"{number}. {line}" if section.numbered else f"· {line}", INDENT)

    def now_is(self, sheet: Sheet) -> None:
        """Begin the first page of a sheet. The page before is closed by add_page, with its own footer."""
        self.add_page_of(sheet, 1)

    def add_page_of(self, sheet: Sheet, page: int) -> None:
        self.add_page()
        self.now, self.page_of_sheet = sheet, page
        self.set_xy(MARGIN, MARGIN)

    def heading(self, words: str) -> None:
        self.room_for(3 * LINE)  # a heading does not stand alone at the foot of a page
        self.down(2.5)
        self.text_at(words, size=13)

    def text_at(self, words: str, indent: float = 0.0, size: float = 11) -> None:
        height = LINE * size / 11
        for line in self.lines(words, WIDTH - indent, size):
            self.room_for(height)
            self.set_font_size(size)
            self.set_x(MARGIN + indent)
            self.cell(WIDTH - indent, height, line)
            self.set_font_size(11)
            self.down(height)

    def room_for(self, height: float) -> None:
        if self.get_y() + height > BOTTOM:
            assert self.now is not None
            self.add_page_of(self.now, self.page_of_sheet + 1)

    def down(self, height: float) -> None:
        self.set_xy(MARGIN, self.get_y() + height)

    def _lines(self, words: str, width: float, size: float) -> tuple[str, ...]:
        """Cut words into lines: Latin words and numbers stay whole, closing marks with what they close."""
        self.set_font_size(size)
        found = tuple(self._cut(words, width - 2))
        self.set_font_size(11)
        return found

    def _cut(self, words: str, width: float) -> Iterator[str]:
        line, used = "", 0.0
        for word in _WORD.findall(words):
            wide = self.get_string_width(word)
            if line and word not in _NOT_FIRST and used + wide > width:
                yield line
                line, used = "", 0.0
            line, used = line + word, used + wide
        yield line


def _characters(book: Book) -> set[int]:
    """Return the code points of everything that may be drawn."""
    fixed = [book.title, book.day, book.id, book.version, "0123456789.·：:@ "]
    labels = [say(f"guides.{name}", book.lang) for name in ("your_case", "everyone")]
    labels += [
        say("guides.page", book.lang, title="", number="", page=""),
        say("guides.number", book.lang, number=""),
    ]
    every = (words for sheet in book.sheets for words in sheet.texts())
    return {ord(each) for words in (*fixed, *labels, *every) for each in words}
