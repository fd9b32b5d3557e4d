"""A child under 14 applies: his guardian agrees before anything goes on, and is handed in beside him."""

from __future__ import annotations

from dialogs.answers.identity import check_character
from dialogs.turn import Submit
from intake.contract import fits
from tests.dialogs.talking import Chat, play

GUARDIAN = "999901198803050247"


def born(day: str) -> str:
    first17 = f"999901{day}024"
    return first17 + check_character(first17)


def asked_of(child: str) -> Chat:
    """Somebody enrols a person with this identity number; today is 2026-11-20."""
    chat = play("flexible_enrolment").say("在", "没有单位，自己干", "养老", "自己在手机上交", "同意")
    return chat.say("胡小某", child)


def agreed(chat: Chat) -> Chat:
    return chat.say("胡某某", GUARDIAN).tap("妈妈", "我是监护人，同意")


def handed_in(chat: Chat) -> Submit:
    chat.tap("最低档（60%）").send_photo().send_photo().say("对")
    order: Submit
    (order,) = chat.ordered(Submit)
    return order


def test_the_day_of_the_fourteenth_birthday_needs_no_guardian_and_the_day_before_does() -> None:
    assert "哪一档" in asked_of(born("20121120")).heard[-1]
    assert "监护人叫什么名字" in asked_of(born("20121121")).heard[-1]


def test_who_agreed_is_read_back_masked_and_handed_in() -> None:
    chat = agreed(asked_of(born("20150601")))
    assert "哪一档" in chat.heard[-1]

    order = handed_in(chat)

    assert order.application["guardian"] == {"name": "胡某某", "id_number": GUARDIAN, "relation": "妈妈"}
    assert order.application["applicant"]["name"] == "胡小某"
    assert any("监护人：胡某某 999901********0247" in text for text in chat.heard)
    assert not any(GUARDIAN in text for text in chat.heard)
    assert fits("PreApplication", {**order.application, "reference": order.reference, "channel": "webchat"})


def test_nobody_else_names_a_guardian() -> None:
    assert "guardian" not in handed_in(asked_of(GUARDIAN)).application


def test_a_guardian_is_no_child_and_is_told_why() -> None:
    chat = asked_of(born("20150601")).say("胡某某", born("20090101"))

    assert "监护人要满18岁" in chat.heard[-1]
    assert "什么人" in chat.say(GUARDIAN).heard[-1]


def test_a_guardian_who_does_not_agree_hears_of_another_way_and_nothing_is_handed_in() -> None:
    chat = asked_of(born("20150601")).say("胡某某", GUARDIAN).tap("妈妈", "不同意")

    assert "12345" in chat.heard[-1]
    assert chat.ordered(Submit) == []
    assert "哪一档" in chat.tap("我是监护人，同意").heard[-1]


def test_whoever_goes_round_the_guardian_meets_him_again() -> None:
    chat = asked_of(born("20150601")).say("修改 姓名", "胡小二")
    assert "监护人叫什么名字" in chat.heard[-1]

    chat.say("返回").say("999901197601203159")

    assert "哪一档" in chat.heard[-1]


def test_a_number_put_right_takes_the_guardian_out_again() -> None:
    chat = agreed(asked_of(born("20150601"))).say("修改 身份证号码", "999901197601203159")

    assert "guardian" not in handed_in(chat).application
