"""News of what was handed in: in order, once, in plain words, and the mark at the end."""

from __future__ import annotations

from typing import Any

import pytest

from dialogs.turn import FetchProgress, OpenTicket, ProgressReported, Rate, WithdrawalRefused
from tests.dialogs.talking import Chat
from tests.dialogs.test_engine import received, reference

ROAD: tuple[tuple[str, dict[str, Any]], ...] = (
    ("preregistered", {"answer_by": "2026-11-23"}),
    ("pre_review_started", {}),
    ("accepted", {"receipt_no": "R1", "promised_by": "2026-11-25"}),
    ("stage_changed", {"stage": "in_progress"}),
    ("decided", {"result": "approved", "note": "从12月起算。"}),
    ("delivered", {"method": "electronic"}),
    ("rating_requested", {}),
)


def report(chat: Chat, seq: int, type_: str = "", data: dict[str, Any] | None = None) -> Chat:
    name, usual = ROAD[seq - 1]
    event = ProgressReported(
        reference(chat), "CS-1120-0038", seq, type_ or name, chat.now, usual if data is None else data
    )
    return chat.happen(event)


def reported(*seqs: int) -> Chat:
    chat = received()
    for seq in seqs:
        report(chat, seq)
    return chat


def test_each_step_is_told_with_a_real_date() -> None:
    chat = reported(1, 2, 3, 4, 5, 6)

    assert chat.heard[-5:] == [
        "CS-1120-0038：工作人员正在看您的材料。最晚11月23日(周一)给您回话。",
        "CS-1120-0038受理了，就是我们开始办了。最晚11月25日(周三)办好。",
        "CS-1120-0038正在办。最晚11月25日(周三)办好。",
        "办好了！灵活就业人员参保登记，号码CS-1120-0038。从12月起算。",
        "CS-1120-0038的结果给您了（电子版）。",
    ]


def steps(chat: Chat) -> list[tuple[str, str, str]]:
    """Return the newest progress card as (label, state, when)."""
    card = next(each.card for each in reversed(chat.said) if each.card and each.card.kind == "progress")
    return [(step["label"], step["state"], step["at"]) for step in card.body["steps"]]


def test_the_slip_has_the_number_and_who_answers_by_when() -> None:
    card = received().said[-1].card

    assert card is not None
    assert (card.kind, card.body["number"]) == ("receipt", "CS-1120-0038")
    assert [row["value"] for row in card.body["rows"]] == [
        "灵活就业人员参保登记",
        "常山县社会保险事业管理局",
        "11月23日(周一)",
    ]


def test_the_card_says_what_is_promised_next() -> None:
    assert steps(reported(1, 2, 3)) == [
        ("交上去了", "done", "11月20日(周五)"),
        ("有人在看", "done", "11月20日(周五)"),
        ("受理了", "now", "最晚11月25日(周三)办好"),
        ("正在办", "todo", ""),
        ("办好了", "todo", ""),
        ("结果给您了", "todo", ""),
    ]


def test_a_refusal_handed_over_does_not_look_like_something_still_to_come() -> None:
    chat = reported(1, 2, 3, 4)
    report(chat, 5, "decided", {"result": "denied", "why": "单位正在交。", "how": "离开单位后再来。"})
    report(chat, 6)

    assert [(label, state) for label, state, _ in steps(chat)][-3:] == [
        ("正在办", "done"),
        ("没批", "stopped"),
        ("结果给您了", "done"),
    ]


def test_the_same_news_twice_is_told_once() -> None:
    assert len(reported(1, 2, 2, 2).heard) == len(reported(1, 2).heard)


def test_news_never_go_backwards_and_a_gap_is_fetched() -> None:
    chat = reported(1, 3)
    assert [each.after_seq for each in chat.ordered(FetchProgress)] == [1]
    assert chat.session.cases[reference(chat)]["state"] == "submitted"

    report(report(chat, 2), 3)
    report(chat, 1)
    assert chat.session.cases[reference(chat)]["state"] == "accepted"


