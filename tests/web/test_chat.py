"""The chat page in real Chromium, against a fake of its wire."""

from __future__ import annotations

import gzip

import pytest
from playwright.async_api import Page, expect

from tests.web.conftest import OpenPage
from tests.web.fake_chat import STATIC, FakeChat
from tests.web.story import telling

pytestmark = pytest.mark.browser

MOST_SCRIPT_BYTES = 30_000
LONGEST_ID = "999901198803050247"


async def say(page: Page, text: str) -> None:
    await page.get_by_role("textbox").fill(text)
    await page.keyboard.press("Enter")


async def tap(page: Page, label: str) -> None:
    await page.get_by_role("button", name=label, exact=False).last.click()


def test_the_script_stays_light() -> None:
    scripts = list((STATIC / "assets").glob("*.js"))
    if not scripts:
        pytest.skip("the pages are not built: python -m tools.build_web")

    assert sum(len(gzip.compress(script.read_bytes())) for script in scripts) <= MOST_SCRIPT_BYTES


async def test_a_tapped_answer_closes_its_question(fake: FakeChat, open_page: OpenPage) -> None:
    fake.reply = telling()
    page = await open_page()
    await say(page, "想在常山交社保")

    await page.get_by_role("button", name="不清楚").click()

    await expect(page.get_by_text("现在有单位给您交社保吗？")).to_be_visible()
    await expect(page.locator(".choices-closed .is-chosen")).to_contain_text("不清楚")
    await expect(page.locator(".choice")).to_have_count(3)
