"""What was promised about keeping is kept: photos and words go when their time is over, never before."""

from __future__ import annotations

from datetime import timedelta

from dialogs.turn import ForgetFile, ForgetWords, SetTimer, TimerFired
from tests.dialogs.talking import Chat, play
from tests.dialogs.test_engine import SITUATION, read_back, reference
from tests.dialogs.test_progress import report, reported


def delivered() -> Chat:
    return reported(1, 2, 3, 4, 5, 6)


def timer(chat: Chat, name: str) -> SetTimer:
    timers: list[SetTimer] = [each for each in chat.ordered(SetTimer) if each.name == name]
    return timers[-1]


def fire(chat: Chat, name: str) -> Chat:
    due = timer(chat, name)
    chat.now = max(chat.now, due.due)
    return chat.happen(TimerFired(due.name, due.key))


def test_a_case_is_forgotten_30_days_after_it_ended() -> None:
    chat = delivered()
    ended = chat.now

    assert timer(chat, "forget_case").due - ended <= timedelta(days=30)
    fire(chat, "forget_case")
    assert {each.file for each in chat.ordered(ForgetFile)} == {"photo1", "photo2"}
    assert [each.until < ended for each in chat.ordered(ForgetWords)] == [True]


def test_a_case_that_runs_keeps_everything() -> None:
    chat = reported(1, 2, 3)

    assert not [each for each in chat.ordered(SetTimer) if each.name == "forget_case"]
    chat.happen(TimerFired("forget_case", reference(chat)))
    assert not chat.ordered(ForgetFile)


def test_words_of_another_matter_are_not_torn_away() -> None:
    chat = delivered().say("我要办养老认证")
    fire(chat, "forget_case")

    assert not chat.ordered(ForgetWords)
    assert timer(chat, "forget_case").due == chat.now - timedelta(seconds=10) + timedelta(days=7)


def test_a_denied_case_is_forgotten_too() -> None:
    chat = report(reported(1, 2, 3, 4), 5, "decided", {"result": "denied", "why": "w", "how": "h"})

    assert timer(chat, "forget_case").key == reference(chat)


def test_a_draft_lives_for_30_days_after_its_last_word() -> None:
    chat = read_back()
    chat.now += timedelta(days=20)
    chat.say("帮助")
    fire(chat, "forget_draft")
    assert chat.at == "read_back"

    fire(chat, "forget_draft")
    assert chat.session.answers == {}
    assert {each.file for each in chat.ordered(ForgetFile)} == {"photo1", "photo2"}
    assert "删掉了" in chat.heard[-1]


def test_nothing_is_kept_before_consent_so_nothing_has_to_go() -> None:
    assert not play("flexible_enrolment").tap(*SITUATION).ordered(SetTimer)
