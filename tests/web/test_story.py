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
        assert NAME not in await his.page.locator("body").inner_text()
        await his.look_closely()
        await his.uncover("姓名", NAME)
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

        said = await her.said()
        assert number in said
        assert NUMBER not in said  # covered once she had gone on
        await his.page.reload()
        await expect(his.page.get_by_role("heading", name="材料")).to_be_visible()
        await expect(his.page.get_by_text("非常满意")).to_have_count(
            0
        )  # whose mark it is, no reviewer learns
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


async def test_a_hard_day_ends_well_told(tmp_path: Path, browser: Browser) -> None:
    """A wrong number, a blurred photo, a dead network, a reload, a change of mind, a denial, a bad mark."""
    async with (
        running(tmp_path) as product,
        at(browser, f"{product.url}/chat/") as chat_page,
        at(
            browser, f"{product.review_url}/review/#code={product.sign_in_code()}", phone=False
        ) as review_page,
    ):
        her, his = Phone(chat_page), Desk(review_page)
        await her.hear("您想办什么")
        await her.say("想在老家交社保", "您的户口在常山吗")
        await her.tap("在", "有单位给您交社保吗")
        await her.tap("没有单位，自己干", "您想交哪一种")
        await her.tap("养老", "以后怎么交钱")
        await her.tap("自己在手机上交", "一共只要2样")
        await her.hear("同意吗")
        await her.tap("同意", "您叫什么名字")
        await mistypes_her_number(her)
        await sends_what_the_dead_network_kept(her)
        await photographs_badly_first(her)
        await loses_the_network_and_the_page(her)
        await finds_out_that_she_is_registered_elsewhere(her)
        await her.tap("都对，交上去", "交上去了。号码")

        await his.begin()
        await is_denied(her, his)

        await her.tap("非常不满意", "哪里不好")
        await her.look("29-bad-mark")
        await her.say("等太久了", "要负责人给您打电话吗")
        await her.tap("不用打", "转给负责人")
        await her.look("30-noted")
        assert silent_about_her(product)


async def mistypes_her_number(her: Phone) -> None:
    await her.say(NAME, "身份证号码")
    await her.say(NUMBER[:-1], "18位")
    await her.look("20-too-short")
    await her.say(NUMBER[:-1] + "8", "再")
    await her.look("21-wrong-digit")


async def sends_what_the_dead_network_kept(her: Phone) -> None:
    """What she types without a network waits with a word about it, and leaves by itself."""
    await her.context.set_offline(True)
    await her.write(NUMBER)
    await expect(her.page.get_by_text("没有网络")).to_be_visible()
    await her.look("22-offline")
    await her.context.set_offline(False)
    await her.hear("哪一档")
    await expect(her.page.get_by_text("没有网络")).to_be_hidden()
    assert (await her.said()).count(NUMBER) == 1
    await her.tap("最低档（60%）", "请拍身份证正面")


async def photographs_badly_first(her: Phone) -> None:
    await her.photograph(photo(FRONT, blur=40), "照片有些模糊")
    await her.look("23-blurred")
    await her.photograph(photo(FRONT), "请拍身份证反面")


async def loses_the_network_and_the_page(her: Phone) -> None:
    """A photo taken without a network outlives the page, and leaves when both are back."""
    address, turns = her.page.url, her.page.locator(".turn")
    before = await turns.count()
    await her.page.reload()
    await expect(turns).to_have_count(before)
    await her.look("24-reloaded")
    await her.context.set_offline(True)
    await her.take(photo(BACK))
    await expect(her.page.get_by_text("还没发出去")).to_be_visible()
    await her.page.goto("about:blank")
    await her.context.set_offline(False)
    await her.page.goto(address)
    await her.hear("都对吗")


async def finds_out_that_she_is_registered_elsewhere(her: Phone) -> None:
    """One early answer changed: another question, another paper, and nothing asked twice."""
    await her.change("户口在常山吗", "您的户口在常山吗")
    await her.look("25-change")
    await her.tap("不在", "您跟常山是哪一种关系")
    await her.tap("在常山交满了10年社保", "现在一共要3样")
    await her.hear("请拍居住证")
    await her.look("26-one-more-paper")
    await her.photograph(photo(pictures.page()), "都对吗")
    assert "居住证" in await her.page.locator(".card-rows").last.inner_text()
    await her.look("27-read-back-again")


async def is_denied(her: Phone, his: Desk) -> None:
    number = await his.open("灵活就业人员参保登记")
    await his.move("开始预审", "预审中")
    await his.move("受理", "已受理")
    await his.move("开始办理", "办理中")
    await his.refuse_without_saying_why("不予批准")
    await look(his.page, "review-3-deny", (375, 1280))
    await his.move_on(
        "不予批准", "已办结（不予）", 为什么不能办="单位正在给您交。", 怎么才能办="离开单位后再来办。"
    )
    await her.hear(f"{number}这次没批")
    await her.look("28-denied")
    said = await her.said()
    assert "单位正在给您交。" in said
    assert "离开单位后再来办。" in said
    await his.move("送达", "已送达", 怎么送达的="电子送达")
    await her.hear("这次服务您满意吗")
