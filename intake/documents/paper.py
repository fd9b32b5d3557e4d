"""Sheets of A4 as a PDF file (ISO 32000-1): words in one embedded font, lines and boxes, nothing else.

Lengths are millimetres from the upper left corner, sizes of type are points. The same calls give the same
bytes. The first object of a file is its catalogue, the second its pages, the third its title.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence

from intake.documents.cff import subset
from intake.documents.opentype import Font

POINT = 25.4 / 72  # millimetres
HEIGHT = 297.0
BLOCK = 100  # the most pairs in one section of a character map


class Paper:
    def __init__(self, font: Font) -> None:
        self.font = font
        self.pages: list[list[str]] = []
        self._codes = {"": 0}  # character -> its number in the file's font, in the order of their use

    def begin_page(self) -> None:
        self.pages.append([])

    def knows(self, character: str) -> bool:
        return self.font.glyph(character) != 0

    def width(self, words: str, size: float) -> float:
        return sum(self.font.width(self.font.glyph(each)) for each in words) * size * POINT / 1000

    def write(
        self, words: str, x: float, y: float, size: float, *, bold: float = 0.0, grey: float = 0.0
    ) -> None:
        """Write one line, its base at y. bold: how thick its outline is drawn besides, in millimetres."""
        weight = f"2 Tr {_points(bold)} w " if bold else ""
        place = f"{_points(x)} {_points(HEIGHT - y)} Td"
        self._draw(f"q {grey:g} g {weight}BT /F {size:g} Tf {place} <{self._coded(words)}> Tj ET Q")

    def stamp(self, words: str, x: float, y: float, size: float) -> None:
        """Write pale and red across the sheet, rising by 30 degrees, its middle at (x, y)."""
        left, up = self.width(words, size) / 2, 0.3 * size * POINT
        turned = f"0.866 0.5 -0.5 0.866 {_points(x)} {_points(HEIGHT - y)} cm"
        place = f"{_points(-left)} {_points(-up)} Td"
        self._draw(
            f"q /Pale gs 0.745 0 0 rg {turned} BT /F {size:g} Tf {place} <{self._coded(words)}> Tj ET Q"
        )

    def line(self, x: float, y: float, width: float) -> None:
        start, level = _points(x), _points(HEIGHT - y)
        self._draw(f"0.57 w {start} {level} m {_points(x + width)} {level} l S")

    def box(self, x: float, y: float, width: float, height: float) -> None:
        corner = f"{_points(x)} {_points(HEIGHT - y - height)}"
        self._draw(f"0.57 w {corner} {_points(width)} {_points(height)} re S")

    def file(self, title: str, lang: str) -> bytes:
        """The whole file."""
        first, font = 9, self._font()  # the pages' objects come behind the eight that every file has
        kids = " ".join(f"{first + 2 * n} 0 R" for n in range(len(self.pages)))
        objects = [
            f"<</Type/Catalog/Pages 2 0 R/Lang({lang})/ViewerPreferences<</DisplayDocTitle true>>>>".encode(),
            f"<</Type/Pages/Count {len(self.pages)}/Kids[{kids}]/MediaBox[0 0 595.28 841.89]"
            "/Resources<</Font<</F 4 0 R>>/ExtGState<</Pale<</ca 0.13>>>>>>>>".encode(),
            f"<</Title<FEFF{title.encode('utf-16-be').hex()}>>>".encode(),
            *font,
        ]
        for n, page in enumerate(self.pages):
            objects.append(f"<</Type/Page/Parent 2 0 R/Contents {first + 2 * n + 1} 0 R>>".encode())
            objects.append(_stream("\n".join(page).encode("ascii")))
        return _file(objects)

    def _draw(self, operators: str) -> None:
        self.pages[-1].append(operators)

    def _coded(self, words: str) -> str:
        return "".join(f"{self._codes.setdefault(each, len(self._codes)):04X}" for each in words)

    def _font(self) -> Iterable[bytes]:
        """Objects 4 to 8: the font as a reader sees it, its glyphs, measures, outlines, characters."""
        glyphs = [self.font.glyph(each) if each else 0 for each in self._codes]
        outlines = subset(self.font, glyphs)
        name = f"{_tag(outlines)}+{self.font.name}"
        widths = " ".join(str(self.font.width(glyph)) for glyph in glyphs)
        box = " ".join(map(str, self.font.box))
        return (
            f"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H/DescendantFonts[5 0 R]"
            "/ToUnicode 8 0 R>>".encode(),
            f"<</Type/Font/Subtype/CIDFontType0/BaseFont/{name}/CIDSystemInfo<</Registry(Adobe)"
            f"/Ordering(Identity)/Supplement 0>>/FontDescriptor 6 0 R/DW 1000/W[0[{widths}]]>>".encode(),
            f"<</Type/FontDescriptor/FontName/{name}/Flags 4/FontBBox[{box}]/ItalicAngle 0/Ascent 880"
            "/Descent -120/CapHeight 730/StemV 80/FontFile3 7 0 R>>".encode(),
            _stream(outlines, "/Subtype/CIDFontType0C"),
            _stream(_characters([each for each in self._codes if each])),
        )


def _tag(outlines: bytes) -> str:
    """Six letters that name this choice of characters (ISO 32000-1, 9.6.4)."""
    return "".join(chr(ord("A") + byte % 26) for byte in hashlib.sha256(outlines).digest()[:6])


def _characters(characters: Sequence[str]) -> bytes:
    """The character map by which words can be searched and copied: number n stands for characters[n - 1]."""
    pairs = [f"<{n:04X}> <{each.encode('utf-16-be').hex()}>" for n, each in enumerate(characters, 1)]
    blocks = [pairs[n : n + BLOCK] for n in range(0, len(pairs), BLOCK)]
    sections = "".join(f"{len(each)} beginbfchar\n{chr(10).join(each)}\nendbfchar\n" for each in blocks)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        f"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n{sections}"
        "endcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode("ascii")


def _stream(data: bytes, more: str = "") -> bytes:
    packed = zlib.compress(data)
    return b"<</Length %d/Filter/FlateDecode%s>>stream\n%s\nendstream" % (len(packed), more.encode(), packed)


def _file(objects: Sequence[bytes]) -> bytes:
    """The objects, numbered from 1, with the table of where each begins."""
    out, places = bytearray(b"%PDF-1.6\n%\xe9\x9b\xb6\xe8\xb7\x91\n"), []
    for n, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (n, each)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R/Info 3 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
    )
    return bytes(out)


def _points(millimetres: float) -> str:
    return f"{millimetres / POINT:.2f}"
