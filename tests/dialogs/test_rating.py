"""The mark at the end: asked once, reminded of once, typed beside an errand, given again when mended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dialogs.messages import News
from dialogs.turn import ProgressReported, Rate, Say, SetTimer, TimerFired
from tests.dialogs.talking import Chat
from tests.dialogs.test_engine import reference
from tests.dialogs.test_progress import reported


def asked() -> Chat:
    return reported(1, 2, 3, 4, 5, 6, 7)


def later(chat: Chat, kind: str, **data: Any) -> Chat:
    seq = chat.session.cases[reference(chat)]["seq"] + 1
    return chat.happen(ProgressReported(reference(chat), "CS-1120-0038", seq, kind, chat.now, data))


def mended(chat: Chat, until: str = "2026-12-02") -> Chat:
    later(chat, "followup_opened", contact_by="2026-11-23")
    return later(chat, "followup_closed", result="窗口多开了一个", rerate_until=until)


def marks(chat: Chat) -> list[tuple[int, str, bool]]:
    return [(each.code, each.words, each.named) for each in chat.ordered(Rate)]


def reminders(chat: Chat) -> list[SetTimer]:
    return [each for each in chat.ordered(SetTimer) if each.name == "rating_reminder"]


def test_he_is_reminded_after_three_days_once() -> None:
    chat = asked()
    (timer,) = reminders(chat)
    assert timer.due - chat.now < timedelta(days=3) < timer.due - chat.now + timedelta(minutes=1)
    for _ in range(2):
        chat.happen(TimerFired(timer.name, timer.key))

    assert sum("这次服务您满意吗" in text for text in chat.heard) == 2
    assert len(reminders(chat)) == 1


def test_a_mark_that_is_given_is_not_reminded_of() -> None:
    chat = asked().tap("满意")
    chat.happen(TimerFired("rating_reminder", reference(chat)))

    assert chat.said == []


def test_nothing_is_marked_for_who_says_nothing() -> None:
    chat = asked()
    chat.happen(TimerFired("rating_reminder", reference(chat)))
    later(chat, "closed")

    assert marks(chat) == []
    assert chat.session.cases[reference(chat)]["rating"] == "asked"


def test_the_question_carries_what_a_notice_needs() -> None:
    chat = asked()
    (said,) = [each.message for each in chat.turns[-1] if isinstance(each, Say)]

    assert isinstance(said.news, News)
    assert (said.news.number, said.news.title) == ("CS-1120-0038", "灵活就业人员参保登记")


def test_who_asks_how_it_goes_is_asked_for_the_mark_that_is_not_given() -> None:
    chat = asked().say("你好")
    assert "这次服务您满意吗" not in chat.said[-1].text

    said = chat.say("进度").said[-1]
    assert "这次服务您满意吗" in said.text
    assert said.news is None, "he is talking with us: it is not held back for a quota"

    assert [code for code, _, _ in marks(chat.say("2"))] == [2]
    assert not any("这次服务您满意吗" in each.text for each in chat.say("进度").said)


@pytest.mark.parametrize(
    ("said", "mark"),
    [
        ("评5", (5, "", False)),
        ("评价 5 等太久", (5, "等太久", False)),
        ("非常不满意", (5, "", False)),
        ("评２", (2, "", False)),
        ("rate 1", (1, "", False)),
    ],
)
def test_a_mark_is_typed_while_an_errand_asks_and_the_errand_goes_on(
    said: str, mark: tuple[int, str, bool]
) -> None:
    chat = asked().say("我要办养老认证")
    at = chat.at
    chat.say(said)

    assert marks(chat) == [mark]
    assert chat.at == at
    assert len(chat.said) == 2, "thanks, and the errand's question again"


def test_a_bare_number_answers_the_errand_that_asks_for_one() -> None:
    chat = asked().say("我要办养老认证").say("1")

    assert marks(chat) == []


def test_who_is_asked_beside_an_errand_is_told_how_to_type_it() -> None:
    chat = reported(1, 2, 3, 4, 5, 6).say("我要办养老认证")
    later(chat, "rating_requested")

    assert "前面加个“评”" in chat.heard[-1]


def test_who_wants_a_call_gives_his_name_and_who_does_not_stays_unknown() -> None:
    call = asked().tap("非常不满意").say("等太久").tap("给我打电话")
    unknown = asked().tap("非常不满意").tap("不说了").tap("不用打")

    assert marks(call) == [(5, "", False), (5, "等太久", False), (5, "等太久", True)]
    assert marks(unknown) == [(5, "", False)]


def test_what_follows_is_told_with_its_day() -> None:
    chat = asked().say("5 等太久").tap("不用打")
    later(chat, "followup_opened", contact_by="2026-11-23")

    assert chat.heard[-1].endswith("最晚11月23日(周一)给您说法。")


def test_after_it_was_mended_one_more_mark_may_be_given() -> None:
    chat = mended(asked().say("5 等太久").tap("不用打"))
    assert "我们改了：窗口多开了一个" in chat.heard[-1]
    chat.tap("满意").say("你好").tap_id(f"rate.{reference(chat)}:1")

    assert [code for code, _, _ in marks(chat)] == [5, 2]
    assert chat.heard[-1] == "您评过了，谢谢。"
    assert len(reminders(chat)) == 1, "nobody is reminded to rate again"


def test_a_second_bad_mark_offers_a_person_and_asks_no_more() -> None:
    chat = mended(asked().say("5 等太久").tap("不用打")).say("5 还是慢")

    assert [code for code, _, _ in marks(chat)] == [5, 5]
    assert "回0" in chat.heard[-1]
    assert chat.session.aside is None


def test_the_second_mark_has_its_time() -> None:
    chat = mended(asked().say("5 等太久").tap("不用打"))
    chat.now += timedelta(days=20)
    chat.tap("满意")

    assert [code for code, _, _ in marks(chat)] == [5]
    assert chat.session.cases[reference(chat)]["rating"] == "5"


def test_a_follow_up_that_ends_without_another_mark_says_so_kindly() -> None:
    chat = mended(asked().say("5 等太久").tap("不用打"), until="")

    assert "处理完了，谢谢您" in chat.heard[-1]
    assert chat.session.cases[reference(chat)]["rating"] == "5"


def test_another_last_day_for_a_second_mark_is_told_and_holds() -> None:
    chat = mended(asked().tap("不满意").say("没有了", "不用"), until="2026-12-02")
    later(chat, "rescheduled", what="rerate", day="2026-12-03", provisional=False)
    assert "想再评一次，12月3日(周四)前都行" in chat.heard[-1]

    chat.now += timedelta(days=13)  # the old day is over, the new one is not
    chat.tap("满意")
    assert [code for code, *_ in marks(chat)][-1] == 2
