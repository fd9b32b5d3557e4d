"""A village agent signs in with his code and out again; what he was doing stands."""

from __future__ import annotations

import pytest

from dialogs.turn import AgentDismissed, AgentRefused, AgentSignedIn, Join, Opened, SignInAgent, SignOutAgent
from tests.dialogs.talking import Chat, play

YE = AgentSignedIn("a1", "叶某某", "球川村")


@pytest.mark.parametrize(
    "words", ["代办 12345 67890", "代办1234567890", "代办：12345-67890", "agent 1234567890"]
)
def test_a_code_is_looked_at_whatever_else_is_asked(words: str) -> None:
    for chat in (Chat(), play("flexible_enrolment")):
        chat.say(words)
        assert chat.ordered(SignInAgent) == [SignInAgent("1234567890")]
        assert [each.text for each in chat.said] == ["好，我核对一下。"]


@pytest.mark.parametrize("words", ["代办", "代办 12345", "agent", "1234567890", "代办 12345678901"])
def test_anything_else_is_no_code(words: str) -> None:
    assert Chat().say(words).ordered(SignInAgent) == []


def test_a_link_carries_the_code_too() -> None:
    chat = Chat(opened=False).happen(Opened("c1", scene="agent1234567890"))

    assert chat.ordered(SignInAgent) == [SignInAgent("1234567890")]
    assert chat.ordered(Join) == []


def test_signed_in_he_hears_as_whom_and_his_question_again() -> None:
    chat = play("flexible_enrolment").happen(YE)

    assert chat.said[0].text == "登录好了，您是球川村的代办员叶某某。不代办了，回“退出代办”。"
    assert chat.session.agent == {"id": "a1", "name": "叶某某", "village": "球川村"}
    assert chat.tap("在").at == "employed"


@pytest.mark.parametrize("reason", ["unknown", "often"])
def test_a_refused_code_changes_nothing(reason: str) -> None:
    chat = play("flexible_enrolment").happen(AgentRefused(reason))

    assert "代办码" in chat.said[0].text
    assert chat.session.agent == {}
    assert chat.tap("在").at == "employed"


def test_he_signs_out_and_goes_on() -> None:
    chat = play("flexible_enrolment").happen(YE).say("退出代办")

    assert chat.ordered(SignOutAgent) == [SignOutAgent()]
    assert chat.session.agent == {}
    assert chat.tap("在").at == "employed"


def test_who_is_not_signed_in_hears_how_he_would_be() -> None:
    chat = Chat().say("退出代办")

    assert chat.ordered(SignOutAgent) == []
    assert "要登录" in chat.said[0].text


def test_removed_he_is_out_and_hears_it_once() -> None:
    chat = Chat().happen(YE).happen(AgentDismissed("a1"))
    assert "已停用" in chat.said[0].text
    assert chat.session.agent == {}
    assert chat.happen(AgentDismissed("a1")).said == []


def test_somebody_elses_removal_leaves_him_signed_in() -> None:
    assert Chat().happen(YE).happen(AgentDismissed("a2")).session.agent["id"] == "a1"
