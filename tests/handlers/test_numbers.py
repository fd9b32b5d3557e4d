"""A typed number means the option that is shown with it: tried at every question of many conversations."""

from __future__ import annotations

import re
from random import Random

import pytest

from handlers.channels.base import Capabilities
from handlers.channels.rendering import render
from tests.dialogs.talking import Chat

WECHAT = Capabilities(2048, "bytes")
LINE = re.compile(r"(?m)^(\d+)\. (.+)$")
WORDS = (
    *("胡某某", "999901198803050247", "13900000000", "3", "2026年3月", "1980年3月5日", "浙江常山县"),
    *(
        "想在常山交社保",
        "养老待遇资格认证",
        "哈哈哈",
        "返回",
        "修改",
        "帮助",
        "重来",
        "人工",
        "进度",
        "换个地方办",
    ),
)


@pytest.mark.parametrize("seed", range(40))
def test_a_typed_number_is_a_tap_on_the_option_shown_with_it(seed: int) -> None:
    chance, chat = Random(seed), Chat()
    for _ in range(25):
        asked = next((message for message in reversed(chat.said) if message.choices), None)
        if asked is not None:
            ids = {choice.label: choice.id for choice in asked.choices}
            for number, label in LINE.findall(render([asked], WECHAT)[-1].text):
                assert heard(chat, text=number) == heard(chat, choice=ids[label]), (asked, number)
        if asked is not None and chance.random() < 0.6:
            chat.tap_id(chance.choice(asked.choices).id)
        elif chance.random() < 0.3:
            chat.send_photo()
        else:
            chat.say(chance.choice(WORDS))


def heard(chat: Chat, *, text: str = "", choice: str = "") -> list[str]:
    """Return what is said next when this is said; the conversation itself stays where it is."""
    other = Chat.__new__(Chat)
    other.__dict__.update({**chat.__dict__, "turns": list(chat.turns)})
    _ = other.tap_id(choice) if choice else other.say(text)
    return [message.text for message in other.said]
