"""A paper another department answers for: asked with a consent, told with who and when."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from dialogs.turn import (
    ApplicationReceived,
    AskDepartment,
    DepartmentAsked,
    LookupRefused,
    ProgressReported,
    Submit,
    Supply,
    TellClerks,
)
from tests.dialogs.talking import Chat, play
from tests.dialogs.test_engine import reference

TEXT = (
    "不用跑回来，我帮您查。请民政核对低保证，只核对这一样，只用在这件事上。\n"
    "谁查的、几点查的，都会告诉您。同意吗？"
)


def at_the_certificate() -> Chat:
    chat = play("resident_medical").tap("我自己", "在", "没有", "领低保的", "同意")
    return chat.say("胡某某", "999901198803050247").send_photo().send_photo()


def handed_in() -> Chat:
    chat = at_the_certificate().say("没带").tap("同意", "都对，交上去")
    chat.happen(ApplicationReceived(reference(chat), "CS-1120-0038", "2026-11-23"))
    return chat


def told(chat: Chat, seq: int, kind: str, **data: Any) -> Chat:
    data = {"lookup": "L-1120-0001", "material": "benefit_certificate", **data}
    chat.happen(ProgressReported(reference(chat), "CS-1120-0038", seq, kind, chat.now, data))
    return chat


def answered(chat: Chat, result: str) -> Chat:
    told(chat, 1, "preregistered", answer_by="2026-11-23")
    by = {"officer": "王数据", "department": "民政", "at": "2026-11-20T01:04:00+00:00"}
    return told(chat, 2, "lookup_answered", result=result, **by)


@pytest.mark.parametrize("words", ["没带", "找不到", "1"])
def test_a_look_up_is_offered_before_a_promise(words: str) -> None:
    chat = at_the_certificate().say(words)

    assert chat.heard[-1] == TEXT
    assert chat.labels == ["同意", "不同意"]


def test_the_consent_is_its_own_and_goes_with_the_question() -> None:
    chat = handed_in()
    (submit,), (order,) = chat.ordered(Submit), chat.ordered(AskDepartment)

    assert submit.application["lookups"] == ["benefit_certificate"]
    assert "deferred" not in submit.application
    assert [each["id"] for each in submit.application["materials"]] == ["id_card"]
    assert order.number == "CS-1120-0038"
    assert order.question["consent_sha256"] == hashlib.sha256(TEXT.encode()).hexdigest()
    assert (order.question["department"], order.question["title"]) == ("民政", "低保证")


def test_a_bare_yes_is_no_consent_and_a_no_leads_to_the_promise() -> None:
    chat = at_the_certificate().say("没带").say("好吧")
    assert "benefit_certificate.page" not in chat.session.answers

    assert "可以先欠着" in chat.tap("不同意").heard[-1]
    submit = chat.tap("同意", "都对，交上去").ordered(Submit)[0]
    assert "lookups" not in submit.application
    assert [each["material"] for each in submit.application["deferred"]] == ["benefit_certificate"]


def test_the_paper_found_after_all_takes_the_look_up_s_place() -> None:
    chat = at_the_certificate().say("没带").tap("同意").say("修改 低保证").send_photo()
    submit = chat.tap("都对，交上去").ordered(Submit)[0]

    assert "lookups" not in submit.application
    assert [each["material"] for each in submit.pages] == ["id_card", "id_card", "benefit_certificate"]


def test_confirmed_is_told_and_stays_on_the_card() -> None:
    chat = answered(handed_in(), "confirmed")
    card = chat.said[-1].card

    assert "部门核验：民政王数据，11月20日" in chat.heard[-1]
    assert card is not None
    assert "低保证：部门核验（民政王数据）" in [step["label"] for step in card.body["steps"]]
    assert not chat.said[-1].choices


@pytest.mark.parametrize("result", ["not_found", "differs"])
def test_what_is_not_confirmed_is_asked_for_kindly_and_handed_in_later(result: str) -> None:
    chat = answered(handed_in(), result)
    assert "您的错" in chat.heard[-1]

    chat.say("补材料").send_photo()
    (supply,) = chat.ordered(Supply)
    assert supply.kind == "deferrals"
    assert [each["material"] for each in supply.pages] == ["benefit_certificate"]


def test_silence_is_told_and_is_no_yes() -> None:
    chat = told(handed_in(), 1, "preregistered", answer_by="2026-11-23")
    told(chat, 2, "lookup_escalated")

    assert "还没有查到结果" in chat.heard[-1]
    assert chat.session.cases[reference(chat)]["state"] == "submitted"
    assert "looked_up" not in chat.session.cases[reference(chat)]


def test_what_cannot_be_asked_is_told_kindly_and_wanted_as_a_paper() -> None:
    chat = handed_in()
    chat.happen(LookupRefused(reference(chat), "benefit_certificate", "404"))
    told = chat.heard[-1]
    chat.happen(LookupRefused(reference(chat), "benefit_certificate", "404"))

    assert "低保证这次没法请别的部门查，不是您的错" in told
    assert "回0找人" in told
    assert chat.heard[-1] == told  # and not twice
    chat.say("补材料").send_photo()
    (supply,) = chat.ordered(Supply)
    assert (supply.kind, [each["material"] for each in supply.pages]) == (
        "deferrals",
        ["benefit_certificate"],
    )


def test_a_case_that_is_over_hears_no_more_of_its_look_up() -> None:
    chat = told(handed_in(), 1, "preregistered", answer_by="2026-11-23")
    told(chat, 2, "not_accepted", why="不归我们办。", how="到户口所在地办。", rights="")
    before = list(chat.heard)
    chat.happen(LookupRefused(reference(chat), "benefit_certificate", "423"))

    assert chat.heard == before
    assert "looked_up" not in chat.session.cases[reference(chat)]


def test_the_clerks_group_hears_which_department_is_waited_for() -> None:
    chat = handed_in()
    chat.happen(DepartmentAsked(reference(chat), "L-1120-0001", "民政"))

    assert chat.ordered(TellClerks) == [TellClerks("L-1120-0001", "lookup", "民政")]
