"""The font of a document: as few glyphs as it has characters, each drawn as the whole font draws it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pylopdf_fonts_zh_cn
import pytest
from fontTools.cffLib import CFFFontSet
from fontTools.pens.recordingPen import RecordingPen
from fontTools.ttLib import TTFont

from intake.documents import pdf
from intake.documents.cff import subset
from intake.documents.content import Content
from intake.documents.opentype import font
from intake.documents.outlines import flat

FONTS = [pylopdf_fonts_zh_cn.serif_path(), pylopdf_fonts_zh_cn.sans_path()]
SOME = 151  # every so many glyphs are compared; all of them were, once


@pytest.mark.parametrize("path", FONTS)
def test_characters_and_widths_are_those_of_the_font(path: Path) -> None:
    ours, whole = font(path), TTFont(path, lazy=True)
    characters = whole.getBestCmap()

    assert {code: ours.glyph(chr(code)) for code in characters} == {
        code: whole.getGlyphID(name) for code, name in characters.items()
    }
    assert [ours.width(n) for n in range(len(whole.getGlyphOrder()))] == [
        whole["hmtx"].metrics[name][0] for name in whole.getGlyphOrder()
    ]
    assert ours.glyph("\ue000") == ours.glyph("\x01") == ours.glyph("\U0010ffff") == 0


@pytest.mark.parametrize("path", FONTS)
def test_a_glyph_taken_out_is_drawn_as_in_the_font(path: Path) -> None:
    whole = TTFont(path, lazy=True)
    order, outlines = whole.getGlyphOrder(), whole["CFF "].cff.topDictIndex[0].CharStrings
    taken = [0, *range(1, len(order), SOME)]

    small = CFFFontSet()
    small.decompile(BytesIO(subset(font(path), taken)), None)
    top = small.topDictIndex[0]

    assert len(top.charset) == len(taken) > 200
    assert "Subrs" not in {key for each in top.FDArray for key in each.Private.rawDict}
    for name, glyph in zip(top.charset, taken, strict=True):
        mine, theirs = RecordingPen(), RecordingPen()
        top.CharStrings[name].draw(mine)
        outlines[order[glyph]].draw(theirs)
        assert mine.value == theirs.value, glyph
        assert top.CharStrings[name].width == outlines[order[glyph]].width, glyph


def test_calls_are_replaced_by_what_they_call() -> None:
    two, three, minus_107 = bytes([141]), bytes([142]), bytes([32])  # -107 is the first of few routines
    stems = two + three + bytes([1])  # hstem
    mask = bytes([19, 0b1000_0000])  # one stem, so one byte of bits
    inner = mask + bytes([11])  # and return
    outer = stems + minus_107 + bytes([29, 11])  # calls the shared one

    assert flat(minus_107 + bytes([10]) + two + bytes([22, 14]), [outer], [inner]) == (
        stems + mask + two + bytes([22, 14])
    )


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        (bytes([32, 10, 14]), ValueError),  # calls itself for ever
        (bytes([139, 139, 12, 10, 14]), ValueError),  # adds
        (bytes([140, 10]), IndexError),  # a routine that is not there
        (bytes([10]), IndexError),  # no number to call
    ],
)
def test_an_outline_we_cannot_read_is_refused(code: bytes, wrong: type[Exception]) -> None:
    with pytest.raises(wrong):
        flat(code, [bytes([32, 10])], [])


def test_what_has_been_drawn_once_is_not_read_again() -> None:
    said = Content("receipt", "受理回执", "1", "2", "局", "2026年11月23日", False, (("text", "再说一遍。"),))
    serif = font(FONTS[0])

    first = pdf.render(said)
    read = serif.outline.cache_info().misses

    assert pdf.render(said) == first
    assert serif.outline.cache_info().misses == read
    assert font(FONTS[0]) is serif
