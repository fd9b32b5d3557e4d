"""一次录入: what he lets us remember is offered masked at the next errand, confirmed, changed, dropped."""

from __future__ import annotations

from dialogs.turn import Erased, Submit
from tests.dialogs.talking import Chat, play

NAME, NUMBER = "胡某某", "999901198803050247"


def read_back(chat: Chat | None = None) -> Chat:
    """Somebody before the yes to an enrolment."""
    chat = chat or play("flexible_enrolment")
    chat.say("在", "没有单位，自己干", "养老", "自己在手机上交", "同意", NAME, NUMBER)
    return chat.tap("最低档（60%）").send_photo().send_photo()


def remembered() -> Chat:
    """Somebody who agreed to be remembered, and handed in."""
    return read_back().say("记住我", "记住").say("对")


def again(chat: Chat) -> Chat:
    """The same service once more, up to the name."""
    return chat.say("想在常山交社保", "在", "没有单位，自己干", "养老", "自己在手机上交", "同意")


def answers(chat: Chat) -> dict[str, object]:
    return {row["key"]: row["value"] for row in chat.ordered(Submit)[-1].application["answers"]}


def test_it_is_asked_apart_from_the_errand_and_only_its_own_yes_counts() -> None:
    chat = play("flexible_enrolment").say("记住我")
    assert "要我记住您的姓名" in chat.heard[-1]
    assert chat.labels == ["记住", "不用记"]

    chat.say("随便")
    assert chat.session.profile == {}
    chat.say("不用记")
    assert chat.session.profile == {}
    assert "您的户口在常山吗" in chat.heard[-1]


def test_who_was_never_asked_is_not_remembered() -> None:
    chat = again(read_back().say("对"))

    assert chat.session.profile == {}
    assert "您叫什么名字" in chat.heard[-1]


def test_the_next_errand_offers_it_masked_and_hands_in_what_was_confirmed() -> None:
    chat = again(remembered())
    assert f"{NAME}" in chat.heard[-1]
    assert "还是" in chat.heard[-1]
    chat.say("是")
    assert "999901********0247" in chat.heard[-1]
    assert NUMBER not in chat.heard[-1]

    chat.say("是").tap("最低档（60%）").send_photo().send_photo().say("对")

    assert (answers(chat)["name"], answers(chat)["id_number"]) == (NAME, NUMBER)


def test_nothing_of_it_is_an_answer_before_he_says_so() -> None:
    chat = again(remembered())

    assert "name" not in chat.session.answers
    assert "id_number" not in chat.session.answers


def test_a_no_and_a_new_answer_change_what_is_remembered() -> None:
    chat = again(remembered()).say("不是", "胡小云", "是")
    chat.tap("最低档（60%）").send_photo().send_photo().say("对")

    assert answers(chat)["name"] == "胡小云"
    assert chat.session.profile["values"]["name"] == "胡小云"


def test_one_of_it_can_be_dropped_and_is_offered_no_more() -> None:
    chat = remembered().say("记住我")
    assert "999901********0247" in chat.heard[-1]

    chat.tap("不记身份证号码")

    assert chat.session.profile["values"] == {"name": NAME}
    assert "身份证号码是多少" in again(chat).say("是").heard[-1]


def test_all_of_it_goes_by_one_word_also_in_the_middle_of_an_errand() -> None:
    chat = again(remembered()).say("忘记我")

    assert chat.session.profile == {}
    assert "name" not in chat.session.dormant
    assert "您叫什么名字" in chat.heard[-1]
    assert "没有记着" in chat.say("忘记我").heard[-2]


def test_what_was_told_for_a_relative_is_not_taken_for_his_own() -> None:
    chat = play("pension_check").say("记住我", "记住", "替家人")
    assert chat.session.answers.get("who") == "family"
    chat.say("胡某某", "999901195006150014")

    assert chat.session.profile["values"] == {}


def test_it_goes_with_everything_else_when_he_is_forgotten() -> None:
    chat = remembered()
    assert NUMBER in str(chat.session.profile)
    chat.session.cases = {key: {**case, "ended": "2026-11-20"} for key, case in chat.session.cases.items()}
    chat.say("删除资料", "删掉").happen(Erased("SC-0000-0000-0000"))

    assert chat.session.profile == {}
