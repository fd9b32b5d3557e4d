"""What can be tapped can be typed: an option's words, and its number, mean the tap. On platforms that have
no buttons, or whose buttons only write their label, there is nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from random import Random

import pytest

from dialogs.engine.talk import PERSON
from dialogs.messages import Choice
from dialogs.session import dump
from dialogs.turn import Submit
from tests.dialogs.talking import Chat, play

RIGHT = {"name": "胡某某", "id_number": "999901198803050247", "bank_card": "6222020000000000000"}
ASIDES = ("修改", "重来", "返回", "我办过", "养老认证", "乱七八糟", "不在", "撤回", "进度", "换个地方办")


def options(chat: Chat) -> tuple[Choice, ...]:
    """Return the options under the last message, those that are numbered where there are no buttons."""
    return chat.said[-1].choices if chat.said else ()


def typed_otherwise(chat: Chat) -> Iterator[str]:
    """Yield what can be typed for an option that does not do what its tap does."""
    for place, option in enumerate(options(chat), 1):
        number = 0 if option.id.endswith(f":{PERSON}") else place  # as lists are written
        wanted = after(chat).tap_id(option.id)
        for text in (option.label, str(number), f"{number}.", f" {number} "):
            if end(after(chat).say(text)) != end(wanted):
                yield f"{text!r} for {option.label!r} after {chat.said[-1].text!r}"


def after(chat: Chat) -> Chat:
    """Return the same conversation, to go on with without changing this one."""
    twin = copy(chat)
    twin.turns = list(chat.turns)
    return twin


def end(chat: Chat) -> tuple[bytes, str]:
    return dump(chat.session), repr(chat.turns[-1])


@pytest.mark.parametrize("seed", range(8))
def test_every_option_may_be_typed_by_its_words_and_by_its_number(seed: int) -> None:
    dice, chat = Random(seed), Chat()
    seen: set[str] = set()
    for _ in range(30):
        shown = repr([option.label for option in options(chat)])
        if shown not in seen:
            assert list(typed_otherwise(chat)) == []
            seen.add(shown)
        go_on(chat, dice)
    assert len(seen) > 3


def go_on(chat: Chat, dice: Random) -> None:
    """Answer, mostly; now and then do something else."""
    if dice.random() < 0.15:
        chat.say(dice.choice(ASIDES))
    elif shown := options(chat):
        chat.tap_id(dice.choice((shown[0], dice.choice(shown))).id)
    elif chat.at in RIGHT:
        chat.say(RIGHT[chat.at])
    elif "." in chat.at:
        chat.send_photo()
    else:
        chat.say("想在老家交社保")


@pytest.mark.parametrize("words", ["都对，交上去", "1", "对"])
def test_what_was_read_back_is_confirmed_in_words(words: str) -> None:
    chat = read_back()
    chat.say(words)

    assert len(chat.ordered(Submit)) == 1


@pytest.mark.parametrize("words", ["有不对的", "2", "不对"])
def test_what_was_read_back_is_doubted_in_words(words: str) -> None:
    chat = read_back()
    chat.say(words)

    assert chat.ordered(Submit) == []
    assert chat.heard[-1] == "您要改哪一项？"


def test_naming_what_is_wrong_is_no_consent() -> None:
    chat = read_back()
    chat.say("名字不对，别的都对")

    assert chat.ordered(Submit) == []


def read_back() -> Chat:
    chat = play("flexible_enrolment").tap("在", "没有单位，自己干", "养老", "自己在手机上交", "同意")
    chat.say("胡某某", "999901198803050247").tap("最低档（60%）")
    chat.send_photo().send_photo()
    assert "都对吗" in chat.heard[-1]
    return chat


def test_one_list_of_options_at_a_time() -> None:
    """Asked whether it is still so, a 1 means yes also after a word that was not understood."""
    chat = play("flexible_enrolment").tap("不在", "没有单位，自己干", "都不是")
    chat.say("修改 户口").tap("在").say("修改 户口").tap("不在")
    assert "还是这样吗" in chat.heard[-1]
    chat.say("乱七八糟")

    assert chat.labels == ["是", "不是"]
    chat.say("3")  # the question itself has a third option, which is not shown
    assert chat.labels == ["是", "不是"]
    chat.say("1")
    assert chat.session.answers["tie"] == "neither"
