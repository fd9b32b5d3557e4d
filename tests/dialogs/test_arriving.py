"""How people come in: by a poster, a word, another app; what they send that is neither words nor a photo."""

from __future__ import annotations

from typing import get_args

import pytest

from dialogs.messages import Inbound, Media, MediaKind, News
from dialogs.turn import (
    FetchMedia,
    Flooded,
    ForgetFile,
    MeasurePhoto,
    MediaFetched,
    MessageReceived,
    Opened,
    OpenTicket,
    PhotoMeasured,
    Say,
)
from tests.dialogs.talking import Chat, play
from tests.dialogs.test_engine import filled, received
from tests.dialogs.test_progress import report, reported

HERE = "01TESTCONVERSATION00000000"


class TestComingIn:
    def test_a_poster_begins_its_service(self) -> None:
        chat = Chat(opened=False).happen(Opened(HERE, channel="wechat", scene="flexible_enrolment"))

        assert chat.at == "hukou"
        assert chat.heard[0].startswith("好，咱们办“灵活就业人员参保登记”")

    def test_an_unknown_poster_gets_a_hello(self) -> None:
        chat = Chat(opened=False).happen(Opened(HERE, channel="wechat", scene="of_last_year"))

        assert chat.heard[0].startswith("您好")

    def test_opening_again_asks_the_present_question_again(self) -> None:
        chat = play("flexible_enrolment").happen(Opened(HERE, "en", "telegram"))

        assert [each.text for each in chat.said] == [
            "您回来了，咱们接着办。",
            "您的户口在常山吗？\n看户口簿第一页上的地址。",
        ]
        assert (chat.session.id, chat.session.lang) == (HERE, "zh-CN")

    def test_the_poster_of_what_he_is_doing_goes_on_with_it(self) -> None:
        chat = play("flexible_enrolment").tap("在").happen(Opened(HERE, scene="flexible_enrolment"))

        assert chat.said[0].text == "您回来了，咱们接着办。"
        assert chat.session.answers["hukou"] == "local"

    def test_another_poster_keeps_what_was_filled_in_for_another_day(self) -> None:
        chat = play("flexible_enrolment").tap("在").happen(Opened(HERE, scene="pension_check"))

        assert chat.said[0].text == "“灵活就业人员参保登记”先放着，您填的我都留着。"
        assert chat.session.script.startswith("pension_check@")
        chat.happen(Opened(HERE, scene="flexible_enrolment"))
        assert chat.said[-1].text == "户口在常山吗：您上次填的是“在”。还是这样吗？"

    def test_where_nothing_is_opened_the_first_word_is_answered_with_a_hello(self) -> None:
        chat = Chat(opened=False).on("telegram").say("你好")

        assert chat.heard[0].startswith("您好")
        assert chat.labels[-1] == "找工作人员"

    def test_a_first_word_that_says_it_all_begins_at_once(self) -> None:
        assert Chat(opened=False).on("wechat").say("想在常山交社保").at == "hukou"

    def test_a_person_can_be_had_by_the_first_word(self) -> None:
        assert Chat(opened=False).on("wechat").say("人工").ordered(OpenTicket)


class TestAnotherChannel:
    def test_the_old_channel_hears_where_it_goes_on(self) -> None:
        chat = play("flexible_enrolment").on("wechat").tap("在").on("telegram").tap("没有单位，自己干")

        told = [each for each in chat.ordered(Say) if each.channel]
        assert [(each.channel, each.message.text) for each in told] == [
            ("wechat", "已转到Telegram，咱们在那边接着办。想回到这里，直接在这里写就行。")
        ]
        assert chat.session.channel == "telegram"

    def test_nothing_is_said_when_the_channel_stays(self) -> None:
        chat = play("flexible_enrolment").on("wechat").tap("在", "没有单位，自己干")

        assert not [each for each in chat.ordered(Say) if each.channel]

    def test_a_channel_without_a_name_of_its_own_is_another_place(self) -> None:
        chat = play("flexible_enrolment").on("wechat").tap("在").on("carrier_pigeon").tap("不清楚")

        assert chat.said[0].text.startswith("已转到另一个地方")


class TestWhatIsNeitherWordsNorAPhoto:
    @pytest.mark.parametrize("kind", [kind for kind in get_args(MediaKind) if kind != "photo"])
    def test_each_kind_gets_one_sentence_and_the_question_again(self, kind: MediaKind) -> None:
        chat = filled().send(Media("", kind))

        assert len(chat.said) == 2
        assert chat.said[-1].card is not None
        assert chat.said[-1].card.body["slot"] == "id_card.front"
        assert not chat.ordered(ForgetFile)  # nothing was kept, so there is nothing to delete

    def test_an_album_of_one_kind_is_answered_once(self) -> None:
        chat = filled().send(Media("", "voice"), Media("", "voice"))

        assert chat.said[0].text.startswith("语音我听不懂")
        assert len(chat.said) == 2

    def test_a_photo_that_must_not_come_this_way_is_not_asked_for_out_of_turn(self) -> None:
        chat = play("flexible_enrolment").send(Media("", "elsewhere"))

        assert chat.said[0].text.startswith("照片先不急")

    def test_what_was_kept_of_it_is_deleted(self) -> None:
        chat = filled().send(Media("video1", "video"))

        assert [each.file for each in chat.ordered(ForgetFile)] == ["video1"]


