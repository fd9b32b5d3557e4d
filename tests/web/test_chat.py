"""The chat page in real Chromium, against a fake of its wire."""

from __future__ import annotations

import asyncio
import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import FilePayload, Page, expect

from tests.web.axe import serious_faults
from tests.web.conftest import OpenPage
from tests.web.fake_chat import STATIC, FakeChat, bot
from tests.web.story import DENIED, FRONT, STORY, WANT_BACK, WANT_FRONT, telling

pytestmark = pytest.mark.browser

MOST_SCRIPT_BYTES = 30_000
TEN_MEGABYTES = 10 * 1024 * 1024
QUESTION = bot("您的户口在常山吗？", "在", "不在", "不清楚")


def photo(size: tuple[int, int] = (400, 260), *, noise: bool = False) -> FilePayload:
    picture = Image.effect_noise(size, 90).convert("RGB") if noise else Image.new("RGB", size, "#cbb79a")
    out = io.BytesIO()
    picture.save(out, "PNG" if noise else "JPEG")
    kind = "png" if noise else "jpeg"
    return FilePayload(name=f"card.{kind}", mimeType=f"image/{kind}", buffer=out.getvalue())


async def say(page: Page, text: str) -> None:
    await page.get_by_role("textbox").fill(text)
    await page.keyboard.press("Enter")


async def take_photo(page: Page, file: FilePayload | Path, source: str = "camera") -> None:
    await page.set_input_files(f"input[data-from={source}]", file)


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(160):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never came to hold")


def said(fake: FakeChat) -> list[str]:
    """What the service has of the applicant, in its order."""
    return [each["text"] or each["image"] for each in fake.talk.messages if each["from"] == "applicant"]


async def overflow(page: Page) -> bool:
    """True when something is wider than the phone."""
    wide = (
        "[document.documentElement, document.querySelector('.log')].some(e => e.scrollWidth > e.clientWidth)"
    )
    return bool(await page.evaluate(wide))


async def play(page: Page, fake: FakeChat, seen: Callable[[str], object] | None = None) -> None:
    """Go through the whole story as 胡女士 would."""
    await expect(page.get_by_text("您想办什么？")).to_be_visible()
    await say(page, "想在常山交社保")
    await page.get_by_role("button", name="1 在").click()
    await expect(page.get_by_text("有单位给您交")).to_be_visible()
    await page.get_by_role("button", name="2 没有").click()
    await expect(page.locator(".card-notice")).to_be_visible()
    await page.get_by_role("button", name="1 同意").click()
    await expect(page.get_by_text("您的姓名？")).to_be_visible()
    await say(page, "胡小满")
    await expect(page.get_by_text("您的身份证号码？")).to_be_visible()
    await say(page, "999901198803050247")
    await page.get_by_role("button", name="最低档").click()
    await expect(page.get_by_role("img", name="有照片的一面朝上")).to_be_visible()
    await take_photo(page, photo())
    await expect(page.get_by_role("img", name="有国徽的一面朝上")).to_be_visible()
    await take_photo(page, photo())
    await expect(page.locator(".card-rows")).to_be_visible()
    await page.locator(".choice").first.click()
    await expect(page.locator(".card-progress")).to_be_visible()
    await say(page, "好的")
    await page.get_by_role("button", name="1 非常满意").click()
    await expect(page.get_by_text("以后有事再来找我")).to_be_visible()


# What it weighs, and whether everybody can use it


def test_the_script_stays_light() -> None:
    scripts = list((STATIC / "assets").glob("*.js"))
    if not scripts:
        pytest.skip("the pages are not built: python -m tools.build_web")

    assert sum(len(gzip.compress(script.read_bytes())) for script in scripts) <= MOST_SCRIPT_BYTES


def test_the_page_asks_nothing_of_others() -> None:
    if not STATIC.is_dir():
        pytest.skip("the pages are not built: python -m tools.build_web")
    page = (STATIC / "index.html").read_text()

    assert "http" not in page.replace("http-equiv", "")
    assert "<style" not in page
    assert page.count("<script") == page.count("src=")


