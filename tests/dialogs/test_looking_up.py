"""A paper another department answers for: asked with a consent, told with who and when."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from dialogs.script import Script
from dialogs.turn import (
    ApplicationReceived,
    AskDepartment,
    DepartmentAsked,
    LookupRefused,
    OpenTicket,
    ProgressReported,
    Submit,
    Supply,
    SupplyDelayed,
    SupplyReceived,
    SupplyRefused,
    TellClerks,
)
from tests.dialogs.talking import Chat, play, shipped_library
from tests.dialogs.test_engine import reference

TEXT = (
    "不用跑回来，我帮您查。请民政核对低保证，只核对这一样，只用在这件事上。\n"
    "谁查的、几点查的，都会告诉您。同意吗？"
)


PAPER = "benefit_certificate"
LATE = (
    "低保证可以先欠着，别的材料我们接着看。您答应12月2日(周三)前补上。\n"
    "到时没补，这次就作废，要重新来。同意吗？"
)


def at_the_certificate(*scripts: Script) -> Chat:
    chat = play("resident_medical", *scripts).tap("我自己", "在", "没有", "领低保的", "同意")
    return chat.say("胡某某", "999901198803050247").send_photo().send_photo()


def handed_in(*scripts: Script) -> Chat:
    chat = at_the_certificate(*scripts).say("没带").tap("同意", "都对，交上去")
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


def not_asked(chat: Chat) -> Chat:
    """The intake service will have nobody asked for the paper."""
    return chat.happen(LookupRefused(reference(chat), PAPER, "404"))


def test_what_cannot_be_asked_is_told_kindly_and_may_be_owed() -> None:
    chat = not_asked(handed_in())
    told, asked = (each.text for each in chat.said)
    not_asked(chat)

    assert told.startswith("CS-1120-0038：低保证这次没法请别的部门查，不是您的错。")
    assert asked == LATE
    assert chat.labels == ["同意", "不同意"]
    assert not chat.said  # and not twice


def test_it_is_promised_with_its_very_words_and_noted_once_the_office_has_it() -> None:
    chat = not_asked(handed_in()).tap("同意")
    (supply,) = chat.ordered(Supply)
    (promise,) = supply.supplement["deferred"]
    chat.happen(SupplyReceived(reference(chat), supply.key, "2026-11-23"))

    assert (supply.kind, supply.pages) == ("deferrals", ())
    assert (promise["material"], promise["title"], promise["text"]) == (PAPER, "低保证", LATE)
    assert promise["text_sha256"] == hashlib.sha256(LATE.encode()).hexdigest()
    assert chat.heard[-1] == "CS-1120-0038：记上了。低保证先欠着，12月2日(周三)前拍给我就行。"
    assert chat.labels == ["现在补"]
    assert chat.say("现在补").labels == ["以后再补"]  # it is promised once
    chat.send_photo()
    assert [each["material"] for each in chat.ordered(Supply)[-1].pages] == [PAPER]


def test_a_bare_yes_is_no_promise_and_a_no_leaves_the_photo() -> None:
    chat = not_asked(handed_in()).say("好吧")
    assert not chat.ordered(Supply)

    chat.tap("不同意")
    assert chat.heard[-1] == "好，不欠。方便的时候拍一张给我就行，回“补材料”。"
    assert chat.say("补材料").labels == ["以后再补", "现在没有，先欠着"]
    chat.send_photo()
    (supply,) = chat.ordered(Supply)
    assert (supply.kind, [each["material"] for each in supply.pages]) == ("deferrals", [PAPER])


@pytest.mark.parametrize("words", ["没带", "现在没有，先欠着", "2"])
def test_who_said_no_may_still_promise_when_the_photo_is_asked_for(words: str) -> None:
    chat = not_asked(handed_in()).tap("不同意").say("补材料", words)

    assert chat.heard[-1] == LATE


def test_beside_another_errand_a_button_leads_to_it_and_back() -> None:
    chat = handed_in().say("想在常山交社保")
    question = chat.heard[-1]
    not_asked(chat)
    assert chat.choices[0].label == "没有，先欠着"

    chat.tap("没有，先欠着")
    assert chat.heard[-1] == LATE
    chat.tap("同意")
    assert len(chat.ordered(Supply)) == 1
    assert chat.heard[-1] == question


def test_after_a_broken_promise_the_paper_itself_is_asked_for() -> None:
    chat = not_asked(handed_in()).tap("同意")
    (supply,) = chat.ordered(Supply)
    refusal = "urn:zerotrip:intake:deferral-blocked"
    for _ in range(2):
        chat.happen(SupplyRefused(reference(chat), supply.key, refusal))

    assert "上次答应补的材料没有补上，所以这次低保证不能先欠着" in chat.heard[-1]
    assert len([each for each in chat.heard if "不能先欠着" in each]) == 1
    assert not chat.ordered(OpenTicket)
    assert chat.say("补材料").labels == ["以后再补"]


def test_a_promise_the_office_does_not_take_goes_to_a_person() -> None:
    chat = not_asked(handed_in()).tap("同意")
    (supply,) = chat.ordered(Supply)
    chat.happen(SupplyDelayed(reference(chat), supply.key))
    assert "收件系统现在没有回音" in chat.heard[-1]
    chat.happen(SupplyRefused(reference(chat), supply.key, "not-asked"))

    assert "低保证这次不能先欠着，不是您的错" in chat.heard[-1]
    assert [each.reason for each in chat.ordered(OpenTicket)] == ["supply_refused"]
    assert chat.say("补材料").at == ""


def test_a_paper_that_may_not_be_owed_is_asked_for_and_no_promise_offered() -> None:
    library = shipped_library()
    script = library.scripts[library.live["resident_medical"]]
    papers = [each.model_copy(update={"deferrable": False}) for each in script.materials]
    chat = not_asked(handed_in(script.model_copy(update={"materials": papers})))

    assert "低保证这次没法请别的部门查，不是您的错" in chat.heard[-1]
    assert "回0找人" in chat.heard[-1]
    assert chat.say("补材料").labels == ["以后再补"]


def test_a_correction_in_between_does_not_make_it_forgotten() -> None:
    chat = not_asked(told(handed_in(), 1, "preregistered", answer_by="2026-11-23")).tap("不同意")
    told(chat, 2, "pre_review_started")
    item = {"slot": "name", "title": "姓名", "reason": "和身份证上的不一样。", "example": ""}
    told(chat, 3, "correction_requested", items=[item], by="2026-12-04", round=1, remind=[])
    chat.say("胡小某")
    told(chat, 4, "corrected", answer_by="2026-11-24")

    assert chat.heard[-1] == LATE


def test_a_case_that_is_over_takes_no_promise() -> None:
    chat = not_asked(told(handed_in(), 1, "preregistered", answer_by="2026-11-23"))
    told(chat, 2, "not_accepted", why="不归我们办。", how="到户口所在地办。", rights="")
    chat.say("同意")

    assert not chat.ordered(Supply)


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
