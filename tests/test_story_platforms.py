"""The main job in the apps people have: each platform alone, and stories that move from one to another.

The bot and the intake service run as processes; the platforms are the fakes, spoken to over HTTP
alone. What is judged is what stands on the phones.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio

from handlers.photos.pages import first_page
from tests import forked, pictures
from tests.platforms import Person, Shown
from tests.platforms.telegram import Caller
from tests.product import Applicant
from tests.storytelling import (
    Hu,
    World,
    back,
    everything,
    front,
    in_order,
    jpeg,
    keeps_to_itself,
    nothing_twice,
    rises,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

CODE = re.compile(r"(\d{4}) (\d{4})")
THE_ROAD = (
    "您的户口在常山吗",
    "有单位给您交社保吗",
    "您想交哪一种",
    "以后怎么交钱",
    "一共只要2样",
    "同意吗",
    "您叫什么名字",
    "身份证号码",
    "哪一档",
    "请拍身份证正面",
    "请拍身份证反面",
    "都对吗",
    "交上去了。号码",
)
THE_NEWS = ("正在看您的材料", "受理了", "正在办", "办好了", "结果给您了", "这次服务您满意吗", "谢谢您")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One product for all stories; everybody in them is another person."""
    async with everything(tmp_path_factory.mktemp("world")) as world:
        yield world


def somebody(world: World, platform: str) -> Hu:
    """Return a person who has not been in any story, with that platform's app."""
    nth = len(world.people)
    return Hu(world, phone_of(world, platform, nth), nth)


def phone_of(world: World, platform: str, nth: int) -> Person:
    (fake,) = (each for each in world.fakes if each.name == platform)
    return fake.person(f"story{nth}")


async def is_served(her: Hu) -> None:
    """From the first word to the mark."""
    await her.open()
    await her.enrol()
    await her.photograph()
    await her.hand_in()
    assert await her.world.office.papers(her.number) == ["id_card"]
    await her.world.office.see_through(her.number, "accepted")
    await her.knows("受理了")
    await her.say("谢谢", "不客气")  # and the platform that counts begins to count anew
    await her.world.office.see_through(her.number)
    await her.rate()


def code_in(shown: Shown) -> str:
    found = CODE.search(shown.text)
    assert found, shown.text
    return "".join(found.groups())


@pytest.mark.parametrize("platform", ["wechat", "telegram", "dingtalk"])
async def test_from_the_first_word_to_the_mark(world: World, platform: str) -> None:
    """Two people at once, each of whom hears her own story, once, in order, and nothing of the other's."""
    both = [somebody(world, platform) for _ in range(2)]
    before = await world.office.how_many()
    await asyncio.gather(*(is_served(her) for her in both))

    assert await world.office.how_many() == before + 2
    for her in both:
        in_order(her.heard(), *THE_ROAD, her.number, *THE_NEWS)
        nothing_twice(her.phone)
        assert rises(her.phone.shown)
    keeps_to_itself(world)


async def test_photos_pass_through_telegram_only_where_they_may(world: World) -> None:
    """No photo went over Telegram's line: the bot never asked it for a file."""
    her = somebody(world, "telegram")
    await her.open()
    await her.enrol()
    asked_before = count(world, "getFile")
    await her.phone.photo(front(her.nth))
    await her.phone.until("链接")
    assert count(world, "getFile") == asked_before
    await her.photograph()

    nothing_wrong = [text for text in her.phone.heard() if "拍得清楚" in text]
    assert len(nothing_wrong) == 2
    keeps_to_itself(world)


def count(world: World, call: str) -> int:
    return sum(each.name == call for each in world.telegram.calls)


async def test_an_album_in_telegram_is_both_sides_of_the_card(tmp_path: Path) -> None:
    """Where the deployment lets photos pass, an album fills the slots in its order."""
    async with everything(tmp_path, ZEROTRIP_TELEGRAM_PHOTOS="true") as world:
        her = Hu(world, world.telegram.person("album"))
        await her.open()
        await her.enrol()
        assert isinstance(her.phone, Caller)
        await her.phone.album(front(0), back())
        await her.phone.until("都对吗")
        await her.hand_in()
        await world.office.see_through(her.number)
        await her.rate()

        in_order(her.heard(), "请拍身份证正面", "都对吗", her.number, *THE_NEWS)
        await her.phone.truth.until(lambda: files(her, "application/pdf") or None, "her receipt as a file")
        assert files(her, "application/pdf") == [await world.receipt(her.number)]
        nothing_twice(her.phone)
        keeps_to_itself(world)


def files(her: Hu, kind: str) -> list[bytes]:
    return [each.file for each in her.phone.shown if each.kind == kind]


