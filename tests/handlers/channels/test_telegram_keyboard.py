"""Buttons: what fits is a button, what does not is said in the text."""

from __future__ import annotations

import pytest

from dialogs.messages import Choice
from handlers.channels.base import Link, Part
from handlers.channels.telegram.keyboard import DATA_LIMIT, TEXT_LIMIT, keyboard, words

LONG = "我是灵活就业人员，去年在外地参加过职工养老保险现在想转回来"


def rows(part: Part) -> list[list[tuple[str, object]]]:
    markup = keyboard(part)
    assert markup is not None
    return [[(each.text, each.callback_data or each.url) for each in row] for row in markup.inline_keyboard]


def test_each_choice_has_a_row_of_its_own() -> None:
    part = Part("在吗？", (Choice("1:yes", "在"), Choice("1:no", "不在")))

    assert words(part) == "在吗？"
    assert rows(part) == [[("在", "1:yes")], [("不在", "1:no")]]


def test_many_short_ones_stand_in_pairs() -> None:
    part = Part("几月？", tuple(Choice(f"1:m{n}", f"{n}月") for n in range(1, 8)))

    assert [len(row) for row in rows(part)] == [2, 2, 2, 1]


def test_labels_a_phone_would_cut_off_are_written_out_and_numbered() -> None:
    part = Part("哪一种？", (Choice("1:a", LONG), Choice("1:b", "不清楚")))

    assert words(part) == f"哪一种？\n1. {LONG}\n2. 不清楚"
    assert rows(part) == [[("1. 我是灵活就业人员，去年在外地参…", "1:a")], [("2. 不清楚", "1:b")]]


def test_a_person_is_zero_wherever_options_are_numbered() -> None:
    part = Part("哪一种？", (Choice("1:a", LONG), Choice("1:b", "不清楚"), Choice("1:person", "找工作人员")))

    assert words(part).endswith("2. 不清楚\n0. 找工作人员")
    assert rows(part)[-1] == [("0. 找工作人员", "1:person")]


def test_a_choice_whose_id_does_not_fit_is_said_in_the_text() -> None:
    part = Part("哪一个？", (Choice("1:" + "a" * DATA_LIMIT, "甲"), Choice("1:b", "乙")))

    assert words(part) == "哪一个？\n1. 甲\n2. 乙"
    assert rows(part) == [[("2. 乙", "1:b")]]


@pytest.mark.parametrize(
    "choice",
    [
        pytest.param("9" * 9 + ":" + "a" * 40 + ".front", id="a page of a paper, to be edited"),
        pytest.param("9" * 9 + ":" + "a" * 40, id="the longest name an author may give"),
        pytest.param("rate.ZT-ABCD-EFGH-JKMN:5", id="a mark"),
    ],
)
def test_every_id_the_dialogs_make_fits_a_button(choice: str) -> None:
    assert rows(Part("?", (Choice(choice, "甲"),))) == [[("甲", choice)]]


def test_a_link_telegram_takes_for_no_button_is_written_out() -> None:
    part = Part("请传照片", links=(Link("传照片", "http://localhost:8080/upload/#t"),))

    assert words(part) == "请传照片\n传照片：http://localhost:8080/upload/#t"
    assert keyboard(part) is None


def test_a_text_never_outgrows_the_platform() -> None:
    part = Part("字" * 4090, (Choice("1:a", LONG),))

    assert len(words(part)) <= TEXT_LIMIT


def test_a_link_is_not_lost_for_options_that_are_buttons_anyway() -> None:
    part = Part("字" * 4000, (Choice("1:a", LONG * 4),), (Link("看指南", "http://localhost/guide"),))

    assert words(part).endswith("看指南：http://localhost/guide")
