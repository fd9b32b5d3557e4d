"""Words become messages a platform takes: in order, nothing lost, as few as fit."""

from __future__ import annotations

import re
import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.messages import Choice, Outbound
from handlers.channels.base import Capabilities, Link, Part
from handlers.channels.cutting import cut, size
from handlers.channels.rendering import pages, render

WECHAT = Capabilities(2048, "bytes")
MENU = replace(WECHAT, buttons="menu", max_buttons=10)
TELEGRAM = Capabilities(4096, "characters", buttons="inline", max_buttons=100)
SMALL = Capabilities(60, "bytes")

YES_NO = (Choice("3:yes", "是"), Choice("3:no", "不是"))


def said(text: str, *choices: Choice) -> Outbound:
    return Outbound(text, choices)


# What people see


def test_messages_that_follow_each_other_share_one_part() -> None:
    assert render([said("收到了。"), said("您的户口在常山吗？")], WECHAT) == [
        Part("收到了。\n\n您的户口在常山吗？")
    ]


def test_options_are_numbered_where_there_are_no_buttons() -> None:
    assert render([said("您的户口在常山吗？", *YES_NO)], WECHAT) == [
        Part("您的户口在常山吗？\n1. 是\n2. 不是\n回号码就行。")
    ]


def test_a_person_is_always_number_0_and_takes_no_number_from_the_options() -> None:
    person = Choice("3:person", "找工作人员")

    (asked,) = render([said("您的户口在常山吗？", *YES_NO, person)], WECHAT)
    (alone,) = render([said("您的身份证号码是多少？", person)], WECHAT)

    assert asked.text == "您的户口在常山吗？\n1. 是\n2. 不是\n0. 找工作人员\n回号码就行。"
    assert alone.text == "您的身份证号码是多少？\n· 找工作人员"


def test_the_hint_is_in_the_language_of_the_words() -> None:
    found = render([said("Are you registered in Changshan?", Choice("3:a", "Yes"))], WECHAT)

    assert found[0].text.endswith("1. Yes\nJust reply with the number.")


@pytest.mark.parametrize("can", [MENU, TELEGRAM], ids=["menu", "inline"])
def test_buttons_end_their_part(can: Capabilities) -> None:
    rate = Choice("rate.r1:1", "非常满意")

    assert render(
        [said("收到了。"), said("满意吗？", rate), said("户口在吗？", *YES_NO), said("好。")], can
    ) == [
        Part("收到了。\n\n满意吗？", (rate,)),
        Part("户口在吗？", YES_NO),
        Part("好。"),
    ]


def test_a_later_question_takes_the_place_of_an_earlier_one() -> None:
    earlier = (Choice("2:a", "甲"), Choice("2:b", "乙"))

    assert render([said("选哪一个？", *earlier), said("户口在吗？", *YES_NO)], TELEGRAM) == [
        Part("选哪一个？\n\n户口在吗？", YES_NO)
    ]


def test_only_the_last_question_has_numbers() -> None:
    (part,) = render([said("满意吗？", Choice("rate.r1:1", "非常满意")), said("户口在吗？", *YES_NO)], WECHAT)

    assert part.text == "满意吗？\n· 非常满意\n\n户口在吗？\n1. 是\n2. 不是\n回号码就行。"


def test_too_many_options_for_buttons_are_numbered() -> None:
    many = tuple(Choice(f"1:{n}", f"第{n}档") for n in range(11))

    (part,) = render([said("选哪一档？", *many)], MENU)

    assert part.choices == ()
    assert "11. 第10档" in part.text


def test_options_too_long_for_a_menu_are_numbered() -> None:
    long = (Choice("1:a", "甲" * 200), Choice("1:b", "乙" * 200))

    (part,) = render([said("选哪一个？", *long)], MENU)

    assert part.choices == ()


def test_links_are_buttons_or_written_out() -> None:
    link = (Link("在这里拍照", "https://bot.example/u#1"),)

    assert pages([said("请拍身份证正面。")], TELEGRAM, links=[link])[0].part == Part(
        "请拍身份证正面。", (), link
    )
    assert pages([said("请拍身份证正面。")], WECHAT, links=[link])[0].part == Part(
        "请拍身份证正面。\n在这里拍照：https://bot.example/u#1"
    )


@pytest.mark.parametrize(
    ("can", "text"),
    [
        (TELEGRAM, "请拍身份证正面，发给我。\n别发在聊天里。"),
        (WECHAT, "请拍身份证正面，发给我。\n别发在聊天里。\n拍照：https://a.example/u#1"),
    ],
    ids=["button", "line"],
)
def test_what_is_to_be_known_of_a_link_stands_beside_it(can: Capabilities, text: str) -> None:
    link = Link("拍照", "https://a.example/u#1", "别发在聊天里。")
    [page] = pages([said("请拍身份证正面，发给我。")], can, links=[(link,)])

    assert page.part.text == text


def test_long_words_are_cut_at_the_end_of_a_sentence() -> None:
    text = "先把身份证放平。四个角都要拍进去。别反光。"  # 3 sentences of 24, 27 and 12 bytes

    assert [part.text for part in render([said(text)], SMALL)] == [
        "先把身份证放平。四个角都要拍进去。",
        "别反光。",
    ]


