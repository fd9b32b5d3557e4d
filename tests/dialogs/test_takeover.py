"""A villager goes on himself with what an agent handed in: the code, his chat, what his agent keeps."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from dialogs.turn import (
    AgentDismissed,
    CasesClaimed,
    CasesEntrusted,
    CasesForgotten,
    EntrustCases,
    Erase,
    FetchProgress,
    ForgetFile,
    ForgetWords,
    HandoverAsked,
    OpenTicket,
    ProgressReported,
    Rate,
    SetTimer,
    Supply,
    SupplyReceived,
    TakeoverAsked,
    TextLost,
    TextTo,
    TrackCase,
    Withdraw,
)
from tests.dialogs.talking import START, Chat
from tests.dialogs.test_on_behalf import DENIED, PHONE, YE, handed_in, news, reference

UNTIL = START + timedelta(minutes=15)
CORRECTION: dict[str, Any] = {
    "items": [
        {"slot": "id_card.back", "title": "身份证反面", "reason": "看不清。", "example": "blurred"},
        {"slot": "name", "title": "姓名", "reason": "和身份证不一样。", "example": ""},
    ],
    "by": "2026-12-04",
    "round": 1,
    "provisional": False,
    "remind": ["2026-11-27", "2026-12-02", "2026-12-04"],
}
HIS = "01HISCHAT00000000000000000"


def claimed(agent: Chat) -> EntrustCases:
    """Have the villager claim the agent's first case; return what goes to him."""
    order: EntrustCases = agent.happen(CasesClaimed(reference(agent), HIS)).ordered(EntrustCases)[-1]
    return order


def taken(agent: Chat, his: Chat | None = None) -> Chat:
    """Return the villager's own chat, which has taken the agent's first case over."""
    order = claimed(agent)
    his = his or Chat(now=agent.now)
    return his.happen(CasesEntrusted(order.agent, order.cases))


# The code


def test_the_code_goes_to_his_own_phone_and_the_agent_hears_nothing_of_it() -> None:
    agent = handed_in()
    agent.happen(TakeoverAsked(reference(agent), "12345678", UNTIL))

    assert agent.said == []
    assert agent.ordered(TextTo)[-1] == TextTo(
        reference(agent),
        f"+86{PHONE}",
        "您要在自己手机上接着办CS-1120-0001，把1234 5678发给办事小助手，12:45前有效。"
        "不是您要的，谁也别告诉。",
    )


def test_it_does_so_too_when_the_agent_is_gone() -> None:
    agent = handed_in().happen(AgentDismissed("a1"))
    agent.happen(TakeoverAsked(reference(agent), "12345678", UNTIL))

    assert agent.said == []
    assert "1234 5678" in agent.ordered(TextTo)[-1].text


def test_there_is_no_code_for_who_has_no_phone() -> None:
    agent = handed_in(phone="村民没有手机")

    assert not agent.happen(TakeoverAsked(reference(agent), "12345678", UNTIL)).ordered(TextTo)


def test_there_is_no_second_code_once_it_is_his() -> None:
    agent = handed_in()
    claimed(agent)
    before = len(agent.ordered(TextTo))

    assert len(agent.happen(TakeoverAsked(reference(agent), "12345678", UNTIL)).ordered(TextTo)) == before


def test_what_is_said_where_it_is_asked_for_is_the_same_whether_it_fits_or_not() -> None:
    fits = Chat().happen(HandoverAsked(by_text=False, ticket="CS-1120-0001"))
    not_ = Chat().happen(HandoverAsked(by_text=False))

    assert [each.text for each in fits.said] == [each.text for each in not_.said]
    assert "我现在发不了" in fits.said[0].text
    assert [(each.reason, each.note) for each in fits.ordered(OpenTicket)] == [("takeover", "CS-1120-0001")]
    assert not not_.ordered(OpenTicket)
    assert "看您的手机短信" in Chat().happen(HandoverAsked()).said[0].text


# His own chat


def test_he_hears_how_it_stands_and_what_was_missed_is_fetched() -> None:
    agent = news(handed_in(), "accepted", promised_by="2026-11-27")
    his = taken(agent)

    assert his.said[0].text.startswith("接过来了，这是球川村代办员叶某某帮您交的")
    assert "CS-1120-0001" in his.said[1].text
    assert "11月27日" in his.said[1].text
    own = reference(agent)
    assert his.ordered(FetchProgress) == [FetchProgress(own, "CS-1120-0001", agent.session.cases[own]["seq"])]
    assert his.ordered(TrackCase)[-1].state == "accepted"


