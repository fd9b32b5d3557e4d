"""The whole story in real Chromium, on a phone's screen, against the running product.

The bot and the intake service run as processes of their own; the applicant uses the chat page, the
reviewer the review page, in two browser contexts that share nothing.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests import pictures
from tests.product import Product, running
from tests.web.people import Desk, Phone, at, look

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("built")]

NAME, NUMBER = "胡某某", "999901198803050247"
SMALL = (2000, 1500)  # enough to read; less work than a real phone's 12 megapixels


def photo(paper: object, blur: float = 0.0) -> bytes:
    return pictures.jpeg(pictures.photographed(paper, size=SMALL, blur=blur))  # type: ignore[arg-type]


FRONT, BACK = pictures.card_front(), pictures.card_back()


def silent_about_her(product: Product) -> bool:
    """Say whether nothing that was printed names her."""
    return NAME not in product.output and NUMBER not in product.output


async def test_from_the_first_word_to_the_mark(tmp_path: Path, browser: Browser) -> None:
    async with (
        running(tmp_path) as product,
        at(browser, f"{product.url}/chat/") as chat_page,
        at(
            browser, f"{product.review_url}/review/#code={product.sign_in_code()}", phone=False
        ) as review_page,
    ):
        her, his = Phone(chat_page), Desk(review_page)
        await her.hear("您想办什么")
        await her.look("01-hello")
        await answer_everything(her)
        await her.photograph(photo(FRONT), "请拍身份证反面")
        await her.look("07-back-wanted")
        await her.photograph(photo(BACK), "都对吗")
        await her.look("08-read-back")
        assert NUMBER not in (await her.page.locator(".card-rows").inner_text())
        await her.tap("都对，交上去", "交上去了。号码")
        await her.look("09-handed-in")

        await his.begin()
        number = await his.open("灵活就业人员参保登记")
        await look(his.page, "review-1-submitted", (375, 1280))
        await his.move("开始预审", "预审中")
        await her.hear("正在看您的材料")
        await his.move("受理", "已受理")
        await her.hear("受理了")
        await her.look("10-accepted")
        await his.move("开始办理", "办理中")
        await his.move("准予", "已办结（准予）")
        await his.move("送达", "已送达", 怎么送达的="电子送达", 补充说明="从12月起算。")
        await look(his.page, "review-2-delivered", (375, 1280))
        await her.hear("这次服务您满意吗")
        await her.look("11-rating")
        await her.tap("非常满意", "谢谢您")
        await her.look("12-thanks")

        assert number in await her.said()
        await his.page.reload()
        await expect(his.page.get_by_text("1 非常满意")).to_be_visible()
        assert silent_about_her(product)


async def answer_everything(her: Phone) -> None:
    """Answer up to the first photo, with a look at each kind of question."""
    await her.say("想在常山交社保", "您的户口在常山吗")
    await her.look("02-question")
    await her.tap("在", "有单位给您交社保吗")
    await her.tap("没有单位，自己干", "您想交哪一种")
    await her.tap("养老", "以后怎么交钱")
    await her.tap("自己在手机上交", "同意吗")
    await her.look("03-notice")
    await her.tap("同意", "您叫什么名字")
    await her.say(NAME, "身份证号码")
    await her.look("04-id-number")
    await her.say(NUMBER, "哪一档")
    await her.look("05-level")
    await her.tap("最低档（60%）", "请拍身份证正面")
    await her.look("06-front-wanted")