def test_an_event_of_a_later_contract_is_passed_over() -> None:
    chat = report(reported(1), 2, "stamped_in_gold", {"by": "nobody"})

    assert not chat.said
    assert report(chat, 3).session.cases[reference(chat)]["state"] == "accepted"


def test_a_denial_says_why_and_how() -> None:
    data = {"result": "denied", "why": "照片看不清。", "how": "重拍后再申请。", "rights": "可以申请复议。"}
    chat = report(reported(1, 2, 3, 4), 5, "decided", data)

    assert (
        chat.heard[-1] == "CS-1120-0038这次没批。原因：照片看不清。\n怎么办：重拍后再申请。\n可以申请复议。\n"
        "想再申请，您填的我留到12月20日(周日)。"
    )
    assert chat.said[0].card is not None
    assert chat.said[0].card.body["steps"][-1]["state"] == "stopped"


def test_news_of_an_unknown_application_are_ignored() -> None:
    chat = received()
    chat.happen(ProgressReported("ZT-0000-0000-0000", "X", 1, "accepted", chat.now))

    assert not chat.said


def test_a_closed_file_does_not_make_a_refusal_look_done() -> None:
    chat = reported(1, 2)
    report(chat, 3, "not_accepted", {"why": "不归我们办。", "how": "请到户口所在地办。"})
    report(chat, 4, "closed", {})

    card = chat.say("进度").said[0].card
    assert card is not None
    assert [step["state"] for step in card.body["steps"]] == ["done", "done", "stopped"]


def test_the_mark_waits_while_something_else_is_being_chosen() -> None:
    chat = reported(1, 2, 3, 4, 5, 6).say("养老")
    offered = chat.session.aside
    assert offered is not None
    report(chat, 7)

    assert chat.session.aside == offered
    assert chat.labels[0] == "非常满意"


class TestRating:
    def test_five_marks_in_words_best_first(self) -> None:
        chat = reported(1, 2, 3, 4, 5, 6, 7)

        assert chat.labels == ["非常满意", "满意", "基本满意", "不满意", "非常不满意"]
        assert chat.said[-1].card is not None
        assert chat.said[-1].card.kind == "rating"

    @pytest.mark.parametrize(("said", "code"), [("1", 1), ("非常满意", 1), ("非常不满意", 5), ("３", 3)])
    def test_a_mark_may_be_typed(self, said: str, code: int) -> None:
        chat = reported(1, 2, 3, 4, 5, 6, 7).say(said)

        assert [each.code for each in chat.ordered(Rate)] == [code]

    def test_code_5_is_very_dissatisfied_and_is_followed_up(self) -> None:
        chat = reported(1, 2, 3, 4, 5, 6, 7).say("5 等太久")

        assert [(each.code, each.words) for each in chat.ordered(Rate)] == [(5, "等太久")]
        assert [each.reason for each in chat.ordered(OpenTicket)] == ["bad_rating"]

    def test_a_bad_mark_is_asked_for_one_sentence(self) -> None:
        chat = reported(1, 2, 3, 4, 5, 6, 7).tap("不满意")
        assert chat.heard[-1] == "对不起，让您不满意了。哪里不好，跟我说一句就行。"

        chat.say("等了三天没人理")
        assert [(each.code, each.words) for each in chat.ordered(Rate)] == [(4, ""), (4, "等了三天没人理")]

    def test_a_case_is_rated_once_however_old_the_card(self) -> None:
        chat = reported(1, 2, 3, 4, 5, 6, 7)
        card = chat.choices[0].id
        chat.tap("满意").say("你好").tap_id(card)

        assert [each.code for each in chat.ordered(Rate)] == [2]
        assert chat.heard[-1] == "您评过了，谢谢。"

    def test_nobody_has_to_rate(self) -> None:
        chat = reported(1, 2, 3, 4, 5, 6, 7).say("我要办养老认证")

        assert not chat.ordered(Rate)
        assert chat.session.script.startswith("pension_check@")


def test_too_late_to_withdraw_is_told() -> None:
    chat = reported(1, 2, 3, 4, 5)
    chat.happen(WithdrawalRefused(reference(chat)))

    assert chat.heard[-1] == "CS-1120-0038已经有结果了，撤不回来了。"
