"""The developer's phone in real Chromium: one page for every fake platform."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, FilePayload, Page, expect
from pytest_asyncio import fixture

from tests.patience import PATIENCE
from tests.pictures import card_front, jpeg
from tests.platforms.bot import Listener, listening
from tests.platforms.demo import Phones, phones
from tests.platforms.telegram import FakeTelegram
from tests.platforms.wechat import FakeWeChat
from tests.web.axe import serious_faults

pytestmark = pytest.mark.browser


@dataclass
class Desk:
    phones: Phones
    listener: Listener
    page: Page

    @property
    def telegram(self) -> FakeTelegram:
        fake = self.phones.fakes["telegram"]
        assert isinstance(fake, FakeTelegram)
        return fake

    async def send(self, text: str, *buttons: dict[str, str]) -> int:
        """Send as the bot does; return the message's number."""
        markup = {"inline_keyboard": [[each] for each in buttons]}
        said = {"chat_id": self.telegram.person("hu").id, "text": text, "reply_markup": markup}
        number: int = self.telegram.perform("sendMessage", said)["message_id"]
        return number


@fixture(loop_scope="session")
async def desk(browser: Browser) -> AsyncIterator[Desk]:
    faults: list[str] = []
    async with listening() as listener, phones(listener.url, port=0) as all_:
        context = await browser.new_context(viewport={"width": 375, "height": 667}, base_url=all_.url)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        yield Desk(all_, listener, page)
        await context.close()
    assert faults == []


async def test_a_talk_with_buttons_edits_and_links(desk: Desk) -> None:
    page = desk.page
    await page.goto("/telegram/")
    await page.get_by_role("button", name="Start").click()
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    number = await desk.send(
        "您的户口在常山吗？看 https://bot.example.gov.cn/guide",
        {"text": "在", "callback_data": "hukou:local"},
    )
    await page.get_by_role("button", name="在", exact=True).click()
    await expect(page.locator("li.own").last).to_contain_text("在")
    await page.get_by_role("textbox", name="Message").fill("你好")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("li.own").last).to_contain_text("你好")
    chat = desk.telegram.person("hu").id
    edit = {"chat_id": chat, "message_id": number, "text": "户口：在常山"}
    desk.telegram.perform("editMessageText", edit)

    await expect(page.get_by_text("户口：在常山")).to_be_visible()
    await expect(page.get_by_text("您的户口在常山吗？")).to_have_count(0)
    heard = b"".join(each.body for each in desk.listener.heard).decode("unicode_escape")
    assert "/start" in heard
    assert "hukou:local" in heard


async def test_a_photo_goes_to_the_bot(desk: Desk) -> None:
    page = desk.page
    await page.goto("/dingtalk/")
    photo = jpeg(card_front())
    file = FilePayload(name="front.jpg", mimeType="image/jpeg", buffer=photo)
    await page.get_by_label("Photo").set_input_files([file])
    await expect(page.locator("li.own")).to_contain_text("front.jpg")

    fake = desk.phones.fakes["dingtalk"]
    assert fake.calls[-1].body["msgtype"] == "picture"


async def test_wechat_shows_by_which_road_a_message_came(desk: Desk) -> None:
    page = desk.page
    await page.goto("/wechat/")
    await page.get_by_role("textbox", name="Scene").fill("flexible_enrolment")
    await page.get_by_role("button", name="Start").click()

    # The listening bot answers with an empty body: WeChat shows nothing and says nothing.
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    wechat = desk.phones.fakes["wechat"]
    assert isinstance(wechat, FakeWeChat)
    desk.listener.answers.extend([500, 500, 500])
    await page.get_by_role("textbox", name="Message").fill("你好")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("li.platform")).to_contain_text("暂时无法提供服务")
    await expect(page.locator("li.platform small")).to_contain_text("platform")


@pytest.mark.parametrize("phone", ["wechat", "telegram", "dingtalk", "sms", "clerks"])
async def test_a_phone_fits_and_is_accessible(desk: Desk, phone: str) -> None:
    page = desk.page
    await page.goto(f"/{phone}/")
    await expect(page.get_by_role("heading", level=1)).to_contain_text(phone)
    wide = await page.evaluate("document.documentElement.scrollWidth")

    assert wide <= 375
    assert await serious_faults(page) == []


async def test_what_cannot_be_done_is_said(desk: Desk) -> None:
    page = desk.page
    await page.goto("/wechat/")
    await page.get_by_role("textbox", name="Scene").fill("http://weixin.qq.com/q/nothing")
    await page.get_by_role("button", name="Start").click()

    await expect(page.get_by_role("alert")).to_contain_text("no QR code")
