"""One applicant, several channels: asking for a code, giving it elsewhere, asking for it by number."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dialogs.turn import (
    AskHandover,
    HandoverAsked,
    HandoverOffered,
    Join,
    Joined,
    JoinRefused,
    OfferHandover,
    Opened,
    OpenTicket,
    Say,
)
from tests.dialogs.talking import Chat, play
from tests.dialogs.test_engine import received

HERE = "01TESTCONVERSATION00000000"
LINKS = {"wechat": "http://weixin.test/q/1", "telegram": "https://t.me/b?start=go12345678"}
UNTIL = datetime(2026, 11, 20, 4, 45, tzinfo=UTC)  # 12:45 in Changshan


class TestWhereItBegan:
    @pytest.mark.parametrize("words", ["换个地方办", "换手机", "换到微信。", "move"])
    def test_a_code_is_ordered_and_nothing_else_happens(self, words: str) -> None:
        chat = play("flexible_enrolment").say(words)

        assert chat.ordered(OfferHandover) == [OfferHandover()]
        assert chat.tap("在").at == "employed"

    def test_the_code_is_told_with_its_time_and_its_links(self) -> None:
        chat = play("flexible_enrolment").happen(HandoverOffered("12345678", UNTIL, LINKS))

        [said] = chat.said
        assert said.text == "在那边找到我，发这8位数字：\n1234 5678\n12:45前有效，只能用一次，别告诉别人。"
        assert said.card is not None
        assert said.card.body == {"code": "12345678", "until": UNTIL.isoformat(), "links": LINKS}

    def test_somebody_who_asks_by_number_is_named_by_where_he_is(self) -> None:
        chat = play("flexible_enrolment").happen(HandoverOffered("12345678", UNTIL, {}, "telegram"))

        assert chat.said[0].text.startswith("有人在Telegram要接着办您的事。是您，就把1234 5678发到那边")

    def test_the_one_who_joined_is_welcomed_and_the_old_channel_told(self) -> None:
        chat = play("flexible_enrolment").on("wechat").tap("在").happen(Joined("telegram"))

        assert [
            (each.channel, each.message.text[:8]) for each in chat.turns[-1] if isinstance(each, Say)
        ] == [
            ("wechat", "已转到Teleg"),
            ("", "接上了，咱们接着"),
            ("", "现在有单位给您交"),
        ]

    def test_in_the_same_app_the_first_account_is_told_all_the_same(self) -> None:
        """Whoever got hold of a code cannot take a conversation away without a word."""
        chat = play("flexible_enrolment").on("wechat").tap("在").happen(Joined("wechat"))

        told = [(each.channel, each.message.text) for each in chat.turns[-1] if isinstance(each, Say)]
        assert told[0] == ("wechat", "已转到另一个微信号，咱们在那边接着办。想回到这里，直接在这里写就行。")
        assert not any(
            each.channel
            for each in play("flexible_enrolment").happen(Joined("webchat")).turns[-1]
            if isinstance(each, Say)
        )

    def test_whoever_waits_for_his_case_hears_how_it_goes(self) -> None:
        chat = received().happen(Joined("telegram"))

        assert "CS-1120-0038" in chat.said[1].text

    def test_a_clerks_talk_is_not_talked_into(self) -> None:
        chat = play("flexible_enrolment")
        chat.session.owner = "clerk:7"
        chat.happen(Joined("telegram"))

        assert [each.text for each in chat.said] == ["接上了，咱们接着办。"]


class TestElsewhere:
    def test_a_code_is_taken_as_the_first_word(self) -> None:
        assert Chat(opened=False).on("telegram").say("12345678").ordered(Join) == [Join("12345678")]

    @pytest.mark.parametrize("words", ["1234 5678", "1234-5678", "１２３４５６７８", "go12345678"])
    def test_a_code_is_taken_however_it_is_written(self, words: str) -> None:
        assert Chat().say(words).ordered(Join) == [Join("12345678")]

    def test_a_link_carries_it(self) -> None:
        chat = Chat(opened=False).happen(Opened(HERE, channel="telegram", scene="go12345678"))

        assert chat.ordered(Join) == [Join("12345678")]

    def test_digits_that_may_answer_a_question_are_no_code(self) -> None:
        asked_for_id = play("flexible_enrolment").tap(
            "在", "没有单位，自己干", "养老", "自己在手机上交", "同意"
        )
        chat = asked_for_id.say("胡晓满", "12345678")

        assert (chat.at, chat.ordered(Join)) == ("id_number", [])
        assert chat.say("go12345678").ordered(Join)  # a link's always is

    def test_where_they_cannot_be_the_answer_they_are(self) -> None:
        assert play("flexible_enrolment").say("1234 5678").ordered(Join) == [Join("12345678")]

    @pytest.mark.parametrize(
        "words",
        [
            "在那边找到我，发这8位数字：\n1234 5678\n12:45前有效，只能用一次，别告诉别人。",
            "有人在微信要接着办您的事。是您，就把1234 5678发到那边，12:45前有效。",
            "您要在自己手机上接着办CS-1120-0038，把1234 5678发给办事小助手，12:45前有效。",
            "https://t.me/b?start=go12345678",
            "在网页里接着办：http://chat.test/chat/?go=12345678",
        ],
    )
    def test_our_own_words_copied_whole_bring_the_code(self, words: str) -> None:
        assert Chat(opened=False).on("telegram").say(words).ordered(Join) == [Join("12345678")]

    def test_where_a_code_was_asked_for_it_is_found_among_words(self) -> None:
        assert Chat().say("我办过", "我的码是12345678，您看看").ordered(Join) == [Join("12345678")]
        assert not Chat().say("我办过", "1234 5678还是8765 4321").ordered(Join)
        assert not Chat().say("我办过", "13812345678").ordered(Join)

    def test_whoever_has_begun_elsewhere_is_asked_for_the_code(self) -> None:
        chat = Chat().say("我办过")

        assert chat.said[-1].text.startswith("您在别处办过，是吗？")
        assert chat.say("我不记得").said[-1].text.startswith("我没看出8位数字")
        assert chat.say("1234 5678").ordered(Join) == [Join("12345678")]

    def test_he_may_think_better_of_it(self) -> None:
        chat = Chat().say("我办过").tap("没办过，不找了")

        assert chat.said[-1].text.startswith("您想办什么？")

    def test_by_number_he_is_asked_for_the_last_four(self) -> None:
        chat = Chat().on("telegram").say("我办过", "cs-1120-0038")
        assert chat.said[-1].text == "请再发身份证号码的最后4位。"

        assert chat.say("24").said[-1].text.startswith("要身份证号码的最后4位")
        assert chat.say("024x").ordered(AskHandover) == [AskHandover("CS-1120-0038", "024X")]

    def test_the_whole_identity_number_does_too(self) -> None:
        chat = Chat().say("我办过", "CS-1120-0038", "999901198803050247")

        assert chat.ordered(AskHandover) == [AskHandover("CS-1120-0038", "0247")]

    @pytest.mark.parametrize(
        "words",
        [
            "CS-1120-0038。",
            "号码：CS-1120-0038",
            "交上去了。号码CS-1120-0038。最晚11月23日(周一)给您回话。",
            "cs－1120－0038",
        ],
    )
    def test_the_number_may_come_with_words_around_it(self, words: str) -> None:
        chat = Chat().say("我办过", words, "尾号是0247")

        assert chat.ordered(AskHandover) == [AskHandover("CS-1120-0038", "0247")]

    def test_a_number_as_the_first_word_asks_for_it_too(self) -> None:
        chat = Chat(opened=False).on("telegram").say("CS-1120-0038")

        assert chat.said[-1].text == "请再发身份证号码的最后4位。"
        assert not chat.ordered(OpenTicket)

    def test_a_case_that_is_here_is_told_and_no_code_is_promised(self) -> None:
        for words in (("我办过", "CS-1120-0038"), ("cs11200038",), ("CS-1120-0038办到哪了",)):
            chat = received().say(*words)

            assert "CS-1120-0038" in "".join(each.text for each in chat.said[-2:])
            assert not chat.ordered(AskHandover)
            assert not chat.ordered(OpenTicket)

    def test_in_the_middle_of_a_form_his_own_number_tells_and_the_question_stands(self) -> None:
        chat = received().say("想办居住证")
        at = chat.at
        chat.say("CS-1120-0038")

        assert chat.at == at
        assert "CS-1120-0038" in "".join(each.text for each in chat.said[-3:])

    def test_then_the_code_is_waited_for(self) -> None:
        chat = Chat().say("我办过", "CS-1120-0038", "0247").happen(HandoverAsked())
        assert chat.said[-1].text.startswith("要是对得上")

        assert chat.say("12345678").ordered(Join) == [Join("12345678")]

    @pytest.mark.parametrize("reason", ["unknown", "often", "here"])
    def test_a_refusal_says_why_and_asks_again(self, reason: str) -> None:
        chat = Chat().say("12345678").happen(JoinRefused(reason))

        assert len(chat.said) == 2
        assert chat.choices

    def test_a_refused_link_of_a_stranger_is_followed_by_a_hello(self) -> None:
        chat = Chat(opened=False).happen(Opened(HERE, channel="telegram", scene="go12345678"))
        chat.happen(JoinRefused("unknown"))

        assert [each.text[:2] for each in chat.said] == ["这个", "您好"]

    def test_two_cases_are_brought_together_by_a_person(self) -> None:
        chat = received().say("12345678").happen(JoinRefused("busy"))

        assert [each.reason for each in chat.ordered(OpenTicket)] == ["join"]

    def test_what_was_being_filled_in_is_deleted_only_with_his_word(self) -> None:
        chat = play("flexible_enrolment").tap("在").say("go12345678")
        chat.happen(JoinRefused("draft", "12345678"))
        assert chat.said[-1].text.startswith("接过来以后，这里填了一半的就删掉了")

        assert chat.say("好吧随便").ordered(Join) == [Join("12345678")]
        assert chat.tap("是，接过来").ordered(Join)[-1] == Join("12345678", sure=True)

    def test_he_may_keep_it(self) -> None:
        chat = play("flexible_enrolment").tap("在").say("go12345678")
        chat.happen(JoinRefused("draft", "12345678")).tap("不，办这里的")

        assert (chat.at, len(chat.ordered(Join))) == ("employed", 1)

    def test_going_on_means_the_question_that_stands_here(self) -> None:
        chat = play("flexible_enrolment").tap("在").say("接着办")

        assert [each.text[:5] for each in chat.said] == ["好，接着办", "现在有单位"]
        assert chat.say("重来", "接着办").at == "employed"

    def test_where_nothing_stands_it_means_what_was_begun_elsewhere(self) -> None:
        assert Chat().say("接着办").said[-1].text.startswith("您在别处办过，是吗？")
