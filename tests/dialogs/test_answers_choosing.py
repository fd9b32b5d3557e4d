"""One of several, some of several, yes or no."""

from __future__ import annotations

from typing import Any

import pytest

from dialogs.answers import yes_or_no
from tests.dialogs.asking import answer, question, refusal, shown

HUKOU = question(
    "choice",
    ask="您的户口在常山吗？",
    options={
        "local": {"zh-CN": "在", "en": "Yes"},
        "elsewhere": {"zh-CN": "不在", "en": "No"},
        "unsure": {"zh-CN": "不清楚", "en": "Not sure"},
    },
)
EMPLOYED = question("choice", ask="现在有单位给您交社保吗？", options={"has": "有", "none": "没有"})
CAMERA = question("choice", options={"can": "能", "helped": "要人帮忙拿手机", "cannot": "不能，行动不便"})
TOGETHER = question("choice", options={"here": "在一起", "apart": "不在一起", "gone": "老人已经不在了"})
BOTH = question("choice", options={"pension": "养老", "medical": "医疗", "both": "养老和医疗"})
LEVEL = question("choice", options={"l60": "最低档 60%", "l100": "中间档 100%", "l300": "最高档 300%"})
THREE = {"pension": "养老", "medical": "医疗", "jobless": "失业"}
KINDS = question("choices", options=THREE)
AT_MOST_TWO = question("choices", options=THREE, at_least=0, at_most=2)
SURE = question("confirm")


@pytest.mark.parametrize(
    "typed",
    ["2", "2.", " 2 ", "２", "②", "2️⃣", "(2)", "第二个", "第2个", "选2", "二", "b", "B.", "不在", "不在的",
    "不在常山",
     "户口不在常山", "2. 不在", "2、不在", "不是", "没在", "no", "No.", "the second", "second", "buzai",
     "option 2"],
)  # fmt: skip
def test_number_label_sound_and_sentence_mean_the_same(typed: str) -> None:
    assert answer(HUKOU, typed) == "elsewhere"


@pytest.mark.parametrize(
    ("asked", "typed", "meant"),
    [
        (HUKOU, "在常山", "local"),
        (HUKOU, "是", "local"),
        (HUKOU, "不知道", "unsure"),
        (HUKOU, "忘了", "unsure"),
        (HUKOU, "最后一个", "unsure"),
        (HUKOU, "not sure", "unsure"),
        (EMPLOYED, "有单位给我交", "has"),
        (EMPLOYED, "对", "has"),
        (EMPLOYED, "没", "none"),
        (EMPLOYED, "没得", "none"),
        (EMPLOYED, "没单位", "none"),
        (EMPLOYED, "单位没有给我交", "none"),
        (CAMERA, "可以", "can"),
        (CAMERA, "不能", "cannot"),
        (CAMERA, "要人帮忙", "helped"),
        (TOGETHER, "不在了", "gone"),
        (BOTH, "养老", "pension"),
        (BOTH, "都要", "both"),
        (BOTH, "两样都要", "both"),
        (BOTH, "我要医疗", "medical"),
        (LEVEL, "最低", "l60"),
        (LEVEL, "最低的", "l60"),
        (LEVEL, "我要最低档", "l60"),
        (LEVEL, "60", "l60"),
        (LEVEL, "zuidi", "l60"),
    ],
)
def test_people_answer_in_their_own_words(asked: Any, typed: str, meant: str) -> None:
    assert answer(asked, typed) == meant


@pytest.mark.parametrize(
    ("asked", "typed"),
    [
        (HUKOU, "我在外地"),  # 在 stands in it, but it says the opposite
        (HUKOU, "现在没有"),
        (HUKOU, "清楚"),  # is not 不清楚
        (HUKOU, "2. 在"),  # number and words differ
        (HUKOU, "4"),
        (HUKOU, "0"),
        (EMPLOYED, "有没有"),
        (EMPLOYED, "自己干"),
        (EMPLOYED, "不知道"),  # nobody offered it here
        (LEVEL, "6"),  # not the 6 of 60 %
        (LEVEL, "不要最低档"),
        (LEVEL, "最便宜的"),
        (LEVEL, ""),
        (LEVEL, "😀"),
    ],
)
def test_nothing_is_guessed(asked: Any, typed: str) -> None:
    assert answer(asked, typed) == "!choice_unclear"


