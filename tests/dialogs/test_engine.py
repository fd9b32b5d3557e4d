"""The conversation as arithmetic: what an applicant says, and what he hears."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dialogs.turn import (
    ApplicationDelayed,
    ApplicationReceived,
    ApplicationRefused,
    ForgetFile,
    MeasurePhoto,
    OpenTicket,
    SetTimer,
    Submit,
    TrackCase,
    Withdraw,
)
from tests.dialogs.talking import Chat, play

SITUATION = ("在", "没有单位，自己干", "养老", "自己在手机上交")


def filled() -> Chat:
    """A local worker who has answered everything and has not sent a photo."""
    return play("flexible_enrolment").tap(*SITUATION, "同意").say("胡某某", "999901198803050247", "1")


def read_back() -> Chat:
    return filled().send_photo().send_photo()


def handed_in() -> Chat:
    return read_back().tap("都对，交上去")


def reference(chat: Chat) -> str:
    return str(chat.ordered(Submit)[-1].reference)


def received() -> Chat:
    chat = handed_in()
    return chat.happen(ApplicationReceived(reference(chat), "CS-1120-0038", "2026-11-23"))


class TestTheWholeRoad:
    def test_hello_is_said_once(self) -> None:
        chat = Chat()
        assert chat.heard[-1].startswith("您好，我是常山办事小助手。")

        assert chat.say("帮助").heard[-1] == "您想办什么？写给我，或者选下面的。"

    def test_free_text_finds_the_service(self) -> None:
        chat = Chat().say("想在常山交社保")

        assert chat.at == "hukou"
        assert chat.heard[-1].startswith("您的户口在常山吗？")

    def test_the_notice_is_told_once_and_before_anything_is_taken(self) -> None:
        chat = play("flexible_enrolment").tap(*SITUATION)

        notice, consent = chat.said
        assert notice.text.startswith(
            "您这种情况，一共只要2样：身份证正面、身份证反面。手机拍就行，办登记不要钱。"
        )
        assert notice.card is not None
        assert notice.card.kind == "notice"
        assert "同意吗" in consent.text
        assert chat.at == "consent"

    def test_from_first_word_to_submit_takes_at_most_14_messages(self) -> None:
        chat = Chat().say("想在常山交社保").tap(*SITUATION, "同意")
        chat.say("胡某某", "999901198803050247").tap("最低档（60%）").send_photo().send_photo().tap(
            "都对，交上去"
        )

        from_applicant = 1 + len(SITUATION) + 1 + 3 + 2 + 1
        assert len(chat.ordered(Submit)) == 1
        assert from_applicant <= 14

    def test_what_is_handed_in_is_what_was_said(self) -> None:
        submit = handed_in().ordered(Submit)[0]

        answers = {row["key"]: row["value"] for row in submit.application["answers"]}
        assert answers == {
            "hukou": "local",
            "employed": "none",
            "insurance": "pension",
            "pay_by": "self",
            "name": "胡某某",
            "id_number": "999901198803050247",
            "level": "l60",
        }
        assert submit.application["applicant"] == {"name": "胡某某", "id_number": "999901198803050247"}
        assert [(page["material"], page["page"], page["file"]) for page in submit.pages] == [
            ("id_card", "front", "kept1"),
            ("id_card", "back", "kept2"),
        ]
        assert submit.application["consent"].keys() == {"text_sha256", "at"}

    def test_the_read_back_masks_the_identity_number(self) -> None:
        chat = read_back()

        assert "999901********0247" in chat.heard[-1]
        assert "999901198803050247" not in "".join(chat.heard)

    def test_the_number_comes_with_a_real_date(self) -> None:
        chat = received()

        assert chat.heard[-1] == "交上去了。号码CS-1120-0038。最晚11月23日(周一)给您回话。"
        assert chat.session.cases[reference(chat)]["answers"]["name"] == "胡某某"  # for 再申请

    def test_an_outcome_says_why_and_how_and_keeps_the_answers(self) -> None:
        chat = play("flexible_enrolment").tap("在", "有，单位在交")

        assert "单位正在给您交" in chat.heard[-1]
        assert "再来找我" in chat.heard[-1]
        chat.tap("改前面的答案").tap("单位交社保").tap("没有单位，自己干")
        assert chat.at == "insurance"

    def test_a_handoff_opens_a_ticket_and_does_not_end_the_conversation(self) -> None:
        chat = play("flexible_enrolment").tap("不清楚")

        assert [ticket.reason for ticket in chat.ordered(OpenTicket)] == ["handoff"]
        assert chat.tap("办别的事").labels[-1] == "找工作人员"


class TestTheEnds:
    """Where the road ends before anything is handed in."""

    @pytest.mark.parametrize("said", ["2", "办别的事", "第二个"])
    def test_a_number_or_the_words_mean_the_same_as_a_tap(self, said: str) -> None:
        chat = play("flexible_enrolment").tap("在", "有，单位在交").say(said)

        assert chat.session.script == ""
        assert chat.heard[-1] == "您想办什么？写给我，或者选下面的。"

    def test_what_was_told_is_offered_again_when_he_comes_back(self) -> None:
        chat = play("flexible_enrolment").tap("在", "有，单位在交").tap("办别的事").say("想在常山交社保")

        assert chat.heard[-1] == "户口在常山吗：您上次填的是“在”。还是这样吗？"
        chat.tap("是").tap("不是").tap("没有单位，自己干")
        assert chat.at == "insurance"

    def test_a_tap_after_the_errand_is_over_is_told_so(self) -> None:
        chat = read_back()
        twice = next(each.id for each in chat.choices if each.label == "都对，交上去")
        chat.tap_id(twice).tap_id(twice)

        assert len(chat.ordered(Submit)) == 1
        assert chat.said[0].text.startswith("那个问题已经过去了")


class TestAnswers:
    @pytest.mark.parametrize("said", ["1", "１", "1.", "在", "第一个"])
    def test_number_label_and_tap_mean_the_same(self, said: str) -> None:
        assert play("flexible_enrolment").say(said).session.answers["hukou"] == "local"

    def test_a_wrong_identity_number_is_asked_again_with_why_and_how(self) -> None:
        chat = play("flexible_enrolment").tap(*SITUATION, "同意").say("胡某某", "99990119880305024")

        assert chat.heard[-1] == "号码是18位，您打了17位，少了1位。请照身份证再打一遍。"
        assert chat.at == "id_number"

    def test_after_three_wrong_answers_a_person_is_offered(self) -> None:
        chat = play("flexible_enrolment").say("唔", "唔唔")
        assert "找工作人员" not in chat.labels

        chat.say("唔唔唔")
        assert "要不要找工作人员帮您" in chat.heard[-1]
        assert chat.labels[-1] == "找工作人员"
        assert chat.tap("在").at == "employed"

    def test_consent_is_its_own_word(self) -> None:
        chat = play("flexible_enrolment").tap(*SITUATION).say("好")
        assert chat.at == "consent"

        assert chat.say("同意").at == "name"

    def test_refusing_consent_ends_nothing(self) -> None:
        chat = play("flexible_enrolment").tap(*SITUATION, "不同意")
        assert "可以去窗口" in chat.heard[-1]

        assert chat.say("同意").at == "name"

    @pytest.mark.parametrize(
        "text", ["", " ", "\x00", "\u200b\u200e", "\ud800", "🙂", "\u202eabc", "x" * 1_000_000]
    )
    def test_odd_text_gets_an_answer_and_loses_nothing(self, text: str) -> None:
        chat = play("flexible_enrolment").tap("在").say(text)

        assert chat.at == "employed"
        assert chat.session.answers == {"hukou": "local"}
        assert chat.said


class TestCommands:
    def test_help_pauses_and_the_question_comes_again(self) -> None:
        chat = play("flexible_enrolment").tap("在").say("帮助")

        assert [message.text[:4] for message in chat.said] == ["随时可以", "现在有单"]

    def test_back_asks_the_question_before_and_keeps_what_came_after(self) -> None:
        chat = play("flexible_enrolment").tap(*SITUATION[:3]).say("返回")
        assert chat.at == "insurance"

        assert chat.say("返回").at == "employed"
        assert chat.tap("没有单位，自己干").at == "pay_by"

    def test_zero_calls_a_person_but_is_a_number_where_one_is_asked(self) -> None:
        chat = play("flexible_enrolment").say("0")

        assert [ticket.reason for ticket in chat.ordered(OpenTicket)] == ["asked"]
        assert chat.at == "hukou"

    def test_a_person_is_promised_with_hours_and_phone_only(self) -> None:
        noon_break = play("flexible_enrolment").say("人工").heard
        assert "下午2:00上班" in noon_break[-2]
        assert "12345" in noon_break[-2]

    def test_restart_asks_first_and_forgets_the_photos(self) -> None:
        chat = read_back().say("重来")
        assert chat.tap("不，接着办").at == "read_back"

        chat.say("重来").tap("是，从头来")
        assert chat.session.answers == {}
        assert [each.file for each in chat.ordered(ForgetFile)] == ["photo1", "photo2"]

    def test_language_changes_at_once_and_the_question_comes_again(self) -> None:
        chat = play("flexible_enrolment").say("english")

        assert chat.heard[-1].startswith("Is your household registration in Changshan?")

    def test_progress_of_what_was_handed_in(self) -> None:
        chat = received().say("进度")

        assert "CS-1120-0038" in chat.said[0].text
        assert chat.said[0].card is not None
        assert chat.said[0].card.kind == "progress"

    @pytest.mark.parametrize("said", ["是，从头来", "1", "是", "对"])
    def test_the_button_its_number_and_a_plain_yes_mean_the_same(self, said: str) -> None:
        assert not filled().say("重来", said).session.script

    def test_withdraw_asks_first_and_is_an_order_to_the_intake_service(self) -> None:
        chat = received().say("撤回").tap("是，撤回")

        assert [each.number for each in chat.ordered(Withdraw)] == ["CS-1120-0038"]

    def test_a_tap_on_an_old_question_is_told_so(self) -> None:
        chat = play("flexible_enrolment")
        old = chat.choices[0].id
        chat.tap("不在").tap_id(old)

        assert chat.said[0].text.startswith("那个问题已经过去了")
        assert chat.session.answers["hukou"] == "elsewhere"
        assert len(chat.said) == 2


def test_the_bot_is_silent_while_a_clerk_has_the_conversation() -> None:
    chat = play("flexible_enrolment")
    chat.session.owner = "clerk:7"
    chat.say("在", "人工")

    assert chat.said == []
    assert chat.session.answers == {}


class TestEditing:
    def test_an_early_edit_that_changes_the_papers_is_told_at_once(self) -> None:
        chat = read_back().say("修改 户口").tap("不在", "在常山交满了10年社保")

        assert chat.said[0].text.startswith("答案改了，现在一共要3样：身份证正面、身份证反面、居住证。")
        assert chat.at == "residence_permit.front"

    def test_what_leaves_the_road_is_kept_and_not_handed_in(self) -> None:
        chat = read_back().say("修改 户口").tap("不在", "在常山交满了10年社保").send_photo()
        chat.say("修改 户口").tap("在")

        assert {"tie", "residence_permit.front"} <= chat.session.dormant.keys()
        submit = chat.tap("都对，交上去").ordered(Submit)[0]
        assert "tie" not in {row["key"] for row in submit.application["answers"]}
        assert [page["material"] for page in submit.pages] == ["id_card", "id_card"]

    def test_a_dormant_answer_is_offered_when_its_question_returns(self) -> None:
        chat = read_back().say("修改 户口").tap("不在", "在常山交满了10年社保")
        chat.say("修改 户口").tap("在").say("修改 户口").tap("不在")

        assert chat.heard[-1] == "跟常山的关系：您上次填的是“在常山交满了10年社保”。还是这样吗？"
        assert chat.tap("是").at == "residence_permit.front"

    @pytest.mark.parametrize("said", ["8", "不改了", "不"])
    def test_nothing_need_be_edited_after_all(self, said: str) -> None:
        chat = filled().say("修改", said)

        assert chat.at == "id_card.front"

    def test_a_photo_that_is_wanted_again_is_offered(self) -> None:
        chat = read_back().say("修改 户口").tap("不在", "在常山交满了10年社保").send_photo()
        chat.say("修改 户口").tap("在").say("修改 户口").tap("不在").tap("是")
        assert chat.heard[-1] == "您上次拍的居住证我还留着。还用那张吗？"

        assert chat.tap("用那张").at == "read_back"
        assert not chat.ordered(ForgetFile)

    def test_another_photo_replaces_the_one_offered(self) -> None:
        chat = read_back().say("修改 户口").tap("不在", "在常山交满了10年社保").send_photo()
        chat.say("修改 户口").tap("在").say("修改 户口").tap("不在").tap("是").send_photo()

        assert chat.at == "read_back"
        assert [each.file for each in chat.ordered(ForgetFile)] == ["photo3"]

    def test_an_edit_undoes_the_read_back_and_nothing_else(self) -> None:
        chat = read_back().tap("有不对的").tap("姓名").say("胡小某")

        assert chat.at == "read_back"
        assert "胡小某" in chat.heard[-1]

    @pytest.mark.parametrize(
        ("said", "at"),
        [
            ("姓名不对", "name"),
            ("户口不对", "hukou"),
            ("户口填错了", "hukou"),
            ("身份证正面要改", "id_card.front"),
        ],
    )
    def test_the_read_back_takes_what_is_wrong_in_words(self, said: str, at: str) -> None:
        assert read_back().say(said).at == at

    @pytest.mark.parametrize("said", ["办得怎么样了？", "好了吗", "办到哪一步了"])
    def test_asking_how_it_goes_needs_no_magic_word(self, said: str) -> None:
        assert "CS-1120-0038" in received().say(said).said[0].text


class TestPhotos:
    def test_a_blurred_photo_is_asked_for_again_with_one_reason(self) -> None:
        chat = filled().send_photo(sharpness=5.0)

        assert (
            chat.heard[-1] == "身份证正面要再拍一张。照片有些模糊，字看不清。请把证件平放，对好焦再拍一张。"
        )
        assert [each.file for each in chat.ordered(ForgetFile)] == ["photo1"]
        assert chat.at == "id_card.front"

    def test_two_photos_at_once_go_to_the_two_sides_in_order(self) -> None:
        chat = filled().upload().upload().judge(file="photo1").judge(file="photo2")

        assert chat.session.answers["id_card.front"]["file"] == "photo1"
        assert chat.session.answers["id_card.back"]["file"] == "photo2"
        assert chat.at == "read_back"

    def test_verdicts_may_come_in_another_order(self) -> None:
        chat = filled().upload().upload().judge(file="photo2").judge(file="photo1")

        assert chat.session.answers["id_card.front"]["file"] == "photo1"
        assert chat.at == "read_back"

    def test_the_same_photo_for_the_other_side_is_noticed(self) -> None:
        chat = filled().send_photo(look="f" * 64).send_photo(look="f" * 64)

        assert "同一张" in chat.heard[-1]
        assert chat.at == "id_card.back"

    def test_the_third_unusable_photo_is_kept_for_a_person(self) -> None:
        chat = filled().send_photo(sharpness=5.0).send_photo(sharpness=5.0).send_photo(sharpness=5.0)

        assert chat.session.answers["id_card.front"]["flags"] == ["look_by_hand", "blurred"]
        assert [ticket.reason for ticket in chat.ordered(OpenTicket)] == ["photo"]
        assert chat.at == "id_card.back"

    def test_what_is_no_photo_is_refused_kindly_and_offers_a_person_after_three(self) -> None:
        chat = filled().send_photo(fault="not_a_photo").send_photo(fault="not_a_photo")
        assert chat.labels == [] or chat.labels[-1] != "找工作人员"

        chat.send_photo(fault="not_a_photo")
        assert "收到的不是照片" in chat.heard[-1]
        assert chat.labels == ["找工作人员"]

    def test_a_refusal_does_not_take_the_floor_from_another_question(self) -> None:
        chat = filled().upload().say("修改 姓名").judge(sharpness=5.0)

        assert "照片有些模糊" in chat.said[0].text
        assert chat.said[-1].text.startswith("您叫什么名字")
        assert chat.said[0].card is None

    def test_coming_back_to_photos_that_are_being_looked_at_is_answered(self) -> None:
        chat = filled().upload().upload().say("修改", "不改了")

        assert chat.heard[-1].startswith("照片收到了，正在看")

    def test_the_same_verdict_twice_deletes_nothing(self) -> None:
        chat = filled().send_photo().judge()

        assert not chat.ordered(ForgetFile)

    def test_a_photo_before_its_time_is_not_kept(self) -> None:
        chat = play("flexible_enrolment").upload()

        assert not chat.ordered(MeasurePhoto)
        assert [each.file for each in chat.ordered(ForgetFile)] == ["photo1"]
        assert chat.at == "hukou"

    def test_a_verdict_after_a_restart_is_forgotten(self) -> None:
        chat = filled().upload().say("重来").tap("是，从头来").judge()

        assert {each.file for each in chat.ordered(ForgetFile)} == {"photo1"}


class TestHandingIn:
    def test_the_intake_service_is_silent_and_that_is_told_once(self) -> None:
        chat = handed_in()
        chat.happen(ApplicationDelayed(reference(chat))).happen(ApplicationDelayed(reference(chat)))

        assert sum("没有回音" in text for text in chat.heard) == 1
        assert reference(chat) in chat.heard[-1]
        chat.happen(ApplicationReceived(reference(chat), "CS-1120-0038", "2026-11-23"))
        assert chat.heard[-1].startswith("交上去了。号码CS-1120-0038")

    def test_a_duplicate_is_told_its_number(self) -> None:
        chat = handed_in()
        chat.happen(ApplicationRefused(reference(chat), "duplicate", "CS-1101-0001"))

        assert "CS-1101-0001" in chat.heard[-1]
        assert {each.file for each in chat.ordered(ForgetFile)} == {"photo1", "photo2"}

    def test_a_refusal_blames_nobody_and_gives_everything_back(self) -> None:
        chat = handed_in()
        chat.happen(ApplicationRefused(reference(chat), "422"))

        assert "不是您的错" in chat.said[0].text
        assert [ticket.reason for ticket in chat.ordered(OpenTicket)] == ["refused"]
        assert chat.at == "read_back"

    def test_a_refusal_during_another_errand_keeps_what_was_said_for_the_clerk(self) -> None:
        chat = handed_in().say("我要办养老认证")
        chat.happen(ApplicationRefused(reference(chat), "422"))

        assert chat.at == "who"
        assert chat.session.cases[reference(chat)]["answers"]["name"] == "胡某某"
        assert [each.name for each in chat.ordered(SetTimer)] == ["forget_draft", "forget_case"]

    def test_the_rules_in_force_at_submit_decide(self) -> None:
        chat = read_back()
        # A year later he has turned 55, where a woman may draw her pension.
        chat.now += timedelta(days=365 * 17)
        chat.tap("都对，交上去")

        assert not chat.ordered(Submit)
        assert chat.at == "past_pension_age"

    def test_an_application_has_one_name_for_life(self) -> None:
        first, again = handed_in(), handed_in()

        assert reference(first) == reference(again)
        assert [each.reference for each in first.ordered(TrackCase)] == [reference(first)]

    def test_a_second_service_can_be_begun_at_once(self) -> None:
        chat = handed_in().say("我要办养老认证")

        assert chat.session.script.startswith("pension_check@")
