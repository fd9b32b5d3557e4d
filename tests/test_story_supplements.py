"""What was missing and what was promised, through the running product over real HTTP, office and phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp

from tests import pictures
from tests.product import Applicant, Product, Reviewer, running
from tests.test_story import jpeg

CORRECTION = [
    {"slot": "id_card.back", "title": "身份证反面", "reason": "日期看不清。", "example": "blurred"},
    {"slot": "name", "title": "姓名", "reason": "和身份证上的不一样。", "example": ""},
]


async def test_a_correction_and_a_promised_paper_reach_the_office(tmp_path: Path) -> None:
    async with running(tmp_path) as product, aiohttp.ClientSession() as session:
        he = await Applicant(session, product.url).open()
        await _hand_in_without_the_permit(he)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as desk:
            office = await Reviewer(desk, product.review_url).sign_in(product.sign_in_code())
            number = await _is_corrected(he, office)
            await _comes_later(he, office, number)
            await office.move(number, "start_work")
            await office.move(number, "approve")
            await he.hear("办好了！")
        _nothing_private_was_logged(product)


async def _hand_in_without_the_permit(he: Applicant) -> None:
    await he.say("想在常山交社保", "户口在常山吗")
    await he.tap("不在", "单位给您交社保")
    await he.tap("没有单位，自己干", "哪一种关系")
    await he.tap("在常山交满了10年社保", "想交哪一种")
    await he.tap("医疗", "怎么交钱")
    await he.tap("自己在手机上交", "同意吗")
    await he.tap("同意", "您叫什么名字")
    await he.say("胡某", "身份证号码")
    await he.say("999901198803050247", "请拍身份证正面")
    await he.send_photo(jpeg(pictures.card_front()), "请拍身份证反面")
    await he.send_photo(jpeg(pictures.card_back()), "请拍居住证")
    await he.say("没带", "居住证可以先欠着")
    await he.tap("同意", "先欠着，以后补")
    await he.say("对", "交上去了。号码")


async def _is_corrected(he: Applicant, office: Reviewer) -> str:
    (found,) = await office.find()
    number = str(found["number"])
    seen = await office.move(number, "start_review")
    assert _answer(seen, "name") == "**"
    await office.ask_correction(number, CORRECTION)
    await he.hear("请拍身份证反面，发给我。\n原因：日期看不清。")
    await he.hear_all("还差2样，就差这2样：\n· 身份证反面：日期看不清。\n· 姓名：和身份证上的不一样。")
    await he.send_photo(jpeg(pictures.page(3)), "您叫什么名字")
    await he.say("胡某某", "补的材料交上去了")
    seen = await office.read(number)
    assert seen["state"] == "submitted"
    assert _answer(seen, "name") == "***"  # the page masks it: three characters now, two before
    return number


async def _comes_later(he: Applicant, office: Reviewer, number: str) -> None:
    await office.move(number, "start_review")
    await office.move(number, "accept")
    await he.hear("还欠1样：居住证")
    await he.say("补材料", "请拍居住证")
    await he.send_photo(jpeg(pictures.page(5)), "居住证收到了")
    seen = await office.read(number)
    assert seen["state"] == "accepted"
    assert "residence_permit" in {paper["id"] for paper in seen["materials"]}


def _answer(seen: dict[str, Any], key: str) -> str:
    return next(str(row["shown"]) for row in seen["answers"] if row["key"] == key)


def _nothing_private_was_logged(product: Product) -> None:
    assert "999901198803050247" not in product.output
    assert "胡某" not in product.output