async def test_a_receipt_of_the_office_is_seen_in_wechat(world: World) -> None:
    """Drawn by the office as PDF, fetched, kept, and shown as the picture of its first page."""
    her = somebody(world, "wechat")
    await her.open()
    await her.enrol()
    await her.photograph()
    await her.hand_in()
    await world.office.see_through(her.number, "accepted")
    await her.knows("《受理回执》给您存好了")
    page = first_page(await world.receipt(her.number))

    for _ in range(3):  # words wait for a picture only so long, and a busy machine may need longer
        if page not in files(her, "image/png"):
            await her.phone.say("文件")
            with suppress(AssertionError):
                await her.phone.truth.until(lambda: page in files(her, "image/png") or None, "it", within=10)

    assert page in files(her, "image/png")
    keeps_to_itself(world)


async def test_begun_in_wechat_and_ended_in_telegram(world: World) -> None:
    her = somebody(world, "wechat")
    await her.open()
    await her.situation()
    offered = await her.say("换个地方办", "8位数字")
    first = her.phone
    her.take(phone_of(world, "telegram", her.nth))
    await her.open()
    await her.phone.until("您想办什么")
    await her.say(code_in(offered), "接上了")
    await first.until("已转到Telegram")
    left = len(first.shown)
    await her.knows("您叫什么名字")
    await her.form()
    await her.photograph()
    await her.hand_in()
    await world.office.see_through(her.number)
    await her.rate()

    assert len(first.shown) == left, "nothing more is said where she was"
    in_order("\n".join(her.phone.heard()), "接上了", "您叫什么名字", "都对吗", her.number, *THE_NEWS)
    nothing_twice(her.phone)
    nothing_twice(first)
    keeps_to_itself(world)


async def test_from_the_page_to_wechat_by_a_drawn_code_and_back(world: World) -> None:
    her = somebody(world, "wechat")
    page = await Applicant(world.session, world.product.url).open()
    await page.say("想在常山交社保", "您的户口在常山吗")
    await page.tap("在", "有单位给您交社保吗")
    assert await page.post({"id": page.next_id(), "text": "换个地方办"}) == 202
    card = (await page.hear("8位数字"))["card"]
    phone = world.wechat.person(f"story{her.nth}")
    await phone.scan(card["body"]["links"]["wechat"])
    await phone.until("接上了")
    await page.hear("已转到微信")
    await her.knows("单位给您交社保吗")
    await her.choose("没有单位，自己干", "您想交哪一种")
    await her.choose("养老", "以后怎么交钱")
    there = len(phone.shown)
    assert await page.post({"id": page.next_id(), "text": "1"}) == 202
    await page.hear("同意吗")
    await phone.until("已转到网页")

    assert len(phone.shown) == there + 1
    await her.say("同意", "您叫什么名字")
    await page.hear("已转到微信")
    await her.form()
    await her.photograph()
    await her.hand_in()
    in_order("\n".join(phone.heard()), "接上了", "单位给您交社保吗", "已转到网页", "您叫什么名字", her.number)
    nothing_twice(phone)
    keeps_to_itself(world)


async def test_found_again_by_her_number_and_told_on_the_first_phone(world: World) -> None:
    her = somebody(world, "wechat")
    await her.open()
    await her.enrol()
    await her.photograph()
    await her.hand_in()
    first = her.phone
    her.take(phone_of(world, "dingtalk", her.nth))
    await her.say("我办过", "办件号码")
    await her.say(her.number, "最后4位")
    await her.say(her.id_number[-4:], "要是对得上")
    told = await first.until("有人在钉钉要接着办您的事")
    assert code_in(told) not in "\n".join(her.phone.heard()), "the code is told on the first phone alone"
    await her.say(code_in(told), "接上了")
    await first.until("已转到钉钉")
    left = len(first.shown)
    await world.office.see_through(her.number)
    await her.rate()

    assert len(first.shown) == left
    in_order("\n".join(her.phone.heard()), "接上了", *THE_NEWS)
    nothing_twice(first)
    nothing_twice(her.phone)
    keeps_to_itself(world)


async def test_a_stranger_with_a_wrong_tail_learns_nothing(world: World) -> None:
    """He hears the same words as she would, and her phone stays silent."""
    her = somebody(world, "wechat")
    await her.open()
    await her.enrol()
    await her.photograph()
    await her.hand_in()
    before = len(her.phone.shown)
    him = somebody(world, "dingtalk")
    await him.say("我办过", "办件号码")
    await him.say(her.number, "最后4位")
    await him.say("9999", "要是对得上")
    await him.say("12345678", "对不上")

    assert len(her.phone.shown) == before
    keeps_to_itself(world)


