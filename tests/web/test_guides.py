"""The printed service guides in real Chromium: read on a phone, and laid on paper."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pypdfium2
import pytest
from playwright.async_api import Browser, Page
from pytest_asyncio import fixture

from bot.guides import html
from dialogs.guides import Book, make
from tests.dialogs.talking import shipped_library
from tests.web.people import look

pytestmark = pytest.mark.browser

DAY = date(2026, 11, 20)
WIDTHS = (320, 375)
A4 = (595, 842)  # points


@pytest.fixture(scope="module")
def books() -> list[Book]:
    library = shipped_library()
    services = ("resident_medical", "social_card")
    return [make(library.scripts[library.live[each]], DAY, "zh-CN") for each in services]


@pytest.fixture(scope="module")
def folder(books: list[Book], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of two services as `scripts guides` lays them out; their PDFs have tests of their own."""
    folder = tmp_path_factory.mktemp("guides")
    (folder / "index.html").write_text(html.index(books, "zh-CN"), encoding="utf-8")
    for book in books:
        (folder / book.id).mkdir()
        (folder / book.id / "index.html").write_text(html.service(book), encoding="utf-8")
        for sheet in book.sheets:
            (folder / book.id / html.sheet_name(sheet)).write_text(html.sheet(book, sheet), encoding="utf-8")
    return folder


@fixture(loop_scope="session")
async def page(browser: Browser, folder: Path) -> AsyncIterator[Page]:
    """The index on a phone. Asking anything of anybody fails the test: a guide needs nothing else."""
    context = await browser.new_context(viewport={"width": 320, "height": 568}, locale="zh-CN")
    page = await context.new_page()
    asked: list[str] = []
    page.on("request", lambda call: None if call.url.startswith("file:") else asked.append(call.url))
    await page.goto((folder / "index.html").as_uri())
    yield page
    await context.close()
    assert asked == []


async def fits(page: Page) -> bool:
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    found = []
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 568})
        found.append(await page.evaluate(wide))
    return all(found)


async def test_from_the_list_to_the_sheet_of_a_situation_on_a_small_phone(
    page: Page, books: list[Book]
) -> None:
    longest = max(books[0].sheets, key=lambda sheet: sum(map(len, sheet.texts())))
    for name, link in (
        ("guides-index", books[0].title),
        ("guides-service", f"情况{longest.number}"),
        ("guides-sheet", ""),
    ):
        assert await fits(page), name
        await look(page, name, WIDTHS)
        if link:
            await page.get_by_role("link", name=link, exact=True).click()

    seen = await page.locator("main").inner_text()
    assert all(words in seen for words in longest.texts())
    small = "all => all.filter(each => parseFloat(getComputedStyle(each).fontSize) < 16).length"
    assert await page.locator("main *").evaluate_all(small) == 0


async def test_a_sheet_is_printed_whole_and_without_what_only_a_screen_needs(
    page: Page, books: list[Book], folder: Path
) -> None:
    sheet = books[0].sheets[0]
    await page.goto((folder / books[0].id / html.sheet_name(sheet)).as_uri())

    printed = pypdfium2.PdfDocument(await page.pdf(format="A4", print_background=False))
    words = "".join(each.get_textpage().get_text_bounded() for each in printed)
    width, height = printed[0].get_size()
    _keep_for_looking(printed)
    printed.close()

    bare = "".join(words.split())
    assert (width, height) == pytest.approx(A4, abs=2)
    assert all("".join(each.split()) in bare for each in sheet.texts())
    assert "全部情况" not in words


def _keep_for_looking(printed: pypdfium2.PdfDocument) -> None:
    if folder := os.environ.get("LOOKS"):
        printed[0].render(scale=1.2).to_pil().save(f"{folder}/guides-printed.png")
