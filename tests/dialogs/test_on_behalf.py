"""A signed-in agent applies for a villager: whose errand it is, phone, authorisation; both are told."""

from __future__ import annotations

from typing import Any

from dialogs.turn import (
    AgentDismissed,
    AgentSignedIn,
    ApplicationReceived,
    ApplicationRefused,
    Erase,
    ForgetFile,
    Opened,
    OpenTicket,
    ProgressReported,
    SignOutAgent,
    Submit,
    Supply,
    TextLost,
    TextTo,
    TimerFired,
)
from intake.contract import fits
from tests.dialogs.talking import Chat

LI, HU = ("李水木", "999901197601203159"), ("胡某某", "999901198803050247")
YE = AgentSignedIn("a1", "叶某某", "球川村")
PHONE = "13800000000"
SITUATION = ("在", "没有单位，自己干", "养老", "自己在手机上交")


def for_villager(chat: Chat | None = None) -> Chat:
    return (chat or Chat()).happen(YE).say("想在常山交社保").tap("帮村民办")


def authorised(chat: Chat | None = None, phone: str = PHONE) -> Chat:
    return for_villager(chat).say(*SITUATION, "同意", phone).send_photo()


def handed_in(who: tuple[str, str] = LI, chat: Chat | None = None, phone: str = PHONE) -> Chat:
    """Hand in for a villager and get a number: CS-1120-0001, then 0002 ..."""
    chat = authorised(chat, phone).say(*who).tap("最低档（60%）").send_photo().send_photo().say("对")
    orders = chat.ordered(Submit)
    return chat.happen(ApplicationReceived(orders[-1].reference, f"CS-1120-{len(orders):04}", "2026-11-23"))


def reference(chat: Chat, place: int = 0) -> str:
    return list(chat.session.cases)[place]


def news(chat: Chat, kind: str, place: int = 0, seq: int = 0, **data: Any) -> Chat:
    own = reference(chat, place)
    case = chat.session.cases[own]
    return chat.happen(ProgressReported(own, case["number"], seq or case["seq"] + 1, kind, chat.now, data))


DENIED: dict[str, Any] = {"result": "denied", "why": "材料不清楚。", "how": "重新拍一张。", "rights": ""}


# Whose errand it is


def test_whose_errand_it_is_is_asked_before_anything_else() -> None:
    chat = Chat().happen(YE).say("想在常山交社保")

    assert chat.said[-1].text == "帮谁办？"
    assert chat.labels == ["帮村民办", "给自己办"]
    assert chat.session.script == ""


def test_for_himself_the_road_is_as_for_anybody() -> None:
    chat = Chat().happen(YE).say("想在常山交社保").tap("给自己办")

    assert chat.at == "hukou"
    assert "agent" not in chat.session.answers


def test_who_signs_out_before_he_has_said_for_whom_goes_on_for_himself() -> None:
    chat = Chat().happen(YE).say("想在常山交社保", "退出代办")

    assert chat.at == "hukou"
    assert chat.say("在").at == "employed"


def test_the_consent_names_the_agent_and_what_he_has_to_bring() -> None:
    chat = for_villager().say(*SITUATION)

    assert "由球川村代办员叶某某替您办" in chat.said[-1].text
    assert "授权委托书" in chat.said[-1].text


def test_phone_and_authorisation_are_asked_for_once_after_the_consent() -> None:
    chat = for_villager().say(*SITUATION, "同意")
    assert "村民本人的手机号码" in chat.said[-1].text
    chat.say("123")
    assert "手机" in chat.said[-1].text
    chat.say(PHONE)
    assert "我委托球川村代办员叶某某替我办这件事" in chat.said[-1].text
    card = chat.said[-1].card
    assert card is not None
    assert card.body["slot"] == "authorisation.page"
    assert "叫什么名字" in chat.send_photo().said[-1].text


def test_a_number_the_script_asks_for_too_is_not_asked_for_again() -> None:
    chat = Chat().happen(YE).say("低保户水电费").tap("帮村民办").tap("批了，正在领")
    chat.say("1、2、3、4").tap("我打字").say("4", "同意", PHONE).send_photo().say(*LI)

    assert "几口人" in chat.said[-1].text
    assert chat.session.answers["phone"] == PHONE


