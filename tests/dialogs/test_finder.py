"""Finding the service in people's own words."""

from __future__ import annotations

import pytest

from dialogs.finder import Finder
from dialogs.script import Script


def script(name: str, title: str, *aka: str) -> Script:
    return Script.model_construct(id=name, title={"zh-CN": title}, aka=list(aka))


ENROL = script("enrol", "灵活就业人员参保登记", "交社保", "自己交养老", "个体参保", "买社保", "灵活就业")
CHECK = script("check", "养老待遇资格认证", "养老认证", "资格认证", "领养老金认证", "养老金年审")
MOVE = script("move", "社保关系转移接续", "转社保", "社保转移")
CARD = script("card", "电子社保卡", "社保卡丢了", "社保卡")
BENEFIT = script("benefit", "养老保险待遇申领", "退休金", "办退休")
FINDER = Finder([ENROL, CHECK, MOVE, CARD, BENEFIT])


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("想在常山交社保", ENROL),
        ("我在杭州打工，想给自己交个社保", ENROL),
        ("灵活就业人员参保登记", ENROL),
        ("我要交社保！", ENROL),
        ("jiaoshebao", ENROL),
        ("交射保", ENROL),  # the wrong character of the right sound
        ("养老认证", CHECK),
        ("想给我妈做养老认证", CHECK),
        ("ylrz", CHECK),
        ("退休金", BENEFIT),
        ("社保卡丢了", CARD),
        ("转移社保", MOVE),
    ],
)
def test_a_plain_wish_is_found(text: str, meant: Script) -> None:
    assert FINDER.find(text).sure is meant


@pytest.mark.parametrize(
    ("text", "among"), [("社保", {"enrol", "move", "card"}), ("养老", {"check", "enrol"})]
)
def test_a_word_of_several_services_is_offered_as_a_choice(text: str, among: set[str]) -> None:
    found = FINDER.find(text)

    assert found.sure is None
    assert among <= {each.id for each in found.offers}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "你好",
        "喂",
        "1",
        "😀",
        "今天天气怎么样",
        "我要投诉",
        "小孩上学",
        "你是谁",
        "a" * 5000,
        "\x00\u202e",
    ],
)
def test_anything_else_is_not_guessed(text: str) -> None:
    found = FINDER.find(text)

    assert found.sure is None
    assert found.offers == ()


def test_no_scripts_no_find() -> None:
    assert Finder([]).find("交社保").offers == ()
