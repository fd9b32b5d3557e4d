"""A paper that may come later: promised with the consequence and the day told, never without."""

from __future__ import annotations

import hashlib

import pytest

from dialogs.turn import ApplicationRefused, OpenTicket, ProgressReported, Submit
from tests.dialogs.talking import Chat, play
from tests.dialogs.test_engine import reference

TEXT = (
    "居住证可以先欠着，材料交上去就先开始看。您答应11月23日(周一)前补上。\n"
    "到时没补，这次就作废，要重新来。同意吗？"
)


def at_the_permit() -> Chat:
    """Somebody from elsewhere who has sent both sides of his card; his permit is wanted next."""
    chat = play("flexible_enrolment").tap("不在", "没有单位，自己干", "在常山交满了10年社保", "养老")
    chat.tap("自己在手机上交", "同意").say("胡某某", "999901198803050247", "1")
    return chat.send_photo().send_photo()


def promised() -> Chat:
    return at_the_permit().say("没带").tap("同意")


@pytest.mark.parametrize("words", ["没带", "居住证不在身边", "可以先欠着吗", "1", "还没办下来"])
def test_who_does_not_have_it_is_told_the_consequence_and_the_day(words: str) -> None:
    chat = at_the_permit().say(words)

    assert chat.heard[-1] == TEXT
    assert chat.labels == ["同意", "不同意"]


def test_what_he_agreed_to_is_handed_in_with_its_hash_and_time() -> None:
    chat = promised()
    assert "居住证：先欠着，以后补" in chat.heard[-1]

    submit = chat.tap("都对，交上去").ordered(Submit)[0]
    (promise,) = submit.application["deferred"]
    assert (promise["material"], promise["title"], promise["text"]) == ("residence_permit", "居住证", TEXT)
    assert promise["text_sha256"] == hashlib.sha256(TEXT.encode()).hexdigest()
    assert promise["at"].startswith("2026-11-20T")
    assert [each["material"] for each in submit.pages] == ["id_card", "id_card"]
    assert [each["id"] for each in submit.application["materials"]] == ["id_card"]


def test_a_promise_is_its_own_yes() -> None:
    chat = at_the_permit().say("没带").say("好吧")
    assert not chat.session.answers.get("residence_permit.front")

    assert "不欠" in chat.tap("不同意").heard[-2]
    assert "请拍居住证" in chat.heard[-1]


def test_a_required_paper_is_never_owed() -> None:
    chat = play("flexible_enrolment").tap("在", "没有单位，自己干", "养老", "自己在手机上交", "同意")
    chat.say("胡某某", "999901198803050247", "1").say("没带")

    assert "先欠着" not in "".join([*chat.heard, *chat.labels])
    assert chat.at == "id_card.front"


def test_the_paper_found_after_all_takes_the_promise_s_place() -> None:
    chat = promised().say("修改 居住证").send_photo().tap("都对，交上去")

    submit = chat.ordered(Submit)[0]
    assert "deferred" not in submit.application
    assert [each["material"] for each in submit.pages] == ["id_card", "id_card", "residence_permit"]


def test_after_a_broken_promise_all_papers_have_to_come_and_nothing_is_lost() -> None:
    chat = promised().tap("都对，交上去")
    chat.happen(ApplicationRefused(reference(chat), "deferral-blocked"))
    assert "上次答应补的材料没有补上" in chat.heard[-2]
    assert "请拍居住证" in chat.heard[-1]
    assert not chat.ordered(OpenTicket)

    assert "有难处，回0" in chat.say("没带").heard[-2]
    chat.send_photo().tap("都对，交上去")
    assert [len(each.pages) for each in chat.ordered(Submit)] == [2, 3]


def test_once_cleared_he_may_promise_again_the_same_day() -> None:
    chat = promised().tap("都对，交上去")
    chat.happen(ApplicationRefused(reference(chat), "deferral-blocked"))
    chat.happen(ProgressReported(reference(chat), "CS-1101-0007", 1, "promise_cleared", chat.now))

    assert "又可以先办后补" in chat.heard[-1]
    assert "居住证可以先欠着" in chat.say("没带").heard[-1]