def test_from_now_on_it_is_his_alone_to_withdraw() -> None:
    agent = handed_in()
    his = taken(agent).say("撤回")
    his.tap(his.labels[0])
    assert [each.number for each in his.ordered(Withdraw)] == ["CS-1120-0001"]

    assert not agent.say("撤回").ordered(Withdraw)
    assert "撤回" not in agent.labels
    assert "CS-1120-0001" in agent.say("进度").said[0].text


def test_news_is_told_to_both_and_text_messages_end() -> None:
    agent = handed_in()
    his = taken(agent)
    texts = len(agent.ordered(TextTo))
    for chat in (agent, his):
        news(chat, "accepted", promised_by="2026-11-27")

    assert agent.said[0].text.startswith("（李**，尾号3159）CS-1120-0001受理了")
    assert his.said[0].text.startswith("CS-1120-0001受理了")
    assert his.said[0].news is not None
    assert his.said[0].news.phone == f"+86{PHONE}"  # where his app takes no news
    assert len(agent.ordered(TextTo)) == texts
    assert not agent.ordered(TrackCase)[-1].seq  # the row is his


def test_he_corrects_and_the_agent_is_told_what_is_wanted() -> None:
    agent = handed_in()
    his = taken(agent)
    for chat in (agent, his):
        news(chat, "correction_requested", **CORRECTION)

    assert "由他自己在手机上补" in agent.said[0].text
    assert len(agent.said) == 1
    assert agent.say("补材料").said[0].text.startswith("现在没有要补的")
    assert "请拍" in his.said[-1].text or "要再拍" in his.said[-1].text
    his.send_photo().say("李水木")
    assert his.ordered(Supply)[-1].reference == reference(agent)


def test_what_the_agent_was_in_the_middle_of_is_asked_of_him() -> None:
    """Also what was on its way: only the agent's chat would hear that it was not taken."""
    agent = news(handed_in(), "correction_requested", **CORRECTION).send_photo()
    photo = f"photo{agent._photos}"
    his = taken(agent)

    assert agent.session.aside is None
    assert photo in {each.file for each in agent.ordered(ForgetFile)}
    assert his.session.aside == {"is": "supplement", "reference": reference(agent)}
    assert his.session.cases[reference(agent)]["ask"]["given"] == {}
    assert [each.key for each in his.ordered(SetTimer) if each.name == "remind_case"]


def test_a_photo_on_its_way_is_kept_until_it_is_there() -> None:
    agent = news(handed_in(), "correction_requested", **CORRECTION).send_photo().say("李水木")
    order = agent.ordered(Supply)[-1]
    photo = f"photo{agent._photos}"
    his = taken(agent)

    assert photo not in {each.file for each in agent.ordered(ForgetFile)}
    assert his.session.cases[reference(agent)]["ask"]["sent"] == {}
    assert agent.happen(SupplyReceived(order.reference, order.key, "2026-12-01")).said == []


def test_he_rates_and_an_old_card_of_the_agents_does_nothing() -> None:
    agent = handed_in()
    news(agent, "decided", result="approved")
    news(agent, "delivered")
    news(agent, "rating_requested")
    card = agent.choices[0].id
    his = taken(agent)

    assert not agent.tap_id(card).ordered(Rate)
    assert his.tap("非常满意").ordered(Rate)[-1].code == 1


def test_the_mark_is_asked_of_him_alone() -> None:
    agent = handed_in()
    his = taken(agent)
    for chat in (agent, his):
        news(news(chat, "decided", result="approved"), "rating_requested")

    assert agent.said == []
    assert "这次服务您满意吗" in his.said[-1].text


def test_refused_he_applies_again_with_his_words_and_without_the_agents_photos() -> None:
    agent = handed_in()
    his = taken(agent)
    for chat in (agent, his):
        news(chat, "decided", **DENIED)

    assert not any(each.startswith("case.") for each in (choice.id for choice in agent.said[-1].choices))
    his.say("再申请")
    assert his.session.dormant["name"] == "李水木"
    assert not [
        value for value in his.session.dormant.values() if isinstance(value, dict) and "kept" in value
    ]
    assert "agent" not in his.session.answers


def test_the_photos_go_from_the_agents_chat_and_no_document_stays_there() -> None:
    agent = handed_in()
    files = set(agent.session.cases[reference(agent)]["files"])
    his = taken(agent)

    assert files <= {each.file for each in agent.ordered(ForgetFile)}
    case = agent.session.cases[reference(agent)]
    assert (case["answers"], case["files"], case["documents"], case["phone"]) == ({}, [], {}, "")
    assert his.session.cases[reference(agent)]["files"] == []


