"""The main job over real HTTP: from the first word to the mark, the bot and the intake service apart."""

from __future__ import annotations

import io
from pathlib import Path

import aiohttp
import pypdfium2
from PIL import Image

from tests import pictures
from tests.product import Applicant, Product, Reviewer, running


def jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=88)
    return out.getvalue()


async def enrol(her: Applicant) -> None:
    """Answer everything up to the photos, as 胡女士 would."""
    await her.say("想在常山交社保", "您的户口在常山吗")
    await her.tap("在", "有单位给您交社保吗")
    await her.tap("没有单位，自己干", "您想交哪一种")
    await her.tap("养老", "以后怎么交钱")
    await her.tap("自己在手机上交", "同意吗")
    await her.tap("同意", "您叫什么名字")
    await her.say("胡某某", "身份证号码")
    await her.say("999901198803050247", "哪一档")
    await her.tap("最低档（60%）", "请拍身份证正面")


async def test_from_the_first_word_to_the_mark(tmp_path: Path) -> None:
    async with running(tmp_path, fresh=True) as product, aiohttp.ClientSession() as session:
        her = await Applicant(session, product.url).open()
        await enrol(her)
        await her.send_photo(jpeg(pictures.card_front()), "请拍身份证反面")
        await her.send_photo(jpeg(pictures.card_back()), "都对吗")
        await her.tap("都对，交上去", "交上去了。号码")

        number = await _review(product)

        await her.hear("这次服务您满意吗")
        await her.tap("非常满意", "谢谢您")
        said = "\n".join(message["text"] for message in her.seen if message["from"] == "bot")
        for words in ("正在看您的材料", "受理了", "办好了", number):
            assert words in said
        await _has_her_papers(her, product, session)
        assert "999901198803050247" not in product.output
        assert "胡某某" not in product.output


async def _has_her_papers(her: Applicant, product: Product, session: aiohttp.ClientSession) -> None:
    """The receipt came by itself, the form comes when she asks; both are opened from the chat."""
    await her.hear_all("《受理回执》给您存好了")
    await her.say("文件", "《申请单》给您存好了")
    cards = her.cards("document")
    assert {card["title"] for card in cards} == {"受理回执", "申请单"}
    for card in cards:
        asked = f"{product.url}/chat/api/documents/{card['file']}"
        async with session.post(asked, headers=her.headers) as answer:
            form = await answer.json()
        async with session.post(f"{product.url}/papers/api/file", data=form) as answer:
            assert answer.headers["Content-Disposition"].startswith("attachment")
            document = pypdfium2.PdfDocument(await answer.read())
        text = document[0].get_textpage().get_text_bounded()
        document.close()
        assert card["title"] in text
        assert card["number"] in text
        assert "没有法律效力" in text  # it is a demo
        assert "999901198803050247" not in text


async def _review(product: Product) -> str:
    """Move the one application through to its delivery; return its number."""
    # A browser keeps cookies of 127.0.0.1; aiohttp has to be told.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        reviewer = await Reviewer(session, product.review_url).sign_in(product.sign_in_code())
        (found,) = await reviewer.find()
        number = str(found["number"])
        seen = await reviewer.read(number)
        assert [material["id"] for material in seen["materials"]] == ["id_card"]
        while seen["actions"] and seen["state"] != "delivered":
            action = next(each for each in seen["actions"] if each["tone"] == "primary")
            fields = {need["name"]: "从12月起算。" for need in action["needs"]}
            seen = await reviewer.move(number, action["action"], **fields)
        assert seen["state"] == "delivered", seen
        return number