def test_both_can_be_changed_by_name() -> None:
    chat = authorised().say("修改 授权委托书")
    assert "授权委托书" in chat.said[-1].text
    chat.send_photo()
    assert chat.ordered(ForgetFile)[-1].file == "photo1"
    chat.say("修改 村民手机", "13900000000").say("李水木")

    assert chat.session.answers["agent"]["phone"] == "13900000000"
    assert "身份证号码" in chat.said[-1].text


def test_agent_and_authorisation_are_handed_in_and_the_villager_is_the_applicant() -> None:
    (order,) = handed_in().ordered(Submit)

    body = order.application
    assert body["agent"] == {"id": "a1", "name": "叶某某", "village": "球川村"}
    assert body["applicant"]["name"] == "李水木"
    assert [each["id"] for each in body["materials"]] == ["id_card", "authorisation"]
    assert [each["material"] for each in order.pages] == ["id_card", "id_card", "authorisation"]
    assert fits("PreApplication", {**body, "reference": order.reference, "channel": "webchat"})


# Both are told


def test_both_hear_the_number() -> None:
    chat = handed_in()

    assert chat.said[0].text.startswith("（李**，尾号3159）交上去了。号码CS-1120-0001。")
    (text,) = chat.ordered(TextTo)
    assert text.phone == f"+86{PHONE}"
    assert text.text.startswith("您托球川村代办员叶某某办的灵活就业人员参保登记（CS-1120-0001）：交上去了")
    assert "李" not in text.text


def test_small_steps_are_told_to_the_agent_alone() -> None:
    chat = news(handed_in(), "preregistered")
    news(chat, "pre_review_started")
    assert "（李**" in chat.said[0].text
    assert len(chat.ordered(TextTo)) == 1
    news(chat, "accepted", receipt_no="S1", promised_by="2026-11-27")
    assert "受理" in chat.ordered(TextTo)[-1].text
    news(chat, "decided", **DENIED)
    assert "没批" in chat.ordered(TextTo)[-1].text


def test_news_that_comes_again_is_no_second_text() -> None:
    chat = news(handed_in(), "preregistered")
    news(chat, "accepted", receipt_no="S1", promised_by="2026-11-27")
    before = chat.ordered(TextTo)
    news(chat, "accepted", seq=2, receipt_no="S1", promised_by="2026-11-27")

    assert chat.ordered(TextTo) == before


def test_the_notice_for_the_agents_own_phone_does_not_go_to_the_villagers() -> None:
    said = handed_in().said[0]

    assert said.news is not None
    assert said.news.phone == ""


def test_where_no_text_gets_through_the_agent_is_asked_once_to_pass_it_on() -> None:
    chat = handed_in()
    chat.happen(TextLost(reference(chat)))
    assert chat.said[0].text.startswith("（李**，尾号3159）我的短信没发到村民手机上")
    assert chat.happen(TextLost(reference(chat))).said == []


def test_a_villager_without_a_phone_is_told_by_the_agent() -> None:
    chat = handed_in(phone="村民没有手机")

    assert chat.ordered(TextTo) == []
    assert "没有手机" in chat.said[1].text
    news(chat, "preregistered")
    assert not any("没有手机" in each.text for each in chat.said)


def test_the_mark_is_asked_of_the_villager() -> None:
    chat = handed_in()
    for kind in ("preregistered", "pre_review_started", "rating_requested"):
        news(chat, kind)

    assert "请替我们问问本人" in chat.said[-1].text


# Several villagers at once


def test_progress_is_listed_person_by_person() -> None:
    chat = handed_in(HU, handed_in(LI))
    chat.say("进度")

    assert [each.text[:12] for each in chat.said[:2]] == ["（李**，尾号3159）", "（胡**，尾号0247）"]


def test_taking_one_back_names_whose_it_is() -> None:
    chat = handed_in(HU, handed_in(LI)).say("撤回")

    assert chat.labels[0].startswith("（李**，尾号3159）")
    assert chat.labels[1].startswith("（胡**，尾号0247）")