@pytest.mark.parametrize("width", [320, 375])
@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
async def test_the_whole_story_fits_the_phone(
    fake: FakeChat, open_page: OpenPage, width: int, large: bool
) -> None:
    fake.reply = telling()
    page = await open_page(width, 568)
    if large:
        await page.get_by_role("button", name="大字").click()

    await play(page, fake)

    assert not await overflow(page)
    assert len(fake.pictures) == 2
    assert said(fake)[-1] == "非常满意"


async def test_axe_finds_nothing_serious_in_the_story(fake: FakeChat, open_page: OpenPage) -> None:
    fake.reply = telling()
    page = await open_page(320, 568)

    await play(page, fake)  # the log keeps every kind of message, answered
    fake.push(bot("这次没办成。", card=DENIED), bot("您好，我是小王。", sender="clerk"), WANT_FRONT)
    fake.photo = {"status": 415, "title": "", "detail": "", "message": "这不是照片。"}
    await take_photo(page, photo(), "gallery")
    await expect(page.get_by_role("alert")).to_be_visible()

    assert await serious_faults(page) == []


async def test_axe_finds_nothing_serious_in_questions(fake: FakeChat, open_page: OpenPage) -> None:
    fake.reply = telling((STORY[8], STORY[10]))
    page = await open_page(320, 568, locale="en-US")
    await expect(page.locator(".choice")).to_have_count(3)

    await say(page, "ok")
    await expect(page.get_by_role("button", name="Change 姓名")).to_be_visible()
    await fake.cut()
    await say(page, "are you there?")
    await expect(page.get_by_text("Not sent yet")).to_be_visible()
    faults = await serious_faults(page)
    await page.get_by_role("button", name="Menu").click()
    faults += await serious_faults(page)

    assert faults == []


async def test_every_button_is_big_enough_for_a_thumb(fake: FakeChat, open_page: OpenPage) -> None:
    fake.reply = telling(((WANT_FRONT,),))
    page = await open_page(320, 568)
    await expect(page.locator(".choice")).to_have_count(3)

    buttons = "all => all.map(b => b.getBoundingClientRect()).map(r => [r.width, r.height])"
    sizes = await page.locator("button").evaluate_all(buttons)
    answers = await page.locator(".choice").evaluate_all(buttons)

    assert all(width >= 48 and height >= 48 for width, height in sizes)
    assert all(height >= 60 for _, height in answers)


async def test_a_keyboard_is_enough(fake: FakeChat, open_page: OpenPage) -> None:
    fake.reply = telling(((QUESTION,), (bot("好的。"),)))
    page = await open_page()
    await page.get_by_role("textbox").focus()
    await page.keyboard.type("交社保")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("您的户口")).to_be_visible()

    await page.keyboard.press("Shift+Tab")  # back over the photo button to the answers
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")

    await expect(page.get_by_text("好的。")).to_be_visible()
    assert said(fake) == ["交社保", "不清楚"]
    assert await page.evaluate("document.activeElement.getAttribute('role')") == "log"


async def test_the_menu_keeps_the_focus_and_gives_it_back(open_page: OpenPage) -> None:
    page = await open_page()
    opener = page.get_by_role("button", name="菜单")
    await opener.click()
    menu = page.get_by_role("dialog")
    await expect(menu).to_be_visible()

    for _ in range(30):
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.querySelector('.sheet').contains(document.activeElement)")
    await page.keyboard.press("Escape")

    await expect(menu).to_have_count(0)
    await expect(opener).to_be_focused()


# Talking


async def test_a_tapped_answer_closes_its_question(fake: FakeChat, open_page: OpenPage) -> None:
    fake.reply = telling(((QUESTION,), (bot("现在有单位给您交社保吗？", "有", "没有"),)))
    page = await open_page()
    await say(page, "想在常山交社保")

    await page.get_by_role("button", name="不清楚").click()

    await expect(page.get_by_text("现在有单位给您交社保吗？")).to_be_visible()
    await expect(page.locator(".choices-closed .is-chosen")).to_contain_text("不清楚")
    await expect(page.locator(".choice")).to_have_count(2)