class TestPhotosOnAPlatform:
    def test_a_photo_is_fetched_before_it_is_looked_at(self) -> None:
        chat = filled().on("wechat").send(Media("photo1", ref="MEDIA1"))

        assert chat.ordered(FetchMedia) == [FetchMedia("photo1", "MEDIA1", "wechat")]
        assert not chat.ordered(MeasurePhoto)
        chat.happen(MediaFetched("photo1"))
        assert chat.ordered(MeasurePhoto) == [MeasurePhoto("photo1")]
        chat.judge(file="photo1")
        assert "id_card.front" in chat.session.answers

    def test_a_photo_nobody_asked_for_is_left_where_it_is(self) -> None:
        chat = play("flexible_enrolment").on("wechat").send(Media("photo1", ref="MEDIA1"))

        assert not chat.ordered(FetchMedia)
        assert not chat.ordered(ForgetFile)

    def test_a_photo_fetched_after_a_restart_is_deleted(self) -> None:
        chat = filled().on("wechat").send(Media("photo1", ref="MEDIA1")).say("重来", "是")
        chat.happen(MediaFetched("photo1"))

        assert chat.turns[-1] == [ForgetFile("photo1")], "what was fetched meanwhile goes, too"
        assert not chat.ordered(MeasurePhoto)

    def test_a_photo_the_platform_has_lost_is_asked_for_again(self) -> None:
        chat = filled().on("wechat").send(Media("photo1", ref="MEDIA1"))
        chat.happen(PhotoMeasured("photo1", fault="lost"))

        assert chat.said[-1].text == "身份证正面要再拍一张。上一张没能传到我这里。请再发一次。"

    def test_one_photo_too_many_is_not_asked_for_again_today(self) -> None:
        chat = filled().on("wechat").send(Media("photo1", ref="MEDIA1"))
        chat.happen(PhotoMeasured("photo1", fault="no_room"))

        assert chat.said[-1].text.startswith("今天的照片发得太多了")


class TestFloods:
    def test_he_is_told_and_the_question_stands(self) -> None:
        chat = play("flexible_enrolment")
        before = chat.session.prompt
        chat.happen(Flooded())

        assert chat.said[0].text.startswith("您发得太快")
        assert chat.tap("在").at == "employed"
        assert chat.session.prompt == before + 1

    def test_nobody_talks_into_a_clerks_conversation(self) -> None:
        chat = play("flexible_enrolment")
        chat.session.owner = "clerk:7"
        for event in (Flooded(), Opened(HERE, scene="pension_check"), _voice(chat)):
            assert not chat.happen(event).said


def _voice(chat: Chat) -> MessageReceived:
    return MessageReceived(Inbound("m", chat.now, media=(Media("", "voice"),)))


class TestNews:
    def test_every_push_says_itself_in_a_few_words(self) -> None:
        chat = reported(1, 2)

        assert chat.said[0].news == News("灵活就业人员参保登记", "CS-1120-0038", "有人在看", "11月20日(周五)")

    def test_what_ends_the_matter_is_vital(self) -> None:
        chat = reported(1, 2, 3, 4, 5, 6)
        vital = [effect.message.news.vital for effect in chat.ordered(Say) if effect.message.news is not None]

        assert vital == [True, False, False, False, True, True]  # the number, three steps, the result twice

    def test_talk_is_no_news(self) -> None:
        chat = received().say("进度")

        assert all(each.news is None for each in chat.said)

    def test_a_denial_carries_why_in_full_and_its_state_in_short(self) -> None:
        chat = reported(1, 2, 3, 4)
        report(chat, 5, "decided", {"result": "denied", "why": "单位在交", "how": "离开单位后再来"})

        news = chat.said[0].news
        assert news is not None
        assert (news.state, news.vital) == ("没批", True)

    def test_the_case_keeps_by_what_it_can_be_asked_for(self) -> None:
        case = next(iter(received().session.cases.values()))

        assert (case["tail"], case["phone"]) == ("0247", "")


class TestWordsWhereAPhotoIsWanted:
    def test_they_bring_the_photo_card_again_and_with_it_a_new_link(self) -> None:
        chat = filled().say("照片")

        card = chat.said[-1].card
        assert card is not None
        assert (card.kind, card.body["slot"]) == ("photo", "id_card.front")
