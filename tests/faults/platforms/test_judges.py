"""The judges of the storm over the platforms see what they are there to see."""

from __future__ import annotations

import pytest

from tests.faults.platforms.judges import Phone, Word, plain
from tests.faults.platforms.office import START as NOW
from tests.platforms import Shown

AGAIN = "怕您没收到，再发一遍："
WORDS = (Word(1, "一"), Word(2, "二", excused=True), Word(3, "三", "news"))


@pytest.mark.parametrize(
    ("shown", "broken"),
    [
        (["一", "二", "三"], ""),
        (["一\n\n二\n\n三"], ""),
        (["一", "三"], ""),
        (["一", "三", "二"], ""),
        (["一", f"{AGAIN}\n\n一", "二", "三"], ""),
        (["一", "二"], "never on the phone: 三"),
        (["一", "一", "二", "三"], "said twice and not marked: 一"),
        (["二", "一", "三"], "out of order: 一"),
    ],
)
def test_the_judges_see_what_is_lost_doubled_or_out_of_order(shown: list[str], broken: str) -> None:
    phone = Phone(WORDS, [Shown("hu", NOW, "message", text) for text in shown])

    assert ([broken] if broken else []) == phone.broken()[:1]


def test_repeats_are_counted_by_the_message() -> None:
    phone = Phone(WORDS, [Shown("hu", NOW, "message", t) for t in ("一\n\n二", f"{AGAIN}\n\n一\n\n二", "三")])

    assert phone.repeats() == [WORDS[0]]


def test_cards_of_dingtalk_read_as_what_was_meant() -> None:
    assert plain("最低档（60%）  \n有*星") == plain("最低档（60%）\n有＊星")