def test_a_case_of_a_villager_cannot_be_asked_for_by_number() -> None:
    (case,) = handed_in().session.cases.values()

    assert case["tail"] == ""


def test_nothing_of_one_villager_is_offered_for_the_next() -> None:
    chat = for_villager().say("在", "没有单位，自己干", "养老", "自己在手机上交", "同意", "重来").say("是")
    chat.say("想在常山交社保").tap("帮村民办")

    assert "还是这样" not in chat.said[-1].text
    assert chat.session.dormant == {}


def test_what_he_lets_us_remember_of_himself_is_not_the_villagers_nor_the_other_way() -> None:
    own = Chat().say("记住我", "记住", "想在常山交社保", *SITUATION, "同意", *HU)
    own.tap("最低档（60%）").send_photo().send_photo().say("对")
    assert own.session.profile["values"]["name"] == "胡某某"
    chat = authorised(own).say(*LI)

    assert chat.session.answers["name"] == "李水木"
    chat.tap("最低档（60%）").send_photo().send_photo().say("对")
    assert chat.session.profile["values"]["name"] == "胡某某"


def test_what_he_laid_aside_for_himself_waits_while_he_does_a_villagers() -> None:
    chat = Chat().say("想在常山交社保", "在").happen(Opened("", scene="pension_check"))
    handed_in(chat=chat.say("重来", "是"))
    chat.say("想在常山交社保").tap("给自己办")

    assert "还是这样" in chat.said[-1].text


def test_a_poster_does_not_throw_away_a_villagers_errand() -> None:
    chat = for_villager().say("在").happen(Opened("", scene="pension_check"))

    assert "先办完" in chat.said[0].text
    assert chat.at == "employed"


def at_the_permit(chat: Chat, who: tuple[str, str]) -> Chat:
    """A villager from elsewhere, whose residence permit is wanted next."""
    chat.say("想在常山交社保").tap("帮村民办", "不在", "没有单位，自己干", "在常山交满了10年社保", "养老")
    chat.tap("自己在手机上交", "同意").say(PHONE).send_photo().say(*who, "1")
    return chat.send_photo().send_photo()


def test_a_promise_one_villager_broke_blocks_him_and_nobody_else() -> None:
    chat = at_the_permit(Chat().happen(YE), LI).say("没带").tap("同意").say("对")
    chat.happen(ApplicationRefused(reference(chat), "deferral-blocked"))
    chat.say("重来", "是")

    assert "不能先欠" in "".join(each.text for each in at_the_permit(chat, LI).say("没带").said)
    chat.say("重来", "是")
    assert "可以先欠着" in at_the_permit(chat, HU).say("没带").said[-1].text


def test_applying_again_keeps_to_the_same_villager() -> None:
    chat = handed_in()
    for kind in ("preregistered", "pre_review_started"):
        news(chat, kind)
    news(chat, "decided", **DENIED)
    chat.say("再申请")
    assert "还是这样" in chat.said[-1].text
    chat.say(*["是"] * 4, "同意")

    assert "授权委托书" in chat.said[-1].text, "his number is known; the authorisation is for each errand"
    chat.send_photo()
    assert "李水木" in chat.said[-1].text


# The agent goes


def test_in_the_middle_of_a_villagers_errand_he_does_not_sign_out() -> None:
    chat = for_villager().say("退出代办")

    assert "先办完" in chat.said[0].text
    assert chat.session.agent["id"] == "a1"


def test_signed_out_he_sees_and_hears_nothing_of_them_and_the_villager_still_does() -> None:
    chat = handed_in().say("退出代办")
    assert chat.ordered(SignOutAgent)
    assert "还没有" in chat.say("进度").said[0].text
    before = len(chat.ordered(TextTo))
    for kind in ("preregistered", "pre_review_started"):
        news(chat, kind)
    news(chat, "decided", **DENIED)
    assert chat.said == []
    assert len(chat.ordered(TextTo)) == before + 1
    assert chat.happen(TextLost(reference(chat))).said == []
    assert chat.ordered(OpenTicket)[-1].reason == "villager_unreached"

    assert "没批" in chat.happen(AgentSignedIn("a1", "叶某某", "球川村")).say("进度").said[0].text


