"""A package (一件事): asked once, confirmed once, handed in as one application for each child."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.publishing import definition
from dialogs.script.filings import every
from dialogs.script.situations import situations
from dialogs.turn import (
    ApplicationDelayed,
    ApplicationReceived,
    ApplicationRefused,
    ForgetFile,
    OpenTicket,
    ProgressReported,
    Submit,
    Supply,
    TimerFired,
    TrackCase,
    Withdraw,
)
from tests.dialogs.packages import package, script
from tests.dialogs.scripts import TODAY, faults
from tests.dialogs.talking import Chat, play

PERSON = ("胡某某", "999901198803050247")


def at_the_read_back(wants: str = "1、2", *more: str) -> Chat:
    """Return a conversation in which all is told and sent but the last yes."""
    chat = play("subsidies", script()).say(wants).say("同意", *PERSON, *(more or ("W-1", "P-2")))
    while chat.at != "read_back":
        chat.send_photo()
    return chat


def handed_in(wants: str = "1、2", *more: str) -> Chat:
    return at_the_read_back(wants, *more).say("对")


class TestTheScript:
    def test_every_situation_says_which_children_it_hands_in(self) -> None:
        assert [each.children for each in situations(script(), TODAY).all] == [
            ("water",),
            ("power",),
            ("water", "power"),
        ]

    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            ("    answers: [water_account]\n", "    answers: [water_acount]\n", "unknown-question"),
            ("    materials: [power_bill]\n", "    materials: [power_bil]\n", "unknown-paper"),
            ("  - id: power\n    title", "  - id: water\n    title", "duplicate-id"),
            ("children: [water, power]}", "children: [water, gas]}", "unknown-child"),
            ("children: [water, power]}", "children: [power]}", "scenario-fails"),
            ("id: subsidies", f"id: {'s' * 40}", ""),
            ("  - id: power\n    title", f"  - id: p{'o' * 38}wer\n    title", "bad-form"),
        ],
    )
    def test_parts_that_do_not_fit_are_found(self, old: str, new: str, code: str) -> None:
        found = {each.code for each in faults(package((old, new)))}

        assert code in found if code else not found

    def test_a_name_the_office_has_no_room_for_is_found(self) -> None:
        text = package(("id: subsidies", f"id: {'s' * 40}"), ("- id: power\n", f"- id: {'p' * 30}\n"))

        assert "long-id" in {each.code for each in faults(text)}

    @pytest.mark.parametrize(
        ("old", "new", "code", "node"),
        [
            ("days: 5, kind: working", "days: 4, kind: working", "late-child", "children.power.item"),
            (
                "office: changshan_market",
                "office: changshan_marked",
                "unknown-office",
                "children.water.item.office",
            ),
            ("days: 3, kind: working", "days: 30, kind: working", "late-promise", "children.water.item"),
        ],
    )
    def test_each_child_keeps_the_rules_of_an_item(self, old: str, new: str, code: str, node: str) -> None:
        found = {each.code: each.node for each in faults(package((old, new)))}

        assert found[code].startswith(node)

    def test_a_child_nobody_hands_in_is_found(self) -> None:
        text = package(("when: \"'power' in answers.wants\"\n    answers", "when: 'false'\n    answers"))

        found = faults(text)
        assert [each.node for each in found if each.code == "unreachable"] == ["children.power"]
        assert [each.what for each in found if each.code == "empty-package"]

    def test_what_is_asked_for_and_goes_nowhere_is_shown_with_somebody_who_meets_it(self) -> None:
        text = package(("    when: \"'water' in answers.wants\"\n    ask", "    ask"))

        (found,) = [each for each in faults(text) if each.code == "for-nobody"]
        assert found.node == "form.water_account"
        assert "wants=power" in found.what

    def test_a_child_reads_what_is_known_at_the_notice(self) -> None:
        text = package(
            (
                "when: \"'power' in answers.wants\"\n    answers",
                "when: age(answers.id_number) > 60\n    answers",
            )
        )

        assert {each.code for each in faults(text)} == {"read-too-early"}

    def test_the_office_is_told_each_child_as_a_service_of_its_own(self) -> None:
        water, power = (definition(script(), each) for each in every(script()))

        assert (water["id"], water["item"]["office"]) == ("subsidies_water", "changshan_market")
        assert [step["id"] for step in water["form"]] == ["name", "id_number", "water_account"]
        assert [paper["id"] for paper in power["materials"]] == ["certificate", "power_bill"]


class TestOneNoticeOneFormOneYes:
    def test_the_notice_names_the_children_and_counts_shared_papers_once(self) -> None:
        chat = play("subsidies", script()).say("1、2")

        text, card = chat.said[0].text, chat.said[0].card
        assert text.startswith(
            "一次交，办2件：自来水补助、用电补助。\n您这种情况，一共只要2样：低保证、电费单。"
        )
        assert card is not None
        assert card.body["sections"][0]["lines"] == [
            "自来水补助：常山水务，最晚11月26日(周四)",
            "用电补助：常山供电，最晚11月30日(周一)",
        ]

    def test_with_one_child_it_is_an_errand_like_any_other(self) -> None:
        chat = handed_in("1", "W-1")

        assert "2件" not in "\n".join(chat.heard)
        (submit,) = chat.ordered(Submit)
        assert "package" not in submit.application
        assert submit.application["service"]["id"] == "subsidies_water"

    def test_other_children_are_told_anew_though_the_papers_are_the_same(self) -> None:
        chat = play("subsidies", script()).say("2", "同意").say("修改 办哪几项").say("1、2")

        assert chat.said[0].text.startswith("一次交，办2件")

    def test_it_is_read_back_once(self) -> None:
        text = at_the_read_back().said[-1].text

        assert text.startswith("一次交2件：自来水补助、用电补助。\n我念一遍：\n")
        assert text.count("胡某某") == text.count("低保证") == 1


class TestHandingIn:
    def test_each_child_is_handed_in_by_itself(self) -> None:
        chat = handed_in()

        water, power = chat.ordered(Submit)
        assert chat.heard[-1] == "好，2件一起替您交上去，一件一个号码。"
        assert len({water.reference, power.reference}) == 2
        assert [each.service for each in chat.ordered(TrackCase)] == ["subsidies_water", "subsidies_power"]
        assert water.application["package"] == power.application["package"]
        assert water.application["package"] | {"reference": ""} == {
            "reference": "",
            "title": "水电补助",
            "of": 2,
        }

    def test_an_office_gets_what_concerns_it_and_no_more(self) -> None:
        water, power = handed_in().ordered(Submit)

        assert _keys(water) == ["name", "id_number", "water_account"]
        assert _keys(power) == ["wants", "name", "id_number", "power_account"]
        assert _papers(water) == ["certificate.page"]
        assert _papers(power) == ["certificate.page", "power_bill.page"]
        assert water.pages[0]["file"] == power.pages[0]["file"]
        assert (water.application["office"], power.application["office"]) == (
            "changshan_market",
            "changshan_police",
        )
        assert [each.application["limits"]["promised"]["days"] for each in (water, power)] == [3, 5]

    def test_the_same_turn_names_them_the_same(self) -> None:
        first, second = at_the_read_back(), at_the_read_back()

        assert [each.reference for each in first.say("对").ordered(Submit)] == [
            each.reference for each in second.say("对").ordered(Submit)
        ]


def _keys(submit: Any) -> list[str]:
    return [row["key"] for row in submit.application["answers"]]


def _papers(submit: Any) -> list[str]:
    return [f"{page['material']}.{page['page']}" for page in submit.pages]


def received(*children: str) -> Chat:
    """Return a conversation whose children have a number, all of them unless some are named."""
    chat = handed_in()
    for number, (own, case) in enumerate(list(chat.session.cases.items()), start=1):
        if not children or case["child"] in children:
            chat.happen(ApplicationReceived(own, f"CS-1120-000{number}", "2026-11-23"))
    return chat


def own(chat: Chat, child: str) -> str:
    return next(reference for reference, case in chat.session.cases.items() if case["child"] == child)


def report(chat: Chat, child: str, *events: tuple[str, dict[str, Any]]) -> Chat:
    for type_, data in events:
        reference = own(chat, child)
        case = chat.session.cases[reference]
        chat.happen(ProgressReported(reference, case["number"], case["seq"] + 1, type_, chat.now, data))
    return chat


Events = tuple[tuple[str, dict[str, Any]], ...]
WHY = {"why": "停用了。", "how": "恢复用电再来。", "rights": ""}
GOOD: Events = (("preregistered", {}), ("decided", {"result": "approved", "note": ""}))
BAD: Events = (("preregistered", {}), ("decided", {"result": "denied", **WHY}))


class TestEachForItself:
    def test_each_child_has_its_own_receipt(self) -> None:
        chat = received()

        assert chat.heard[-2:] == [
            "自来水补助：交上去了。号码CS-1120-0001。最晚11月23日(周一)给您回话。",
            "用电补助：交上去了。号码CS-1120-0002。最晚11月23日(周一)给您回话。",
        ]
        card = chat.said[-1].card
        assert card is not None
        assert [row["value"] for row in card.body["rows"]][:2] == ["用电补助", "常山供电"]

    def test_silence_is_told_once_for_all(self) -> None:
        chat = handed_in()
        for reference in chat.session.cases:
            chat.happen(ApplicationDelayed(reference))

        assert len([text for text in chat.heard if "没有回音" in text]) == 1
        assert {case["state"] for case in chat.session.cases.values()} == {"delayed"}

    def test_a_child_there_already_leaves_the_shared_photos_to_the_others(self) -> None:
        chat = handed_in()
        chat.happen(ApplicationRefused(own(chat, "power"), "duplicate", "CS-1101-0007"))

        assert chat.heard[-1].startswith("用电补助：这件事您已经交过了，号码CS-1101-0007，不用再交。")
        assert [each.file for each in chat.ordered(ForgetFile)] == ["photo2"]  # the power bill, and no more
        chat.happen(ApplicationReceived(own(chat, "water"), "CS-1120-0001", "2026-11-23"))
        assert chat.heard[-1].startswith("自来水补助：交上去了。")

    def test_a_child_not_taken_goes_to_a_person_and_nobody_hands_in_twice(self) -> None:
        chat = handed_in()
        chat.happen(ApplicationRefused(own(chat, "power"), "422"))

        assert [each.reason for each in chat.ordered(OpenTicket)] == ["refused"]
        assert chat.session.script == ""
        assert "photo2" in chat.session.cases[own(chat, "power")]["files"]

    def test_news_say_which_child_they_are_about(self) -> None:
        chat = report(received(), "power", ("preregistered", {}), ("accepted", {"promised_by": "2026-11-27"}))

        assert chat.heard[-1] == "用电补助：CS-1120-0002受理了，就是我们开始办了。最晚11月27日(周五)办好。"

    def test_one_card_shows_how_all_stand(self) -> None:
        chat = report(report(received(), "water", *GOOD), "power", *BAD)

        assert chat.heard[-1].endswith("\n水电补助，2件：1件办好了，1件没批。")
        card = chat.said[-1].card
        assert card is not None
        assert (card.title, card.body["number"]) == ("水电补助，2件：1件办好了，1件没批", "")
        assert card.body["steps"] == [
            {"label": "自来水补助 CS-1120-0001", "state": "done", "at": "办好了 11月20日(周五)"},
            {"label": "用电补助 CS-1120-0002", "state": "stopped", "at": "没批 11月20日(周五)"},
        ]

    def test_the_card_is_the_same_one_whichever_child_has_news(self) -> None:
        chat = report(received(), "water", *GOOD)
        first = chat.said[-1].card
        report(chat, "power", *BAD)
        second = chat.said[-1].card

        assert first is not None
        assert second is not None
        assert first.body["package"] == second.body["package"] != ""

    def test_progress_is_told_once_for_the_package(self) -> None:
        chat = report(received(), "water", *GOOD).say("进度")

        assert chat.said[0].text == (
            "水电补助，2件：1件办好了，1件在办。\n"
            "自来水补助 CS-1120-0001：办好了 11月20日(周五)\n"
            "用电补助 CS-1120-0002：交上去了 最晚11月23日(周一)"
        )
        assert sum("水电补助" in each.text for each in chat.said) == 1

    def test_a_refusal_stays_one_when_its_file_is_closed(self) -> None:
        chat = report(received(), "power", *BAD, ("delivered", {}), ("closed", {})).say("进度")

        assert "1件没批" in chat.said[0].text

    def test_each_case_is_rated_by_itself(self) -> None:
        chat = report(received(), "water", *GOOD, ("delivered", {}), ("rating_requested", {}))
        assert "“自来水补助”办完了" in chat.heard[-1]

        chat.tap("满意")
        assert {case["child"]: case["rating"] for case in chat.session.cases.values()} == {
            "water": "2",
            "power": "",
        }

    def test_shared_photos_are_kept_for_as_long_as_one_case_may_need_them(self) -> None:
        chat = report(report(received(), "water", *GOOD, ("delivered", {})), "power", *BAD)
        chat.now += timedelta(days=31)
        chat.happen(TimerFired("forget_case", own(chat, "power")))
        assert [each.file for each in chat.ordered(ForgetFile)] == ["photo2"]

        chat.happen(TimerFired("forget_case", own(chat, "water")))
        assert [each.file for each in chat.ordered(ForgetFile)] == ["photo2", "photo1"]


class TestTakingBack:
    def test_one_child_is_taken_back_and_the_other_goes_on(self) -> None:
        chat = received().say("撤回")
        assert chat.heard[-1] == "您要撤回哪一件？"
        assert chat.labels == ["自来水补助 CS-1120-0001", "用电补助 CS-1120-0002", "2件都撤回", "不撤回"]

        chat.tap("用电补助 CS-1120-0002").tap("是，撤回")
        assert [each.number for each in chat.ordered(Withdraw)] == ["CS-1120-0002"]

    def test_all_are_taken_back_with_one_yes(self) -> None:
        chat = received().say("撤回", "3")
        assert chat.heard[-1].startswith("要把这2件都撤回吗？")

        chat.say("是")
        assert [each.number for each in chat.ordered(Withdraw)] == ["CS-1120-0001", "CS-1120-0002"]

    def test_nothing_is_taken_back_without_a_choice(self) -> None:
        chat = received().say("撤回", "不撤回")

        assert not chat.ordered(Withdraw)
        assert chat.heard[-1] == "好，不撤回，接着办。"

    def test_what_was_decided_meanwhile_is_not_among_them(self) -> None:
        chat = report(received(), "water", *GOOD).say("撤回")

        assert chat.heard[-1].startswith("要撤回CS-1120-0002吗？")


class TestWhatOneOfficeWants:
    def test_a_correction_is_asked_for_one_child_and_stands_apart_in_the_card(self) -> None:
        item = {"slot": "power_bill.page", "title": "电费单", "reason": "看不清户号。", "example": ""}
        asked = {"items": [item], "by": "2026-12-04", "round": 1, "remind": [], "provisional": False}
        chat = report(received(), "power", ("preregistered", {}), ("correction_requested", asked))

        told = next(each for each in chat.said if "电费单" in each.text)
        assert told.text.startswith("用电补助：")
        assert told.card is not None
        assert told.card.title == "水电补助，2件：1件在办，1件要补材料"
        assert [step["state"] for step in told.card.body["steps"]] == ["now", "now"]

        chat.send_photo()
        (supply,) = chat.ordered(Supply)
        assert (supply.reference, supply.number) == (own(chat, "power"), "CS-1120-0002")

    def test_applying_again_for_one_keeps_what_only_it_had_and_touches_no_other(self) -> None:
        chat = report(received(), "power", *BAD).tap("再申请")
        assert chat.session.cases[own(chat, "water")]["files"] == ["photo1"]

        chat.say("不是", "2", "同意")
        for _ in range(9):
            if chat.at == "read_back":
                break
            _goes_on(chat)
        chat.say("对")
        assert [each.application["service"]["id"] for each in chat.ordered(Submit)[2:]] == ["subsidies_power"]


def _goes_on(chat: Chat) -> None:
    """Confirm what is kept, photograph what is not."""
    if "." not in chat.at:
        chat.say("是")
    elif "用那张" in chat.labels:
        chat.tap("用那张")
    else:
        chat.send_photo()


def test_a_paper_is_owed_until_the_first_child_that_wants_it_needs_it() -> None:
    """Water promises three working days and power five: what both want is owed until water's day."""
    owing = script(
        ("en: Certificate}, pages: [page]}", "en: Certificate}, pages: [page], deferrable: true}"),
        ("    when: \"'power' in answers.wants\"\n    pages: [page]\n",
         "    when: \"'power' in answers.wants\"\n    pages: [page]\n    deferrable: true\n"),
    )  # fmt: skip
    chat = play("subsidies", owing).say("1、2").say("同意", *PERSON, "W-1", "P-2")
    both = chat.say("没带").heard[-1]
    powers = chat.tap("同意").say("没带").heard[-1]

    assert "低保证可以先欠着" in both
    assert "11月23日(周一)" in both
    assert "电费单可以先欠着" in powers
    assert "11月25日(周三)" in powers
