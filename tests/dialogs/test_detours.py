"""In the middle of an errand he has had enough, or wants something else: nothing he filled in is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialogs.turn import ForgetFile, OpenTicket
from tests.dialogs.talking import Chat, play

AT_A_CHOICE = ("在",)  # "有单位给您交社保吗？" comes next


def begun() -> Chat:
    return play("flexible_enrolment").tap(*AT_A_CHOICE)


def without(chat: Chat, service: str) -> dict[str, str]:
    """The live services, one taken off."""
    return {each: version for each, version in chat.library.live.items() if each != service}


class TestEnough:
    @pytest.mark.parametrize("said", ["算了", "取消", "改天再说吧。", "不办了", "不想办了", "退出", "stop"])
    def test_he_is_asked_what_becomes_of_what_he_filled_in(self, said: str) -> None:
        chat = begun().say(said)

        assert chat.heard[-1].startswith("好，“灵活就业人员参保登记”先不办了。")
        assert [each.label for each in chat.choices] == ["留着，下回办", "不留，都删掉", "接着办"]

    def test_kept_it_is_offered_again_when_he_comes_back(self) -> None:
        chat = begun().say("算了").tap("留着，下回办")
        assert not chat.session.script
        assert "想办什么" in chat.heard[-1]

        assert "您上次填的是“在”" in chat.say("想在常山交社保").heard[-1]

    def test_said_twice_it_is_kept(self) -> None:
        assert list(begun().say("算了", "算了").session.put_away) == ["flexible_enrolment"]

    def test_deleted_it_is_gone_with_its_photos(self) -> None:
        chat = play("flexible_enrolment").tap("在", "没有单位，自己干", "养老", "自己在手机上交", "同意")
        chat.say("胡某某", "999901198803050247", "1").send_photo().say("不办了").tap("不留，都删掉")

        assert chat.ordered(ForgetFile) == [ForgetFile("photo1")]
        assert not chat.session.script
        assert not chat.session.put_away
        assert not chat.session.dormant

    def test_going_on_asks_the_same_question(self) -> None:
        chat = begun()
        question = chat.heard[-1]

        assert chat.say("算了").tap("接着办").heard[-1] == question

    def test_a_name_is_never_enough(self) -> None:
        chat = play("flexible_enrolment").tap("在", "没有单位，自己干", "养老", "自己在手机上交", "同意")

        assert chat.say("算了").session.aside == {"is": "stop"}

    def test_with_nothing_filled_in_nothing_is_asked(self) -> None:
        chat = play("flexible_enrolment").say("算了")

        assert not chat.session.script
        assert "好，不办了。想办事随时写给我。" in chat.heard[-2]

    def test_before_any_errand_it_is_understood(self) -> None:
        assert Chat().say("算了").heard[-2] == "好，不办了。想办事随时写给我。"


class TestSomethingElse:
    def test_he_is_asked_and_what_he_filled_in_is_kept(self) -> None:
        chat = begun().say("我想办低保")
        assert chat.heard[-1].startswith("您是想办“低保家庭四项补助”吗？")

        chat.tap("是，先办这个")

        assert chat.session.script.startswith("low_income_benefits@")
        assert chat.session.put_away["flexible_enrolment"]["answers"] == {"hukou": "local"}

    def test_no_goes_on_here(self) -> None:
        chat = begun()
        question = chat.heard[-1]

        assert chat.say("我想办低保", "不是").heard[-1] == question

    @pytest.mark.parametrize("said", ["是，先办这个", "说不清", "帮助"])
    def test_taken_off_meanwhile_he_is_told_and_goes_on_here(self, said: str) -> None:
        chat = begun()
        question = chat.heard[-1]
        chat.say("我想办低保")
        chat.library = replace(chat.library, live=without(chat, "low_income_benefits"))

        told = chat.say(said).heard

        assert told[-2].startswith("您说的那件事现在不在这里办了，要办请打12345")
        assert told[-1] == question
        assert chat.at == "employed"
        assert not chat.session.put_away

    def test_what_answers_the_question_is_an_answer(self) -> None:
        chat = play("flexible_enrolment").tap("在", "没有单位，自己干").say("养老")

        assert chat.session.answers["insurance"] == "pension"

    def test_the_service_he_is_at_is_not_offered(self) -> None:
        assert begun().say("想在常山交社保").session.aside is None


@pytest.mark.parametrize("said", ["我要投诉", "客服", "有人吗", "打电话"])
def test_who_calls_for_somebody_gets_a_person(said: str) -> None:
    assert begun().say(said).ordered(OpenTicket)


def test_thanks_are_answered_and_the_question_stands() -> None:
    chat = begun()
    question = chat.heard[-1]

    assert chat.say("谢谢").heard[-2:] == ["不客气，有事随时写给我。", question]
    assert Chat().say("谢谢您！").heard[-1] == "不客气，有事随时写给我。"


@pytest.mark.parametrize("said", ["看不懂", "不会弄"])
def test_who_is_lost_gets_help(said: str) -> None:
    assert "随时可以回这几个词" in begun().say(said).heard[-2]
