"""删除资料: what goes and what stays is said first, a case under way comes first, a receipt comes last."""

from __future__ import annotations

import pytest

from dialogs.messages import Media
from dialogs.turn import (
    ApplicationReceived,
    Erase,
    Erased,
    ErasureRefused,
    ForgetFile,
    ForgetPerson,
    Opened,
    OpenTicket,
    ProgressReported,
    Submit,
    Withdraw,
)
from tests.dialogs.talking import Chat, play

RECEIPT = "SC-7F3K-9Q2M-X0AB"


def enrolled() -> Chat:
    """Somebody whose enrolment has a number."""
    chat = play("flexible_enrolment").say("在", "没有单位，自己干", "养老", "自己在手机上交", "同意")
    chat.say("胡某某", "999901198803050247").tap("最低档（60%）").send_photo().send_photo().say("对")
    (order,) = chat.ordered(Submit)
    return chat.happen(ApplicationReceived(order.reference, "CS-1121-0001", "2026-11-23"))


def reported(chat: Chat, kind: str) -> Chat:
    (order,) = chat.ordered(Submit)
    seq = chat.session.cases[order.reference]["seq"] + 1
    return chat.happen(ProgressReported(order.reference, "CS-1121-0001", seq, kind, chat.now, {}))


def withdrawn() -> Chat:
    return reported(enrolled(), "withdrawn")


def test_what_goes_and_what_the_law_keeps_is_said_before_the_question() -> None:
    chat = withdrawn().say("删除资料")

    assert "2张照片" in chat.heard[-1]
    assert "按规定留下的：CS-1121-0001的编号、日期和结果" in chat.heard[-1]
    assert chat.labels == ["删掉", "先不删"]
    assert chat.ordered(Erase) == []


def test_a_yes_orders_it_and_says_until_when() -> None:
    chat = withdrawn().say("删掉我的资料").tap("删掉")

    assert [each.references for each in chat.ordered(Erase)] == [tuple(chat.session.cases)]
    assert "最多24小时" in chat.heard[-1]


def test_a_no_deletes_nothing_and_the_question_before_comes_again() -> None:
    chat = play("flexible_enrolment").say("删除资料", "先不删")

    assert chat.ordered(Erase) == []
    assert "没有删" in chat.heard[-2]
    assert "您的户口在常山吗" in chat.heard[-1]


def test_a_case_under_way_is_withdrawn_first() -> None:
    chat = enrolled().say("删除资料")
    assert "CS-1121-0001正在办" in chat.heard[-1]

    chat.tap("撤回").say("是")

    assert [each.number for each in chat.ordered(Withdraw)] == ["CS-1121-0001"]
    assert chat.ordered(Erase) == []
    assert "要删的" in reported(chat, "withdrawn").say("删除资料").heard[-1]


@pytest.mark.parametrize("n", [0, 1])
def test_whether_to_withdraw_first_is_answered_alike_by_tap_and_by_word(n: int) -> None:
    """On some apps a button says its label: that must be no word which means something else."""
    tapped, typed = enrolled().say("删除资料"), enrolled().say("删除资料")
    label = tapped.labels[n]

    assert [each.text for each in tapped.tap(label).said] == [each.text for each in typed.say(label).said]
    assert tapped.session == typed.session


def test_what_is_decided_and_not_delivered_is_waited_for_and_a_person_is_named() -> None:
    chat = enrolled()
    for kind in ("preregistered", "pre_review_started", "accepted", "stage_changed"):
        reported(chat, kind)
    (order,) = chat.ordered(Submit)
    seq = chat.session.cases[order.reference]["seq"] + 1
    chat.happen(
        ProgressReported(order.reference, "CS-1121-0001", seq, "decided", chat.now, {"result": "approved"})
    )

    chat.say("删除资料")

    assert "还没走完" in chat.heard[-1] + chat.heard[-2]
    assert any("12345" in text for text in chat.heard[-2:])
    assert chat.ordered(Erase) == []


def test_the_receipt_is_the_last_word_and_nothing_of_him_is_left_in_the_session() -> None:
    chat = withdrawn().say("删除资料", "删掉").happen(Erased(RECEIPT, {"receipt": {"id": "XH-1"}}))

    assert f"回执号：{RECEIPT}" in chat.heard[-1]
    assert [(each.receipt, each.intake) for each in chat.ordered(ForgetPerson)] == [
        (RECEIPT, {"receipt": {"id": "XH-1"}})
    ]
    session = chat.session
    assert (session.cases, session.answers, session.dormant, session.put_away) == ({}, {}, {}, {})


def test_whatever_he_writes_meanwhile_begins_nothing() -> None:
    chat = withdrawn().say("删除资料", "删掉")
    chat.say("想在常山交社保", "删除资料", "换个地方办", "12345678").send(Media("late"))
    chat.happen(Opened("", scene="pension_check"))

    assert all("正在删" in text for text in chat.heard[-5:])
    assert chat.session.script == ""
    assert len(chat.ordered(Erase)) == 1
    assert ForgetFile("late") in chat.ordered(ForgetFile)
    chat.happen(Erased(RECEIPT)).say("在吗")
    assert RECEIPT in chat.heard[-1]


def test_what_the_intake_service_will_not_erase_is_said_and_kept() -> None:
    chat = withdrawn().say("删除资料", "删掉").happen(ErasureRefused(("CS-1121-0001",)))

    assert "CS-1121-0001还没走完" in chat.heard[-1]
    assert chat.session.cases
    assert chat.ordered(ForgetPerson) == []
    assert "您的户口在常山吗" in chat.say("想在常山交社保").heard[-1]


def test_what_cannot_be_erased_at_all_goes_to_a_person() -> None:
    chat = withdrawn().say("删除资料", "删掉").happen(ErasureRefused())

    assert OpenTicket("erasure") in chat.ordered(OpenTicket)
    assert "12345" in chat.heard[-1]


def test_an_answer_nobody_asked_for_erases_nobody() -> None:
    chat = withdrawn().happen(Erased(RECEIPT)).happen(ErasureRefused())

    assert chat.session.cases
    assert chat.ordered(ForgetPerson) == []