async def test_help_in_between_leaves_the_question_open(fake: FakeChat, open_page: OpenPage) -> None:
    fake.reply = telling(((QUESTION,), (bot("直接点您的答案就行。"),)))
    page = await open_page()
    await say(page, "想在常山交社保")
    await expect(page.get_by_text("您的户口")).to_be_visible()

    await page.get_by_role("button", name="菜单").click()
    await page.get_by_role("button", name="帮助").click()

    await expect(page.get_by_text("直接点您的答案就行。")).to_be_visible()
    await expect(page.get_by_role("button", name="不在")).to_be_enabled()


async def test_a_row_of_the_read_back_can_be_changed(fake: FakeChat, open_page: OpenPage) -> None:
    fake.reply = telling((STORY[8],))
    page = await open_page()
    await say(page, "好")

    await page.get_by_role("button", name="改 姓名").click()

    await until(lambda: said(fake)[-1] == "修改 姓名")


async def test_a_rating_may_be_given_late(fake: FakeChat, open_page: OpenPage) -> None:
    fake.reply = telling((STORY[10], (bot("还想办什么？", "养老金资格认证"),)))
    page = await open_page()
    await say(page, "好")
    await expect(page.get_by_role("button", name="5 非常不满意")).to_be_visible()
    await say(page, "我再想想")
    await expect(page.get_by_text("还想办什么？")).to_be_visible()

    await page.get_by_role("button", name="2 满意").click()

    await until(lambda: said(fake)[-1] == "满意")
    await expect(page.locator(".choices-closed .is-chosen")).to_contain_text("满意")
    await expect(page.get_by_role("button", name="养老金资格认证")).to_be_enabled()


async def test_language_changes_the_page_and_is_said(fake: FakeChat, open_page: OpenPage) -> None:
    page = await open_page()
    await page.get_by_role("button", name="菜单").click()

    await page.get_by_role("button", name="English").click()

    await expect(page.get_by_role("button", name="Menu")).to_be_visible()
    await until(lambda: said(fake) == ["English"])
    assert await page.evaluate("document.documentElement.lang") == "en"
    await page.reload()
    await expect(page.get_by_role("button", name="Menu")).to_be_visible()


@pytest.mark.parametrize(
    "text",
    ["<img src=x onerror=alert(1)>", "<b>粗</b>&amp;", "\u202e反过来\u202c abc", "😀" * 50, "很长" * 800],
    ids=["markup", "entities", "right-to-left", "emoji", "long"],
)
async def test_what_is_said_is_shown_as_it_is(fake: FakeChat, open_page: OpenPage, text: str) -> None:
    fake.reply = lambda said: [bot(said)]
    page = await open_page(320, 568)

    await say(page, text)

    await expect(page.locator(".theirs .words").last).to_have_text(text)
    assert await page.locator(".words").last.evaluate("e => e.children.length") == 0
    assert not await overflow(page)


# A weak network


async def test_offline_words_are_sent_once_and_in_order(fake: FakeChat, open_page: OpenPage) -> None:
    page = await open_page()
    await expect(page.get_by_text("您想办什么？")).to_be_visible()
    await fake.cut()
    await page.context.set_offline(True)
    for text in ("一", "二", "三"):
        await say(page, text)
    await expect(page.get_by_role("status")).to_contain_text("没有网络")
    await expect(page.get_by_text("还没发出去")).to_be_visible()

    fake.away = False
    await page.context.set_offline(False)

    await until(lambda: said(fake) == ["一", "二", "三"])
    await expect(page.get_by_role("status")).to_be_empty()
    await expect(page.locator(".own[data-state]")).to_have_count(0)