def test_a_message_that_fits_a_part_of_its_own_is_not_cut_unless_there_is_no_room_for_it() -> None:
    words = [said("一" * 300 + "。" + "二" * 300 + "。"), said("三" * 300 + "。" + "四" * 300 + "。")] * 3

    assert [len(part.text) for part in render(words, WECHAT)] == [602] * 6
    assert len(pages(words, WECHAT, most=5)) < 6 + 1
    assert "".join(p.part.text for p in pages(words, WECHAT, most=5)).count("四") == 900


def test_what_was_said_before_is_not_said_again_also_on_another_platform() -> None:
    words = [said("甲" * 400 + "。" + "乙" * 400 + "。", *YES_NO)]

    first, *_ = pages(words, WECHAT)

    assert first.part.text == "甲" * 400 + "。"
    (rest,) = pages(words, TELEGRAM, taken=[first.taken])
    assert rest.part == Part("乙" * 400 + "。", YES_NO)
    assert rest.whole


def test_buttons_are_offered_also_when_all_words_were_said() -> None:
    words = [said("户口在吗？", *YES_NO)]
    (written,) = pages(words, WECHAT)

    (page,) = pages(words, TELEGRAM, taken=[written.taken])

    assert page.part == Part("请选一个：", YES_NO)


def test_a_first_line_goes_before_everything() -> None:
    (page,) = pages([said("办好了！")], WECHAT, first="怕您没收到，再发一遍：")

    assert page.part.text == "怕您没收到，再发一遍：\n\n办好了！"


SEEN_AS_ONE = {
    "family": "👨\u200d👩\u200d👧\u200d👦",
    "skin": "👍🏽",
    "flag": "🇨🇳",
    "accent": "e\u0301",
    "region": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
}


@pytest.mark.parametrize("one", SEEN_AS_ONE.values(), ids=SEEN_AS_ONE)
def test_what_a_reader_sees_as_one_character_is_not_cut(one: str) -> None:
    text = "x" * 20 + one + "y" * 40

    for room in range(21, 20 + size(one, "bytes")):
        assert text[: cut(text, room, "bytes")] == "x" * 20


def test_web_addresses_are_not_cut_while_there_is_another_place() -> None:
    text = "请打开 https://bot.example.gov.cn/upload/#0123456789012345678901234567890123456789"

    assert text[: cut(text, 60, "bytes")] == "请打开 "


# What always holds

LETTERS = st.sampled_from(
    [*string.ascii_letters, *"。！？，, \n", *"身份证常山办事𠮷", *SEEN_AS_ONE.values()]
)
TEXTS = st.lists(LETTERS, max_size=200).map("".join)
CHOICES = st.lists(st.sampled_from("甲乙丙丁戊"), unique=True, max_size=5).map(
    lambda labels: tuple(Choice(f"7:{label}", label) for label in labels)
)
MESSAGES = st.lists(st.builds(Outbound, TEXTS, CHOICES), max_size=6)
LONG = Outbound("末尾这一句很长很长。" * 20)  # more than one part in any case
CANS = st.builds(
    Capabilities,
    text_limit=st.integers(120, 400),
    text_unit=st.sampled_from(["bytes", "characters"]),
    buttons=st.sampled_from(["none", "menu", "inline"]),
    max_buttons=st.integers(0, 4),
)  # fmt: skip


def bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


def measured(part: Part, can: Capabilities) -> int:
    labels = sum(size(choice.label, can.text_unit) for choice in part.choices) if can.buttons == "menu" else 0
    return size(part.text, can.text_unit) + labels


@given(MESSAGES, CANS)
def test_every_part_fits_and_has_words(messages: list[Outbound], can: Capabilities) -> None:
    for part in render(messages, can):
        assert 0 < measured(part, can) <= can.text_limit
        assert part.text.strip()
        assert len(part.choices) <= can.max_buttons


@given(MESSAGES, CANS, st.booleans())
def test_nothing_is_lost_and_the_order_kept(messages: list[Outbound], can: Capabilities, tight: bool) -> None:
    said_ = bare("".join(page.part.text for page in pages(messages, can, most=1 if tight else None)))

    at = 0
    for message in messages:
        at = said_.index(bare(message.text), at) + len(bare(message.text))
    asked = [message for message in messages if message.choices]
    for choice in asked[-1].choices if asked else ():
        shown = [each.label for part in render(messages, can) for each in part.choices]
        assert choice.label in shown or choice.label in said_[-60:]


@given(MESSAGES, CANS, st.data())
def test_going_on_after_any_part_says_the_rest(
    messages: list[Outbound], can: Capabilities, data: st.DataObject
) -> None:
    found = pages([*messages, LONG], can)
    stopped = data.draw(st.integers(0, len(found) - 1))
    page = found[stopped]

    left = [*messages, LONG][page.message + page.whole :]
    rest = pages(left, can, taken=[] if page.whole else [page.taken])

    assert bare("".join(each.part.text for each in rest)) == bare(
        "".join(each.part.text for each in found[stopped + 1 :])
    )


@given(MESSAGES, CANS)
def test_packing_tightly_never_needs_more_parts(messages: list[Outbound], can: Capabilities) -> None:
    assert len(pages(messages, can, most=0)) <= len(pages(messages, can))