def test_what_the_office_asks_for_waits_for_him() -> None:
    chat = handed_in()
    wanted = [{"slot": "authorisation.page", "title": "授权委托书", "reason": "没有签名。", "example": ""}]
    for kind in ("preregistered", "pre_review_started"):
        news(chat, kind)
    news(chat, "correction_requested", items=wanted, by="2026-12-04", round=1)
    assert "（李**，尾号3159）请拍授权委托书" in chat.said[-1].text
    chat.send_photo()

    (order,) = chat.ordered(Supply)
    assert order.supplement["materials"][0]["title"] == "授权委托书"


def test_a_removed_agent_hands_nothing_in_for_a_villager() -> None:
    chat = for_villager().say("在").happen(AgentDismissed("a1"))

    assert "已经删了" in chat.said[1].text
    assert (chat.session.script, chat.session.answers) == ("", {})


def test_removed_he_is_no_longer_asked_about_what_the_office_wants() -> None:
    chat = handed_in()
    wanted = [{"slot": "id_card.back", "title": "身份证反面", "reason": "看不清。", "example": ""}]
    for kind in ("preregistered", "pre_review_started"):
        news(chat, kind)
    news(chat, "correction_requested", items=wanted, by="2026-12-04", round=1)
    tap = chat.choices[0].id
    chat.happen(AgentDismissed("a1"))

    assert chat.session.aside is None
    assert "身份证反面" not in chat.say("补材料").said[0].text
    assert "身份证反面" not in "".join(each.text for each in chat.tap_id(tap).said)


def test_another_agent_on_the_same_phone_sees_his_own_cases_alone() -> None:
    chat = handed_in(LI)
    chat.happen(AgentSignedIn("a2", "徐某某", "东案村")).say("进度")
    assert "李**" not in "".join(each.text for each in chat.said)
    chat.say("想在常山交社保").tap("帮村民办").say("在").happen(YE)
    assert "已经删了" in "".join(each.text for each in chat.said)


def test_what_the_office_did_not_take_comes_back_only_to_a_signed_in_agent() -> None:
    for out, script in ((False, "flexible_enrolment"), (True, "")):
        chat = authorised().say(*LI).tap("最低档（60%）").send_photo().send_photo().say("对")
        if out:
            chat.say("退出代办")
        chat.happen(ApplicationRefused(reference(chat), "422"))
        assert chat.session.script.partition("@")[0] == script


# Keeping and forgetting


def test_a_villagers_photos_go_on_time_however_busy_his_agent_is() -> None:
    chat = handed_in(HU, handed_in(LI))
    for kind in ("preregistered", "pre_review_started"):
        news(chat, kind)
    news(chat, "decided", **DENIED)
    chat.happen(TimerFired("forget_case", reference(chat)))

    case = chat.session.cases[reference(chat)]
    assert (case["files"], case["answers"], case["villager"], case["phone"]) == ([], {}, "", "")


def test_erasing_himself_waits_for_villagers_and_leaves_their_cases_to_the_office() -> None:
    chat = handed_in().say("删除资料")
    assert "CS-1120-0001" in chat.said[0].text
    for kind in ("preregistered", "pre_review_started"):
        news(chat, kind)
    news(chat, "decided", **DENIED)
    chat.say("删除资料", "删掉")

    assert chat.ordered(Erase) == [Erase(())]


def test_a_text_message_is_short() -> None:
    assert len(handed_in().ordered(TextTo)[0].text) <= 100


def test_enough_of_it_means_gone_or_going_on() -> None:
    chat = for_villager().say("算了")
    assert "已帮您存着" not in chat.said[0].text

    chat.say("是")
    assert (chat.session.script, chat.session.put_away) == ("", {})


def test_another_wish_comes_after_the_villagers() -> None:
    chat = for_villager().say("我想先办养老认证")

    assert "先办完" in chat.said[0].text
    assert chat.at == "hukou"