async def test_unsent_words_and_photos_survive_a_reload(fake: FakeChat, open_page: OpenPage) -> None:
    page = await open_page()
    await expect(page.get_by_text("您想办什么？")).to_be_visible()
    await fake.cut()
    await say(page, "我的名字")
    await take_photo(page, photo())
    await say(page, "照片后面的话")
    await expect(page.get_by_text("照片后面的话")).to_be_visible()
    await page.get_by_role("textbox").fill("还没写完")

    await page.reload()
    await expect(page.get_by_text("照片后面的话")).to_be_visible()
    await expect(page.get_by_role("textbox")).to_have_value("还没写完")
    fake.away = False

    await until(lambda: len(said(fake)) == 3)
    assert said(fake) == ["我的名字", "/chat/api/photos/1.jpg", "照片后面的话"]
    assert fake.pictures["1.jpg"] == photo()["buffer"]
    left = await page.evaluate("Object.keys(localStorage).filter(key => key.includes('.out.')).length")
    assert left == 0


async def test_a_lost_answer_doubles_nothing(fake: FakeChat, open_page: OpenPage) -> None:
    fake.reply = telling(((QUESTION,),))
    page = await open_page()
    await expect(page.get_by_text("您想办什么？")).to_be_visible()
    fake.lost = 2

    await say(page, "想在常山交社保")

    await expect(page.get_by_text("您的户口")).to_be_visible()
    await expect(page.locator(".own")).to_have_count(1)
    assert said(fake) == ["想在常山交社保"]


async def test_a_photo_taken_before_the_reload_does_not_hold_up_the_next_question(
    fake: FakeChat, open_page: OpenPage
) -> None:
    """Its answer was lost, so the page still has it; the transcript says that it has arrived."""
    page = await open_page()
    await expect(page.get_by_text("您想办什么？")).to_be_visible()
    await fake.cut()
    await take_photo(page, photo())
    await expect(page.get_by_text("还没发出去")).to_be_visible()
    key = await page.evaluate(
        "Object.keys(localStorage).find(key => key.includes('.out.')).split('.out.')[1]"
    )
    fake.pictures["1.jpg"] = photo()["buffer"]
    fake.talk.keys[key] = fake.talk.add("applicant", "", image="/chat/api/photos/1.jpg", echo=key)
    fake.push(QUESTION)
    fake.away = False

    await page.reload()

    await expect(page.locator(".choice").first).to_be_enabled()
    await expect(page.locator(".own")).to_have_count(1)
    assert said(fake) == ["/chat/api/photos/1.jpg"]


async def test_a_reload_brings_the_conversation_back(fake: FakeChat, open_page: OpenPage) -> None:
    fake.reply = telling(((WANT_FRONT,), (WANT_BACK,)))
    page = await open_page()
    await say(page, "好")
    await expect(page.locator(".card-photo")).to_be_visible()
    await take_photo(page, photo())
    await expect(page.get_by_text("这张很清楚")).to_be_visible()

    await page.reload()

    await expect(page.locator(".card-photo")).to_be_visible()
    assert len(fake.talks) == 1
    await page.get_by_role("button", name="点开看照片").click()
    await expect(page.get_by_role("img", name="您发的照片")).to_be_visible()


async def test_polling_takes_over_where_sockets_are_cut(fake: FakeChat, open_page: OpenPage) -> None:
    fake.sockets = False
    fake.reply = telling(((QUESTION,),))
    page = await open_page()
    await until(lambda: fake.calls.count("GET /chat/api/socket") >= 2)

    await say(page, "想在常山交社保")
    await expect(page.get_by_text("您的户口")).to_be_visible()
    fake.push(bot("工作人员来了。", sender="clerk"))

    await expect(page.get_by_text("工作人员来了。")).to_be_visible()
    assert fake.calls.count("GET /chat/api/socket") == 2


async def test_a_conversation_that_is_gone_can_be_begun_anew(fake: FakeChat, open_page: OpenPage) -> None:
    page = await open_page()
    await expect(page.get_by_text("您想办什么？")).to_be_visible()
    fake.talks.clear()
    await say(page, "还在吗")

    await page.get_by_role("button", name="开始新的对话").click()

    await expect(page.get_by_text("您想办什么？")).to_be_visible()
    assert len(fake.talks) == 1
    await say(page, "你好")
    await until(lambda: said(fake) == ["你好"])


