"""The page and other places: the card that carries a conversation away, links that bring one here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from tests.web.axe import serious_faults
from tests.web.conftest import OpenPage
from tests.web.fake_chat import FakeChat, Json, Talk, bot
from tests.web.story import telling
from tests.web.test_chat import overflow, said, say, until

pytestmark = pytest.mark.browser


def handover(minutes: int = 15) -> Json:
    """The card that carries a conversation elsewhere."""
    links = {
        "wechat": "http://weixin.test/q/AB12",
        "telegram": "https://t.me/helper?start=go12345678",
        "webchat": "https://chat.test/chat/?go=12345678",
    }
    until = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
    text = f"在那边找到我，发这8位数字：1234 5678。\nTelegram：{links['telegram']}\n网页：{links['webchat']}"
    body = {"code": "12345678", "until": until, "links": links}
    return bot(text, card={"kind": "handover", "title": "换个地方接着办", "body": body})


async def test_the_way_elsewhere_is_drawn_for_the_other_phone(fake: FakeChat, open_page: OpenPage) -> None:
    fake.reply = telling(((handover(),),))
    page = await open_page(320, 568)
    await page.get_by_role("button", name="菜单").click()
    await page.get_by_role("button", name="换地方").click()

    await expect(page.get_by_role("img", name="用微信扫一扫")).to_be_visible()
    await expect(page.get_by_role("img", name="用另一部手机的相机扫")).to_be_visible()
    link = page.get_by_role("link", name="到 Telegram 里接着办")
    assert await link.get_attribute("href") == "https://t.me/helper?start=go12345678"
    assert await page.get_by_text("https://").count() == 0  # what is drawn is not written out as well
    assert said(fake) == ["换个地方办"]
    assert not await overflow(page)
    assert await serious_faults(page) == []


async def test_a_code_that_is_too_old_is_not_shown(fake: FakeChat, open_page: OpenPage) -> None:
    fake.reply = telling(((handover(minutes=-1),),))
    page = await open_page()
    await say(page, "换手机")

    await expect(page.get_by_text("这个码过期了")).to_be_visible()


async def test_a_link_opens_the_conversation_it_carries(
    fake: FakeChat, open_page: OpenPage, address: str
) -> None:
    page = await open_page()
    await expect(page.get_by_text("您想办什么？")).to_be_visible()
    fake.talks["token-of-her"] = Talk("token-of-her")
    fake.push(bot("接上了，咱们接着办。"))
    fake.codes["12345678"] = "token-of-her"
    await page.evaluate("localStorage.clear()")
    await page.goto(f"{address}?go=12345678")

    await expect(page.get_by_text("接上了")).to_be_visible()
    assert page.url == address  # a reload does not use the code again
    await page.reload()
    await expect(page.get_by_text("接上了")).to_be_visible()


async def test_a_link_that_is_too_old_begins_anew_and_is_answered(
    fake: FakeChat, open_page: OpenPage, address: str
) -> None:
    page = await open_page()
    await page.evaluate("localStorage.clear()")
    await page.goto(f"{address}?go=00000000")

    await expect(page.get_by_text("您想办什么？")).to_be_visible()
    await until(lambda: said(fake) == ["go00000000"])


async def test_on_a_phone_that_has_begun_the_link_is_said_there(
    fake: FakeChat, open_page: OpenPage, address: str
) -> None:
    page = await open_page()
    await expect(page.get_by_text("您想办什么？")).to_be_visible()
    await page.goto(f"{address}?go=12345678")

    await until(lambda: said(fake) == ["go12345678"])
    assert len(fake.talks) == 1


async def test_a_conversation_that_became_another_is_followed(fake: FakeChat, open_page: OpenPage) -> None:
    page = await open_page()
    await say(page, "12345678")
    await expect(page.get_by_text("12345678")).to_be_visible()
    fake.talks["token-of-her"] = Talk("token-of-her")
    fake.push(bot("接上了，咱们接着办。"))
    fake.moved["token-1"] = "token-of-her"
    await say(page, "您好")

    await expect(page.get_by_text("接上了")).to_be_visible()
    await until(lambda: said(fake) == ["您好"])
    await expect(page.get_by_text("12345678")).to_have_count(0)
