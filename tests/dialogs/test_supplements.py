"""What an office wants for a case still: told at once, asked for alone, reminded of, handed in once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dialogs.turn import (
    ForgetFile,
    OpenTicket,
    SetTimer,
    Submit,
    Supply,
    SupplyDelayed,
    SupplyReceived,
    SupplyRefused,
    TimerFired,
)
from tests.dialogs.talking import Chat
from tests.dialogs.test_engine import reference
from tests.dialogs.test_progress import report, reported, steps

BACK = {"slot": "id_card.back", "title": "身份证反面", "reason": "日期看不清。", "example": "blurred"}
NAME = {"slot": "name", "title": "姓名", "reason": "和身份证上的不一样。", "example": ""}
DAYS = {"by": "2026-12-04", "remind": ["2026-11-27", "2026-12-02", "2026-12-04"], "provisional": False}


def asked_to_correct(*items: dict[str, Any], busy: bool = False) -> Chat:
    chat = reported(1, 2)
    if busy:
        chat.say("我要办养老认证")
    return report(chat, 3, "correction_requested", {"items": list(items), "round": 1, **DAYS})


def corrected() -> Chat:
    return asked_to_correct(BACK, NAME).send_photo().say("胡二")


class TestACorrection:
    def test_everything_is_told_at_once_and_asked_for_at_once(self) -> None:
        chat = asked_to_correct(BACK, NAME)

        assert [each.text for each in chat.said] == [
            "CS-1120-0038还差2样，就差这2样：\n· 身份证反面：日期看不清。\n· 姓名：和身份证上的不一样。\n"
            "12月4日(周五)前补给我就行，别的都不用再交。",
            "请拍身份证反面，发给我。\n原因：日期看不清。\n手拿稳，点一下屏幕对好焦再拍，字要看得清。",
        ]
        assert chat.said[0].news is not None
        assert chat.said[0].news.vital
        assert chat.said[-1].card is not None
        assert chat.said[-1].card.body["example"] == "blurred"

    def test_one_thing_is_one_thing(self) -> None:
        assert (
            asked_to_correct(BACK)
            .said[0]
            .text.startswith("CS-1120-0038还差1样，就差这1样：身份证反面。日期看不清。")
        )

    def test_only_what_was_named_is_handed_in_and_as_one(self) -> None:
        supply = corrected().ordered(Supply)

        assert len(supply) == 1
        assert (supply[0].kind, supply[0].number) == ("corrections", "CS-1120-0038")
        assert [(row["key"], row["value"]) for row in supply[0].supplement["answers"]] == [("name", "胡二")]
        assert [(each["material"], each["page"], each["file"]) for each in supply[0].pages] == [
            ("id_card", "back", "kept3")
        ]
        assert supply[0].supplement["materials"][0]["pages"][0].keys() == {"page", "sha256", "flags"}

    def test_nothing_is_handed_in_before_all_is_there(self) -> None:
        chat = asked_to_correct(BACK, NAME).send_photo()

        assert not chat.ordered(Supply)
        assert chat.heard[-1] == "原因：和身份证上的不一样。\n您叫什么名字？"

    def test_a_bad_photo_and_a_wrong_answer_are_asked_for_again(self) -> None:
        chat = asked_to_correct(BACK, NAME).send_photo(sharpness=5.0)
        assert "有些模糊" in chat.heard[-1]
        assert [each.file for each in chat.ordered(ForgetFile)] == ["photo3"]

        chat.send_photo().say("7")
        assert not chat.ordered(Supply)
        assert chat.say("胡二").ordered(Supply)

    def test_words_where_a_photo_is_wanted_lose_nothing(self) -> None:
        chat = asked_to_correct(BACK).say("现在没带")

        assert "都留着" in chat.heard[-1]
        assert chat.labels == ["以后再补"]

    def test_he_may_do_it_later(self) -> None:
        chat = asked_to_correct(BACK).tap("以后再补")
        assert chat.heard[-1] == "好，12月4日(周五)前补就行。想补的时候，回“补材料”。"

        assert "请拍身份证反面" in chat.say("补材料").heard[-1]

    def test_another_errand_is_not_interrupted(self) -> None:
        chat = asked_to_correct(BACK, busy=True)
        station = chat.at
        assert [each.label for each in chat.said[-1].choices] == ["现在补"]

        chat.tap("现在补").send_photo()
        assert chat.ordered(Supply)
        assert chat.at == station
        assert chat.session.aside is None

    def test_an_option_of_a_choice_is_taken_as_ever(self) -> None:
        level = {"slot": "level", "title": "缴费档次", "reason": "这一档今年没有了。", "example": ""}
        chat = asked_to_correct(level).say("2")

        assert chat.ordered(Supply)[0].supplement["answers"][0]["value"] == "l80"

    def test_after_the_last_option_comes_later(self) -> None:
        level = {"slot": "level", "title": "缴费档次", "reason": "", "example": ""}
        chat = asked_to_correct(level)

        assert "回“补材料”" in chat.say(str(len(chat.labels))).heard[-1]

    def test_it_arrives_once_whichever_way_the_news_comes_first(self) -> None:
        first = corrected()
        key = first.ordered(Supply)[0].key
        first.happen(SupplyReceived(reference(first), key, "2026-12-07"))
        report(first, 4, "corrected", {"answer_by": "2026-12-07"})
        second = corrected()
        report(second, 4, "corrected", {"answer_by": "2026-12-07"})
        second.happen(SupplyReceived(reference(second), key, "2026-12-07"))

        for chat in (first, second):
            told = [text for text in chat.heard if "补的材料交上去了" in text]
            assert told == ["CS-1120-0038补的材料交上去了。最晚12月7日(周一)给您回话。"]
            assert chat.session.cases[reference(chat)]["state"] == "submitted"
            assert chat.session.cases[reference(chat)]["answers"]["name"] == "胡二"

    def test_a_silent_service_is_told_once(self) -> None:
        chat = corrected()
        key = chat.ordered(Supply)[0].key
        chat.happen(SupplyDelayed(reference(chat), key)).happen(SupplyDelayed(reference(chat), key))

        assert sum("没有回音" in text for text in chat.heard) == 1

    def test_what_is_not_taken_is_a_persons_matter_and_may_be_given_again(self) -> None:
        chat = corrected()
        chat.happen(SupplyRefused(reference(chat), chat.ordered(Supply)[0].key, "not-asked"))
        assert "不是您的错" in chat.heard[-1]
        assert [each.reason for each in chat.ordered(OpenTicket)] == ["supply_refused"]

        chat.say("补材料").send_photo().say("胡二")
        keys = [each.key for each in chat.ordered(Supply)]
        assert len(keys) == len(set(keys)) == 2

    def test_progress_says_what_is_wanted_and_the_card_whose_turn_it_is(self) -> None:
        chat = asked_to_correct(BACK).say("进度")
        assert "还差1样：身份证反面。12月4日(周五)前补给我" in chat.heard[-2]
        assert [(label, state) for label, state, _ in steps(chat)][:3] == [
            ("交上去了", "done"),
            ("要补材料", "now"),
            ("有人在看", "todo"),
        ]

        chat.send_photo()
        report(chat, 4, "corrected", {"answer_by": "2026-12-07"})
        assert steps(chat)[1] == ("补上了", "now", "最晚12月7日(周一)给您回话")

    def test_a_second_round_asks_for_its_own(self) -> None:
        chat = corrected()
        report(chat, 4, "corrected", {"answer_by": "2026-12-07"})
        report(chat, 5, "pre_review_started", {})
        report(chat, 6, "correction_requested", {"items": [NAME], "round": 2, **DAYS})

        assert len(chat.say("胡三").ordered(Supply)) == 2
        assert chat.ordered(Supply)[1].pages == ()

    def test_a_slot_of_a_script_that_is_gone_is_asked_for_by_the_offices_words(self) -> None:
        chat = reported(1, 2)
        case = {**chat.session.cases[reference(chat)], "script": "flexible_enrolment@0"}
        chat.session.cases = {reference(chat): case}
        report(chat, 3, "correction_requested", {"items": [BACK], "round": 1, **DAYS})

        assert chat.heard[-1].startswith("请拍身份证反面，发给我。")
        assert chat.send_photo().ordered(Supply)[0].supplement["materials"][0]["id"] == "id_card"


class TestReminders:
    def fire(self, chat: Chat, number: int) -> list[str]:
        timers = [each for each in chat.ordered(SetTimer) if each.name == "remind_case"]
        chat.now = timers[number].due
        chat.happen(TimerFired("remind_case", timers[number].key))
        return [each.text for each in chat.said]

    def test_at_half_two_working_days_before_and_on_the_last_day(self) -> None:
        chat = asked_to_correct(BACK).tap("以后再补")
        due = [each.due.isoformat() for each in chat.ordered(SetTimer) if each.name == "remind_case"]

        assert due == [f"2026-{day}T09:00:00+08:00" for day in ("11-27", "12-02", "12-04")]
        assert self.fire(chat, 0) == ["CS-1120-0038还差1样：身份证反面。12月4日(周五)前补给我就行。"]
        assert "今天12月4日(周五)是最后一天" in self.fire(chat, 2)[0]
        assert "请拍身份证反面" in chat.say("1").heard[-1]

    def test_none_after_it_has_come_or_is_too_late(self) -> None:
        assert self.fire(corrected(), 0) == []

        late = asked_to_correct(BACK)
        late.now += timedelta(days=30)
        assert not late.happen(TimerFired("remind_case", late.ordered(SetTimer)[-1].key)).said

    def test_a_loaded_calendar_moves_the_day_and_the_reminders(self) -> None:
        chat = asked_to_correct(BACK)
        report(chat, 4, "rescheduled", {"what": "correction", "day": "2026-12-08", "provisional": False})

        assert chat.heard[-1].endswith("要补的，12月8日(周二)前补给我就行。")
        moved = [each.due.day for each in chat.turns[-1] if isinstance(each, SetTimer)]
        assert moved == [29, 4, 8]


class TestPromisedPapers:
    def owing(self) -> Chat:
        data = {
            "receipt_no": "S1",
            "promised_by": "2026-12-09",
            **DAYS,
            "items": [{"material": "residence_permit", "title": "居住证"}],
        }
        return report(reported(1, 2), 3, "accepted_deferred", data)

    def test_work_begins_and_what_is_owed_is_told(self) -> None:
        chat = self.owing()

        assert chat.heard[-1] == (
            "CS-1120-0038受理了，我们先开始办，最晚12月9日(周三)办好。\n"
            "还欠1样：居住证。12月4日(周五)前补给我，回“补材料”就行。"
        )
        assert chat.labels == ["现在补"]
        assert "还差1样：居住证" in chat.say("进度").heard[-2]

    def test_a_paper_is_supplied_with_all_its_pages(self) -> None:
        chat = self.owing().say("补材料").send_photo()
        supply = chat.ordered(Supply)[0]
        assert supply.kind == "deferrals"
        assert [(each["material"], each["page"]) for each in supply.pages] == [("residence_permit", "front")]

        report(chat, 4, "deferral_supplied", {"material": "residence_permit"})
        case = chat.session.cases[reference(chat)]
        assert (case["state"], case["ask"]) == ("accepted", None)
        assert chat.heard[-1] == "CS-1120-0038：居住证收到了。"
        assert ("受理了", "now") in [(label, state) for label, state, _ in steps(chat)]

    def test_a_promise_not_kept_is_told_with_a_way_on(self) -> None:
        chat = report(self.owing(), 4, "revoked", {"reason": "居住证没有补来。"})

        assert "受理撤销了。原因：居住证没有补来。" in chat.heard[-1]
        assert chat.labels == ["再申请"]
        assert chat.session.cases[reference(chat)]["ended"]


class TestApplyingAgain:
    def ended(self, type_: str = "deemed_withdrawn") -> Chat:
        return report(asked_to_correct(BACK), 4, type_, {"keep_until": "2026-12-20"})

    def test_nobody_is_told_off_and_everything_is_kept(self) -> None:
        chat = self.ended()

        assert chat.heard[-1] == (
            "CS-1120-0038要补的还没到齐，这一次就先算撤回了。\n"
            "不要紧，您填的和拍的我留到12月20日(周日)，随时能再申请。"
        )
        assert chat.session.cases[reference(chat)]["ask"] is None

    @pytest.mark.parametrize("how", ["再申请", "1", "重新申请"])
    def test_the_answers_are_there_to_be_confirmed(self, how: str) -> None:
        chat = self.ended().say(how)
        assert "户口在常山吗：您上次填的是“在”" in chat.heard[-1]

        chat.say("是", "是", "是", "是").tap("同意")
        chat.say("是", "是", "是").tap("用那张", "用那张", "都对，交上去")
        first, second = chat.ordered(Submit)
        assert first.application["answers"] == second.application["answers"]
        assert [each["file"] for each in first.pages] == [each["file"] for each in second.pages]
        assert first.reference != second.reference

    def test_photos_belong_to_one_case_at_a_time(self) -> None:
        chat = self.ended()
        before = reference(chat)
        chat.say("再申请")

        assert chat.session.cases[before]["files"] == []
        chat.now += timedelta(days=31)
        chat.happen(TimerFired("forget_case", before))
        assert not chat.ordered(ForgetFile)

    def test_the_button_works_once_and_later_says_so(self) -> None:
        chat = self.ended()
        button = chat.choices[0].id
        chat.tap_id(button).tap_id(button)

        assert chat.heard[-2] == "您回来了，咱们接着办。"
        assert chat.at == "hukou"

    def test_what_is_approved_is_not_applied_for_again(self) -> None:
        assert "没有要再申请的" in reported(1, 2, 3, 4, 5, 6).say("再申请").heard[-2]


REST = {"reason": "要到店里看一下。", "kind": "2"}
TOLD: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("suspended", {**REST, "until": "2026-12-01"}, "预计12月1日(周二)接着办"),
    ("suspended", {**REST, "until": ""}, "一接着办，我就告诉您"),
    ("resumed", {"promised_by": "2026-12-09"}, "接着办了。最晚12月9日(周三)办好"),
    (
        "extended",
        {"reason": "等省里回话。", "promised_by": "2026-12-09"},
        "最晚12月9日(周三)办好。\n原因：等",
    ),
    ("stage_changed", {"stage": "核对年限", "level": "4"}, "县里在办，核对年限。最晚11月25日(周三)办好"),
    ("payment_due", {"amount": "35.00", "link": "https://pay.zjzwfw.gov.cn/x"}, "pay.zjzwfw.gov.cn/x"),
    ("payment_due", {"amount": "35.00", "link": "https://gov.cn.evil.com/"}, "问工作人员，回0"),
    ("payment_due", {"amount": "35.00", "link": "http://pay.gov.cn/evil"}, "问工作人员，回0"),
    ("payment_due", {"amount": "35.00", "link": "https://pay.gov.cn@evil.com/.gov.cn"}, "问工作人员，回0"),
    ("dispatched", {"carrier": "邮政EMS", "tracking_no": "EA1"}, "邮政EMS，单号EA1"),
    ("rescheduled", {"what": "promised", "day": "2027-01-08", "provisional": True}, "（暂定）办好"),
    ("answer_overdue", {"since": "2026-11-21"}, "要是办许可证，法律上从11月21日(周六)起就算受理了"),
    ("rescheduled", {"what": "contact", "day": "2027-01-05"}, "最晚2027年1月5日(周二)有负责人联系您"),
)


@pytest.mark.parametrize(("type_", "data", "words"), TOLD)
def test_each_piece_of_news_is_told_in_plain_words(type_: str, data: dict[str, Any], words: str) -> None:
    chat = report(reported(1, 2, 3), 4, type_, data)

    assert words in chat.heard[-1]
    assert "evil" not in chat.heard[-1]


def test_while_it_rests_no_day_is_promised() -> None:
    chat = report(reported(1, 2, 3, 4), 5, "suspended", {"reason": "要看现场。", "until": "2026-12-01"})
    assert "最晚" not in chat.say("进度").said[0].text

    report(chat, 6, "resumed", {"promised_by": "2026-12-09"})
    assert "最晚12月9日(周三)办好" in chat.say("进度").said[0].text
