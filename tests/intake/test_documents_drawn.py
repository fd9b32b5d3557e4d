"""What a document looks like: every character is there, and so is what tells it from a real one."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import pypdfium2
import pytest
from fontTools.ttLib import TTFont
from PIL import ImageChops
from PIL.Image import Image

from intake.documents import html, pdf
from intake.documents.content import Content, read
from intake.documents.templates import templates

ROOT = Path(__file__).resolve().parents[2]
WORDS = [
    *(ROOT / "dialogs" / "scripts").rglob("*.yaml"),
    *(ROOT / "dialogs" / "wording").rglob("*.yaml"),
    ROOT / "intake" / "documents" / "templates.yaml",
]


def content(*parts: tuple[str, object], sample: bool = False) -> Content:
    return Content(
        kind="receipt",
        title="受理回执",
        number="SL-20261123-0001",
        application="CS-1121-0038",
        office="常山县社会保险事业管理局",
        date="2026年11月23日",
        sample=sample,
        parts=parts,
    )


LONG = content(
    ("text", "胡小云："),
    ("rows", [[f"问题{n}", "答" * 4 * n] for n in range(24)]),
    ("heading", "怎么才能办"),
    ("list", ["居住证", "银行卡号"]),
    sample=True,
)


DRAWN: dict[str, list[tuple[str, Image]]] = {}  # by hash: several tests look at the same


def drawn(what: Content) -> list[tuple[str, Image]]:
    """Return the pages of the PDF: what each says, without spaces, and how it looks."""
    if what.sha256 not in DRAWN:
        document = pypdfium2.PdfDocument(pdf.render(what))
        DRAWN[what.sha256] = [_page(page) for page in document]
        document.close()
    return DRAWN[what.sha256]


def _page(page: Any) -> tuple[str, Image]:
    text = page.get_textpage().get_text_bounded()
    return re.sub(r"\s", "", text), page.render(scale=0.5).to_pil().convert("RGB")


def text_of(what: Content) -> str:
    return "".join(text for text, _ in drawn(what))


@cache
def characters_of_the_font(path: Path) -> frozenset[str]:
    return frozenset(map(chr, TTFont(path, lazy=True).getBestCmap()))


@pytest.mark.parametrize("font", [pylopdf_fonts_zh_cn.serif_path(), pylopdf_fonts_zh_cn.sans_path()])
def test_the_fonts_have_every_character_we_ever_write(font: Path) -> None:
    assert len(WORDS) > 3

    written = {each for file in WORDS for each in file.read_text("utf-8") if each.isprintable()}

    assert sorted(written - characters_of_the_font(font)) == []


def test_a_pdf_says_all_that_the_content_says_on_as_many_pages_as_it_takes() -> None:
    said = text_of(LONG)

    assert len(drawn(LONG)) == 3
    for words in (
        "受理回执",
        "编号：SL-20261123-0001",
        "问题23" + "答" * 92,
        "2.银行卡号",
        LONG.office,
        LONG.date,
    ):
        assert words in said
    assert said.count(LONG.sha256) == 3  # on every page
    assert pdf.MISSING not in said


def reddish(page: Image) -> bool:
    red, green, _ = page.split()
    return max(ImageChops.subtract(red, green).tobytes()) > 8


def test_a_sample_is_marked_across_every_page_and_a_real_one_is_not() -> None:
    real = content(("text", "您好"))

    assert text_of(LONG).count("仅供演示，没有法律效力") == 3
    assert b"rotate" in html.render(LONG)
    assert "没有法律效力" not in text_of(real)
    assert '<div class="sample"' not in html.render(real).decode()
    assert reddish(drawn(LONG)[1][1])
    assert not reddish(drawn(real)[0][1])


def test_a_character_no_font_has_is_shown_as_missing_and_kept_on_the_screen() -> None:
    rare = content(("text", "𠮷先生"))

    assert "〓先生" in text_of(rare)
    assert "𠮷先生" in html.render(rare).decode()


def test_what_people_wrote_is_text_and_never_markup() -> None:
    page = html.render(content(("text", "<script>"), ("rows", [["<b>", "</td>"]]))).decode()

    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "&lt;/td&gt;" in page


def test_the_same_content_gives_the_same_bytes_and_any_other_another_hash() -> None:
    one, twin, other = content(("text", "一")), content(("text", "一")), content(("text", "二"))

    assert pdf.render(one) == pdf.render(twin)
    assert html.render(one) == html.render(twin)
    assert one.sha256 == twin.sha256 != other.sha256
    assert read(one.json()) == one


def test_no_template_speaks_of_a_seal_of_ours_or_leaves_a_hole() -> None:
    for template in templates().values():
        assert template.title
        assert re.fullmatch("[A-Z]{2}", template.prefix)
    assert {template.kind for template in templates().values()} == {
        "application_form",
        "receipt",
        "correction",
        "deferral",
        "refusal",
        "revocation",
        "withdrawal",
    }
