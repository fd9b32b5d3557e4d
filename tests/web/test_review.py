"""The reviewers' page in real Chromium, against a fake of the intake service's review API."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, expect
from pytest_asyncio import fixture

from tests.patience import PATIENCE
from tests.web.axe import serious_faults
from tests.web.fake_review import NUMBER, STATIC, FakeReview
from tests.web.people import look

pytestmark = pytest.mark.browser


@pytest.fixture
def review() -> FakeReview:
    if not (STATIC / "index.html").is_file():
        pytest.skip("the pages are not built: python -m tools.build_web")
    return FakeReview(signed_in=True)


@fixture(loop_scope="session")
async def page(browser: Browser, review: FakeReview) -> AsyncIterator[Page]:
    """The page, not yet opened. A broken content policy or an uncaught error fails the test."""
    server = TestServer(review.app(), host="127.0.0.1")
    await server.start_server()
    context = await browser.new_context(base_url=str(server.make_url("/")), timezone_id="Asia/Shanghai")
    page = await context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
    yield page
    await context.close()
    await server.close()
    assert faults == []


async def open_application(page: Page) -> None:
    await page.goto("/review/")
    await page.get_by_role("link", name=NUMBER).click()
    await expect(page.get_by_role("img", name="放大看：身份证 正面")).to_be_visible()


async def test_the_first_reviewer_comes_with_a_code(review: FakeReview, page: Page) -> None:
    review.signed_in, review.first_run = False, True
    await page.goto("/review/#code=code-1")
    await page.get_by_label("名字").fill("小王")
    await page.get_by_label("密码").fill("一条很长很长很长的通行短语")

    await page.get_by_role("button", name="设好并登录").click()

    await expect(page.get_by_role("link", name=NUMBER)).to_be_visible()
    assert "code" not in page.url


async def test_a_wrong_password_is_said_plainly(review: FakeReview, page: Page) -> None:
    review.signed_in = False
    await page.goto("/review/")
    await page.get_by_label("名字").fill("小王")
    await page.get_by_label("密码").fill("猜一个")
    await page.get_by_role("button", name="登录").click()

    await expect(page.get_by_role("alert")).to_have_text("名字或密码不对。")


async def test_it_says_who_acts_for_him_who_consented_and_what_a_department_answered(page: Page) -> None:
    await open_application(page)

    await expect(page.get_by_text("球川村 叶某某")).to_be_visible()
    await expect(page.get_by_text("李** 999901********0014 父亲")).to_be_visible()
    await expect(page.get_by_text("民政 王数据 11月21日(周六) 12:09：核验属实")).to_be_visible()
    await expect(page.get_by_text("民政还没答复，已经提醒主管")).to_be_visible()
    await expect(page.get_by_text("自然资源和规划还没答复")).to_be_visible()
    await expect(page.get_by_text("部门没有查到，请申请人补的")).to_be_visible()
    await look(page, "review-people", (320, 375, 1280), whole=True)
    await page.set_viewport_size({"width": 320, "height": 568})
    number = page.get_by_text("999901********0247", exact=True)
    line = "one => one.getClientRects()[0].height < 2 * parseFloat(getComputedStyle(one).lineHeight)"
    assert await number.evaluate(line)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320


async def test_a_refusal_needs_why_and_how(review: FakeReview, page: Page) -> None:
    await open_application(page)
    await page.get_by_role("button", name="不予受理").click()
    await page.get_by_role("button", name="确定不予受理").click()
    await expect(page.get_by_label("为什么不能办")).to_be_focused()
    assert review.acted == []

    await page.get_by_label("为什么不能办").fill("单位正在给您交。")
    await page.get_by_label("怎么才能办").fill("离开单位后再来。")
    await page.get_by_role("button", name="确定不予受理").click()

    await expect(page.get_by_text("为什么不能办：单位正在给您交。")).to_be_visible()
    fields = {"why": "单位正在给您交。", "how": "离开单位后再来。"}
    assert review.acted == [{"action": "refuse", "version": 2, "fields": fields}]


async def test_a_correction_names_slots_with_reasons_and_pictures(review: FakeReview, page: Page) -> None:
    await open_application(page)
    await page.get_by_role("button", name="要求补正").click()
    send = page.get_by_role("button", name="确定要求补正")
    await send.click()
    await expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text("请选出要补正的内容。")

    await page.get_by_label("身份证正面", exact=True).check()
    await send.click()
    await expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text("每一项都要写清原因。")
    await page.get_by_label("身份证正面：哪里不对，怎么补").fill("有点糊。")
    await page.get_by_label("身份证正面：给申请人看的示例图").select_option("blurred")
    await send.click()

    await expect(page.get_by_role("dialog")).to_be_hidden()
    item = {"slot": "id_card.front", "reason": "有点糊。", "example": "blurred"}
    assert review.acted == [{"action": "ask_correction", "version": 2, "fields": {}, "items": [item]}]


async def test_what_has_few_answers_is_chosen_from_a_list(review: FakeReview, page: Page) -> None:
    await open_application(page)
    await page.get_by_role("button", name="进入特别程序").click()
    await page.get_by_label("特别程序的类型").select_option("2")
    await page.get_by_role("button", name="确定进入特别程序").click()

    await expect(page.get_by_role("dialog")).to_be_hidden()
    assert review.acted[0]["fields"] == {"kind": "2"}


async def test_somebody_faster_is_not_overwritten(review: FakeReview, page: Page) -> None:
    review.stale = True
    await open_application(page)

    await page.get_by_role("button", name="受理", exact=True).click()
    await page.get_by_role("button", name="确定受理").click()

    await expect(page.get_by_role("alert")).to_contain_text("刚被别人处理过")


async def test_a_number_is_shown_in_full_for_a_reason(page: Page) -> None:
    await open_application(page)
    await page.get_by_role("button", name="看全 身份证号码").click()

    await page.get_by_role("dialog").get_by_role("button", name="看全").click()

    await expect(page.get_by_text("999901198803050247")).to_be_visible()


async def test_a_photo_can_be_read_closely(page: Page) -> None:
    await open_application(page)
    await page.get_by_role("button", name="放大看：身份证 正面").click()
    small = await page.locator(".stage img").bounding_box()

    await page.get_by_role("button", name="放大", exact=True).click()

    await expect(page.get_by_text("150%")).to_be_visible()
    large = await page.locator(".stage img").bounding_box()
    assert small is not None
    assert large is not None
    assert large["width"] > 1.4 * small["width"]


async def test_the_list_can_be_narrowed(review: FakeReview, page: Page) -> None:
    await page.goto("/review/")

    await page.get_by_label("状态").select_option("预审中")

    await expect(page.get_by_role("listitem").get_by_role("link")).to_have_count(2)
    assert review.asked[-1].startswith("state=pre_review")


@pytest.mark.parametrize("width", [375, 1280])
async def test_axe_finds_nothing_serious(page: Page, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 740})
    await open_application(page)
    faults = await serious_faults(page)
    await page.get_by_role("button", name="不予受理").click()
    await page.get_by_role("button", name="确定不予受理").click()
    faults += await serious_faults(page)

    assert faults == []


async def test_axe_finds_nothing_serious_at_the_door(review: FakeReview, page: Page) -> None:
    review.signed_in, review.first_run = False, True
    await page.goto("/review/#code=code-1")
    await expect(page.get_by_label("密码")).to_be_visible()

    assert await serious_faults(page) == []


async def test_a_bad_mark_is_followed_up_without_saying_whose_it_is(review: FakeReview, page: Page) -> None:
    await page.goto("/review/")
    await page.get_by_role("link", name="差评整改").click()
    await page.get_by_role("button", name="F-1121-0001").click()
    await expect(page.get_by_text("评价人没有留名")).to_be_visible()
    await expect(page.get_by_text("等太久")).to_be_visible()
    assert await serious_faults(page) == []

    await page.get_by_role("button", name="联系过了").click()
    await page.get_by_role("button", name="确定联系过了").click()
    await expect(page.get_by_text("请先写几句。")).to_be_visible()
    await page.get_by_label("怎么联系的").fill("看到了，已在改")
    await page.get_by_role("button", name="确定联系过了").click()

    await expect(page.get_by_text("看到了，已在改")).to_be_visible()
    await expect(page.get_by_text("（晚了）")).to_be_visible()
    assert review.acted == [{"action": "contacted", "version": 1, "fields": {"words": "看到了，已在改"}}]