def test_documents_are_his_under_another_name() -> None:
    agent = handed_in()
    own = reference(agent)
    document = {"url": "/v1/d/1", "kind": "receipt", "title": "受理回执", "number": "N1"}
    agent.happen(ProgressReported(own, "CS-1120-0001", 1, "accepted", START, {}, document))
    [file] = agent.session.cases[own]["documents"]
    his = taken(agent)

    [kept] = his.session.cases[own]["documents"]
    assert kept != file
    assert "正在取" in his.say("文件").said[0].text or "受理回执" in his.said[0].text


def test_a_package_goes_as_one() -> None:
    chat = Chat().happen(YE).say("低保户水电费").tap("帮村民办").tap("批了，正在领")
    chat.say("1、2").tap("我打字").say("4", "同意", PHONE).send_photo().say("李水木", "999901195006150014")
    for answer in ("3", "S-20031", "D-77120"):
        chat.say(answer)
    while chat.at != "read_back":
        chat.send_photo()
    chat.say("对")
    for place in range(2):
        own = reference(chat, place)
        chat.happen(
            ProgressReported(own, f"CS-{place}", 1, "preregistered", START, {"answer_by": "2026-11-23"})
        )
    order = claimed(chat)

    assert len(order.cases) == 2
    assert "本人已经在自己手机上接着办了：自来水补助、用电补助" in chat.said[0].text
    his = Chat(now=chat.now).happen(CasesEntrusted(order.agent, order.cases))
    assert "2件：2件在办" in his.said[1].text


def test_what_has_no_number_yet_stays() -> None:
    agent = handed_in()
    own = reference(agent)
    agent.session.cases = {own: {**agent.session.cases[own], "number": ""}}

    assert claimed(agent).cases == {}
    assert agent.said == []


def test_nothing_to_take_is_told_like_a_code_that_does_not_fit() -> None:
    assert Chat().happen(CasesEntrusted({}, {})).said[0].text.startswith("这个码对不上")


def test_twice_is_once() -> None:
    agent = handed_in()
    order = claimed(agent)
    his = Chat().happen(CasesEntrusted(order.agent, order.cases))

    assert his.happen(CasesEntrusted(order.agent, order.cases)).said == []
    assert claimed(agent).cases == {}


def test_his_own_errand_is_not_interrupted() -> None:
    agent = news(handed_in(), "correction_requested", **CORRECTION)
    his = taken(agent, Chat().say("想在常山交社保"))

    assert his.at == "hukou"
    assert "您的户口在常山吗" in his.said[-1].text
    assert his.say("补材料").session.aside == {"is": "supplement", "reference": reference(agent)}


def test_a_clerk_is_not_talked_into() -> None:
    agent = handed_in()
    his = Chat()
    his.session.owner = "clerk:7"

    assert len(taken(agent, his).said) == 2
    assert his.session.aside is None


def test_the_agent_may_be_forgotten_while_he_follows_it() -> None:
    agent = handed_in()
    claimed(agent)

    agent.say("删除资料").tap("删掉")
    assert agent.ordered(Erase) == [Erase(())]


def test_who_is_forgotten_is_forgotten_in_the_agents_chat_too() -> None:
    agent = handed_in()
    own = reference(agent)
    his = taken(agent)
    his.happen(
        ProgressReported(own, "CS-1120-0001", his.session.cases[own]["seq"] + 1, "withdrawn", START, {})
    )
    assert his.say("删除资料").tap("删掉").ordered(Erase) == [Erase((own,))]

    news(agent, "withdrawn")
    ended = datetime.fromisoformat(agent.session.cases[own]["ended"])
    agent.happen(CasesForgotten((own,)))
    assert (agent.session.cases, agent.said) == ({}, [])
    assert agent.ordered(ForgetWords) == [ForgetWords(ended)]
    assert "还没有" in agent.say("进度").said[0].text


def test_a_case_that_is_not_followed_is_not_dropped_by_a_stray_word() -> None:
    agent = handed_in()

    assert reference(agent.happen(CasesForgotten((reference(agent),)))) == reference(agent)


def test_a_lost_text_message_about_it_concerns_nobody_any_more() -> None:
    agent = handed_in()
    claimed(agent)

    assert agent.happen(TextLost(reference(agent))).said == []


def test_a_removed_agent_hears_nothing_of_it() -> None:
    agent = handed_in().happen(AgentDismissed("a1"))
    his = taken(agent)
    assert agent.said == []
    for chat in (agent, his):
        news(chat, "accepted", promised_by="2026-11-27")

    assert agent.said == []
    assert his.said


def test_after_its_time_it_is_forgotten_in_both() -> None:
    agent = handed_in()
    his = taken(agent)
    for chat in (agent, his):
        news(chat, "closed")
    timers = [
        [each for each in chat.ordered(SetTimer) if each.name == "forget_case"] for chat in (agent, his)
    ]

    assert [len(each) for each in timers] == [1, 1]
