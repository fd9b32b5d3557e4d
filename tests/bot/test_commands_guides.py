"""`zerotrip scripts guides`: pages whose links lead somewhere, and a PDF per service."""

from __future__ import annotations

import re
from pathlib import Path

import pylopdf_fonts_zh_cn
import pypdfium2
import pytest
from fontTools.ttLib import TTFont
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.guides import pdf
from dialogs.guides import make
from dialogs.script.loader import shipped, shipped_texts
from dialogs.wording import catalogue
from tests.dialogs.scripts import SMALL, TODAY, script, small


def run(out: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["scripts", "guides", "--today=2026-11-21", f"--out={out}", *words])


@pytest.fixture
def out(tmp_path: Path) -> Path:
    file = tmp_path / "permit.yaml"
    file.write_text(small(("合同", "<b>合同</b>")), encoding="utf-8")
    result = run(tmp_path / "guides", str(file))
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("3 guides of 1 services")
    return tmp_path / "guides"


def test_every_situation_has_a_page_and_every_link_leads_somewhere(out: Path) -> None:
    pages = sorted(out.rglob("*.html"))

    assert [str(each.relative_to(out)) for each in pages] == [
        "index.html",
        *(f"permit/{name}.html" for name in ("0001", "0002", "0003", "index")),
    ]
    for page in pages:
        links = re.findall(r"href='([^']+)'", page.read_text(encoding="utf-8"))
        assert links
        assert all((page.parent / link).is_file() for link in links)


def test_words_of_a_script_are_never_markup(out: Path) -> None:
    pages = "".join(each.read_text(encoding="utf-8") for each in out.rglob("*.html"))

    assert "&lt;b&gt;合同&lt;/b&gt;" in pages
    assert "<b>" not in pages


def test_the_pdf_has_every_situation_and_can_be_searched(out: Path) -> None:
    document = pypdfium2.PdfDocument(out / "permit" / "permit.pdf")
    words = "".join(page.get_textpage().get_text_bounded() for page in document)

    assert len(document) == 3
    assert [each.get_title() for each in document.get_toc()] == ["情况1", "情况2", "情况3"]
    assert "常山县公安局" in words
    assert "住满了再来。" in words


def test_pages_of_an_earlier_version_are_gone(out: Path) -> None:
    stale, own = out / "permit" / "0099.html", out / "permit" / "notes.html"
    stale.write_text("old")
    own.write_text("somebody's own")
    (out.parent / "permit.yaml").write_text(SMALL, encoding="utf-8")

    run(out, str(out.parent / "permit.yaml"))

    assert not stale.exists()
    assert own.exists()


def test_the_same_book_gives_the_same_bytes() -> None:
    book = make(script(), TODAY, "en")

    assert pdf.render(book) == pdf.render(book)


def test_the_font_has_every_character_of_every_guide() -> None:
    known = TTFont(pylopdf_fonts_zh_cn.sans_path(), lazy=True).getBestCmap()
    said = [
        words for key, each in catalogue().items() if key.startswith("guides.") for words in each.values()
    ]
    texts = "".join([*(text for text, _ in shipped_texts()), *said])

    assert len(shipped()) == 12
    assert {each for each in texts if ord(each) not in known and not each.isspace()} == set()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    result = run(tmp_path / "file" / "guides")

    assert result.exit_code == 2
    assert "Name a folder that can be written." in result.stderr
