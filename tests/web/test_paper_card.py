"""The card of a paper in the chat, in real Chromium: on narrow phones, saved by a tap, or gone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.web.conftest import OpenPage
from tests.web.fake_chat import FakeChat, Json, bot
from tests.web.people import look

pytestmark = pytest.mark.browser

PDF = b"%PDF-1.3 a receipt"


async def fits(page: Page, width: int) -> bool:
    """Whether nothing has to be pushed sideways, the log of the chat included."""
    await page.set_viewport_size({"width": width, "height": 568})
    parts = "[document.documentElement, ...document.querySelectorAll('.log')]"
    return bool(await page.evaluate(f"{parts}.every(each => each.scrollWidth <= each.clientWidth)"))


def told(title: str, number: str, file: str) -> Json:
    """What the chat says of a paper: for other channels a link stands below the words."""
    body = {"file": file, "title": title, "number": number}
    return bot(
        f"《{title}》给您存好了，编号{number}。", card={"kind": "document", "title": title, "body": body}
    )


PAPERS: Sequence[Json] = (
    told("受理回执", "CS-1121-0038-SL", "receipt"),
    told("灵活就业人员参保登记不予受理决定通知书", "CS-1121-0038-20261121-0001-BYSL", "refusal"),
)


async def test_a_card_in_the_chat_saves_its_paper(fake: FakeChat, open_page: OpenPage) -> None:
    fake.papers = {"receipt": PDF}
    page = await open_page(width=320, height=568)
    await expect(page.get_by_text("您想办什么？")).to_be_visible()
    fake.push(*PAPERS)
    await expect(page.get_by_text("BYSL").last).to_be_visible()
    await look(page, "paper-card")

    assert [await fits(page, width) for width in (320, 375)] == [True, True]
    first = page.locator(".card-paper").first
    async with page.expect_download() as begun:
        await first.get_by_role("button").click()
    assert Path(await (await begun.value).path()).read_bytes() == PDF
    await expect(page.get_by_role("textbox")).to_be_visible()  # the chat has stayed where it is


async def test_a_paper_that_is_gone_says_so_on_its_card(fake: FakeChat, open_page: OpenPage) -> None:
    page = await open_page(width=320, height=568)
    await expect(page.get_by_text("您想办什么？")).to_be_visible()
    fake.push(PAPERS[0])

    await page.locator(".card-paper").get_by_role("button").click()

    await expect(page.locator(".card-paper").get_by_role("alert")).to_be_visible()
    await page.get_by_role("button", name="大字").click()
    assert await fits(page, 320)
    await look(page, "paper-card-gone")
