"""Four subsidies with one form over real HTTP: four numbers, four decisions, one card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp

from tests import pictures
from tests.product import Applicant, Product, Reviewer, running
from tests.test_story import jpeg

TITLES = ("自来水补助", "用电补助", "医疗保险补助", "养老保险补助")


async def test_four_subsidies_with_one_form(tmp_path: Path) -> None:
    async with running(tmp_path) as product, aiohttp.ClientSession() as session:
        he = await Applicant(session, product.url).open()
        await _fill_in(he)
        await _photograph(he)
        await he.say("对", "4件一起替您交上去")
        await he.hear_all(*(f"{title}：交上去了。号码" for title in TITLES))

        numbers = await _decide(product)

        await he.hear("4件：3件办好了，1件没批")
        steps = he.cards("progress")[-1]["steps"]
        assert [step["label"] for step in steps] == [f"{title} {numbers[title]}" for title in TITLES]
        assert [step["state"] for step in steps] == ["done", "stopped", "done", "done"]
        await he.say("进度", f"用电补助 {numbers['用电补助']}：没批")
        assert "999901195006150014" not in product.output


async def _fill_in(he: Applicant) -> None:
    await he.say("低保户水电费", "低保批下来了吗")
    await he.tap("批了，正在领", "哪几项补助")
    await he.say("1、2、3、4", "户号")
    await he.tap("我打字", "下面哪种情况")
    await he.say("4", "同意吗")
    await he.tap("同意", "您叫什么名字")
    await he.say("李水木", "身份证号码")
    await he.say("999901195006150014", "手机")
    await he.say("13800000000", "几口人")
    await he.say("3", "水费的户号")
    await he.say("S-20031", "电费的户号")
    await he.say("D-77120", "谁在交医保")
    await he.say("李水木", "谁在交养老保险")
    await he.say("李水木", "请拍身份证正面")


async def _photograph(he: Applicant) -> None:
    await he.send_photo(jpeg(pictures.card_front()), "请拍身份证反面")
    await he.send_photo(jpeg(pictures.card_back()), "请拍低保证")
    await he.send_photo(jpeg(pictures.page(3)), "请拍户口簿")
    await he.send_photo(jpeg(pictures.page(4)), "请拍户口簿")
    await he.send_photo(jpeg(pictures.page(5)), "都对吗")


async def _decide(product: Product) -> dict[str, str]:
    """Deny power, approve the others; return the numbers by title."""
    # A browser keeps cookies of 127.0.0.1; aiohttp has to be told.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        reviewer = await Reviewer(session, product.review_url).sign_in(product.sign_in_code())
        seen = [await reviewer.read(each["number"]) for each in await reviewer.find()]
        for each in seen:
            _gets_what_concerns_it(each)
        for each in seen:
            await _move(reviewer, each, "denied" if each["title"] == "用电补助" else "approved")
        return {each["title"]: each["number"] for each in seen}


def _gets_what_concerns_it(seen: dict[str, Any]) -> None:
    assert [paper["id"] for paper in seen["materials"]] == ["id_card", "relief_certificate", "household_book"]
    assert sum(len(paper["pages"]) for paper in seen["materials"]) == 5
    labels = {row["label"] for row in seen["answers"]}
    assert ("水费户号" in labels) is (seen["title"] == "自来水补助")
    assert ("交养老的人" in labels) is (seen["title"] == "养老保险补助")


async def _move(reviewer: Reviewer, seen: dict[str, Any], until: str) -> None:
    """Take the steps that lead on until it is decided, as `until` says."""
    while seen["state"] != until:
        actions = {each["action"]: each for each in seen["actions"]}
        primary = next(each for each in seen["actions"] if each["tone"] == "primary")
        action = actions.get("deny", primary) if until == "denied" else primary
        fields = {need["name"]: "恢复用电以后再来。" for need in action["needs"]}
        seen = await reviewer.move(seen["number"], action["action"], **fields)