async def agents(world: World, *words: str) -> str:
    """Run `zerotrip agents` beside the running product; return what it prints."""
    environment = {**os.environ, "ZEROTRIP_DATA_DIR": str(world.product.folder / "data")}
    code, said, errors = await forked.run("bot", "agents", *words, environment=environment)
    assert code == 0, errors
    return said


async def hands_in_for(world: World, him: Hu, name: str, phone: str) -> None:
    """Let an agent sign in and hand in for a villager who has that phone."""
    line = (await agents(world, "add", name, "--village", "球川村", "--phone", "13800000001")).strip()
    await him.open()
    await him.say(line, f"您是球川村的代办员{name}")
    await him.say("想在常山交社保", "帮谁办")
    await him.choose("帮村民办", "您的户口在常山吗")
    await him.choose("在", "有单位给您交社保吗")
    await him.choose("没有单位，自己干", "您想交哪一种")
    await him.choose("养老", "以后怎么交钱")
    await him.choose("自己在手机上交", f"由球川村代办员{name}替您办")
    await him.choose("同意", "村民本人的手机号码")
    await him.say(phone, "授权委托书")
    await him.send(jpeg(pictures.page()))
    await him.phone.until("您叫什么名字")
    await him.form()
    await him.send(front(him.nth))
    await him.phone.until("请拍身份证反面")
    await him.send(back())
    await him.phone.until("都对吗")
    await him.hand_in()


async def test_an_agent_applies_for_a_villager_who_then_goes_on_himself(world: World) -> None:
    """Both are told; a code sent to his phone brings the villager his case. A stranger learns nothing."""
    him = somebody(world, "wechat")
    texts = world.sms.person("+8613800000099")
    await hands_in_for(world, him, "叶代办", "13800000099")
    first = await texts.until(him.number)
    assert f"（{him.name[0]}**，尾号{him.id_number[-4:]}）交上去了" in him.heard()
    assert await world.office.papers(him.number) == ["id_card", "authorisation"]
    assert first.text.startswith("您托球川村代办员叶代办办的灵活就业人员参保登记")
    assert await world.sms.report(first.key, "failed") == 204
    await him.knows("请您转告他")

    stranger, villager = (phone_of(world, each, him.nth) for each in ("dingtalk", "telegram"))
    him.phones.append(villager)
    await goes_on(him, villager, stranger, texts)
    await puts_right(world, him, villager)
    await removed(world, him, "叶代办")
    there = len(him.phone.shown)
    await villager.say("撤回")
    await villager.until(f"要撤回{him.number}吗")
    await villager.choose("是，撤回")
    await villager.until(f"{him.number}撤回了")

    assert len(him.phone.shown) == there, "nothing of it is said to somebody who is no agent any more"
    assert len(texts.heard()) == 2, "the number, and the code: he hears the rest in his chat"
    nothing_twice(villager)
    nothing_twice(texts)
    keeps_to_itself(world)


async def goes_on(him: Hu, villager: Person, stranger: Person, texts: Person) -> None:
    """Let the villager take his case over, and somebody try who knows the number alone."""
    refused = await asks_for(stranger, him.number, "9999")
    assert await asks_for(villager, him.number, him.id_number[-4:]) == refused, (
        "nobody learns whether it fits"
    )
    code = code_in(await texts.until(f"接着办{him.number}"))
    assert f"{code[:4]} {code[4:]}" not in "\n".join(him.phone.heard()), "his agent has no part in it"
    await stranger.say(code)  # it works where it was asked for, and nowhere else
    await stranger.until("这个码对不上")
    await villager.say(code)
    await villager.until("接过来了，这是球川村代办员叶代办帮您交的")
    await him.knows("本人已经在自己手机上接着办了")


async def puts_right(world: World, him: Hu, villager: Person) -> None:
    """The office wants something: the agent hears it, and the villager gives it."""
    await world.office.see_through(him.number, "pre_review")
    await world.office.ask_for(him.number, "name", "姓名")
    await him.knows("由他自己在手机上补")
    await him.say("补材料", "现在没有要补的")
    await villager.until("和身份证上的不一样")
    await villager.say(him.name)
    await villager.until("补的材料交上去了")


async def removed(world: World, him: Hu, name: str) -> None:
    listed = (await agents(world, "list")).splitlines()
    [id_] = re.findall(r"\b[0-9A-Z]{26}\b", next(line for line in listed if name in line))
    await agents(world, "remove", id_)
    await him.knows("代办登录已停用")


async def asks_for(phone: Person, number: str, tail: str) -> str:
    """Ask for a code by number and last four; return the words that answer."""
    await phone.open()
    await phone.say("我办过")
    await phone.until("办件号码")
    await phone.say(number)
    await phone.until("最后4位")
    await phone.say(tail)
    told = (await phone.until("要是对得上")).text
    return told[told.index("要是对得上") :]  # 好，我找一下。 comes with it when both wait for the worker