async def test_he_is_not_pulled_away_from_what_he_reads(fake: FakeChat, open_page: OpenPage) -> None:
    fake.reply = lambda text: [bot(f"第{number}句\n\n\n") for number in range(20)]
    page = await open_page()
    await say(page, "好")
    await expect(page.get_by_text("第19句")).to_be_attached()
    await page.locator(".log").evaluate("log => { log.scrollTop = log.scrollHeight }")
    await page.wait_for_timeout(100)
    await page.locator(".log").evaluate("log => { log.scrollTop = 0 }")
    await page.wait_for_timeout(100)

    fake.push(bot("新的消息来了"))

    await page.get_by_role("button", name="看新消息").click()
    await expect(page.get_by_text("新的消息来了")).to_be_in_viewport()


async def test_a_long_card_is_read_from_its_top(fake: FakeChat, open_page: OpenPage) -> None:
    fake.reply = telling((STORY[8],))
    page = await open_page(320, 568)
    await expect(page.get_by_text("您想办什么？")).to_be_visible()

    await take_photo(page, photo())

    await expect(page.get_by_role("heading", name="我念一遍，您看对不对")).to_be_in_viewport()


# Photos


async def test_a_refused_photo_says_why_and_can_be_taken_again(fake: FakeChat, open_page: OpenPage) -> None:
    fake.reply = telling(((WANT_FRONT,),))
    fake.photo = {"status": 415, "title": "", "detail": "", "message": "这不是照片。请用手机拍一张再发。"}
    page = await open_page()
    await say(page, "好")
    await expect(page.locator(".card-photo")).to_be_visible()
    await take_photo(page, FilePayload(name="a.jpg", mimeType="image/jpeg", buffer=b"%PDF-1.7"))

    await expect(page.get_by_role("alert")).to_contain_text("这不是照片。请用手机拍一张再发。")
    async with page.expect_file_chooser():
        await page.get_by_role("button", name="重拍").click()

    await expect(page.get_by_role("alert")).to_have_count(0)
    await expect(page.locator(".card-photo")).to_be_visible()


async def test_only_a_photo_over_ten_megabytes_is_made_smaller(
    fake: FakeChat, open_page: OpenPage, tmp_path: Path
) -> None:
    small, huge = photo(), tmp_path / "huge.png"
    huge.write_bytes(photo((800, 600), noise=True)["buffer"] + bytes(TEN_MEGABYTES))
    page = await open_page()
    await expect(page.get_by_text("您想办什么？")).to_be_visible()

    await take_photo(page, small, "gallery")
    await take_photo(page, huge, "gallery")

    await until(lambda: len(fake.pictures) == 2)
    assert fake.pictures["1.jpg"] == small["buffer"]
    assert len(fake.pictures["2.jpg"]) < TEN_MEGABYTES
    assert fake.pictures["2.jpg"][:3] == b"\xff\xd8\xff"


async def test_a_huge_file_that_is_no_photo_never_leaves_the_phone(
    fake: FakeChat, open_page: OpenPage, tmp_path: Path
) -> None:
    film = tmp_path / "film.jpg"
    film.write_bytes(bytes(TEN_MEGABYTES + 1))
    page = await open_page()
    await expect(page.get_by_text("您想办什么？")).to_be_visible()

    await take_photo(page, film)

    await expect(page.get_by_role("alert")).to_contain_text("这个文件太大")
    assert "POST /chat/api/photos" not in fake.calls


async def test_an_unknown_card_still_says_its_words(fake: FakeChat, open_page: OpenPage) -> None:
    fake.reply = telling(((bot("以后才有的卡片", card={**FRONT, "kind": "from_the_future"}),),))
    page = await open_page()

    await say(page, "好")

    await expect(page.get_by_text("以后才有的卡片")).to_be_visible()