def test_a_word_of_several_options_asks_which() -> None:
    assert answer(LEVEL, "最") == "!choice_two"
    assert answer(TOGETHER, "不在") == "!choice_two"  # away, or dead: nobody may guess here
    assert refusal(LEVEL, "档") == "您说的对得上好几个。请回数字，1到3只选一个。"


def test_a_tap_is_an_option_and_an_old_tap_is_told_so() -> None:
    assert answer(HUKOU, option="unsure") == "unsure"
    assert answer(HUKOU, option="moved") == "!choice_gone"


def test_english_labels_do_not_hide_a_no() -> None:
    local = question(
        "choice",
        options={"local": {"zh-CN": "本地", "en": "local"}, "other": {"zh-CN": "外地", "en": "away"}},
    )

    assert answer(local, "I am local") == "local"
    assert answer(local, "I'm not a local") == "!choice_unclear"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1 3", ["pension", "jobless"]),
        ("3、1", ["pension", "jobless"]),
        ("13", ["pension", "jobless"]),
        ("1和2", ["pension", "medical"]),
        ("养老和医疗", ["pension", "medical"]),
        ("我要养老还有医疗", ["pension", "medical"]),
        ("养老", ["pension"]),
        ("1 1", ["pension"]),
        ("都要", ["pension", "medical", "jobless"]),
        ("all", ["pension", "medical", "jobless"]),
        ("都不要", "!choices_few"),
        ("1 9", "!choices_unclear"),
        ("不要养老", "!choices_unclear"),
        ("除了养老都要", "!choices_unclear"),
    ],
)
def test_some_of_several(typed: str, meant: object) -> None:
    assert answer(KINDS, typed) == meant


def test_some_of_several_within_their_borders() -> None:
    assert answer(AT_MOST_TWO, "都不要") == []
    assert answer(AT_MOST_TWO, "都要") == "!choices_many"
    assert answer(KINDS, option="medical") == ["medical"]
    assert answer(KINDS, option="medical,pension") == ["pension", "medical"]
    assert answer(KINDS, option="gone") == "!choice_gone"


@pytest.mark.parametrize(
    "typed",
    [
        "是",
        "是的",
        "对",
        "对的。",
        "好",
        "好的",
        "嗯",
        "可以",
        "同意",
        "没错",
        "没问题",
        "👍",
        "👍🏻",
        "1",
        "OK",
        "Yes!",
    ],
)
def test_yes(typed: str) -> None:
    assert answer(SURE, typed) is True


@pytest.mark.parametrize(
    "typed", ["不", "不是", "否", "不对", "不好", "不行", "不同意", "没有", "错了", "2", "no", "❌"]
)
def test_no(typed: str) -> None:
    assert answer(SURE, typed) is False


@pytest.mark.parametrize("typed", ["是不是", "好不好", "也许", "", "12", "为什么"])
def test_neither_yes_nor_no(typed: str) -> None:
    assert answer(SURE, typed) == "!confirm_unclear"


def test_yes_or_no_by_tap() -> None:
    assert yes_or_no("", "yes") is True
    assert yes_or_no("", "no") is False
    assert yes_or_no("", "maybe") is None


def test_the_read_back_shows_labels() -> None:
    assert shown(HUKOU, "elsewhere") == "不在"
    assert shown(HUKOU, "elsewhere", "en") == "No"
    assert shown(HUKOU, "moved") == "moved"
    assert shown(KINDS, ["pension", "medical"]) == "养老、医疗"
    assert shown(AT_MOST_TWO, []) == "都不要"
    assert shown(SURE, True, "en") == "yes"
