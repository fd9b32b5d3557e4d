"""What goes out to a platform that counts: nothing lost, the budget never exceeded, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from handlers.channels.base import Gone, MaybeSent, Part, Refused, TryLater, WaitForApplicant
from handlers.sending.speaking import REST
from tests.handlers.sending.town import CASE, HU, HU_TELEGRAM, HU_WEB, PHONE, Town

AGAIN = "怕您没收到，再发一遍："
LONG = "。".join(f"第{n}条" + "说明" * 40 for n in range(40)) + "。"  # about 10 kB


# Talk


async def test_what_is_said_together_leaves_as_one_message(town: Town) -> None:
    await town.writes("一|二|三")

    assert town.wechat.texts == ["答：一\n\n答：二\n\n答：三"]
    assert await town.states() == {"done": 3}


async def test_options_are_shown_as_the_platform_can(town: Town) -> None:
    await town.writes("问")
    await town.writes("问", HU_TELEGRAM)

    assert town.wechat.texts == ["哪一个？\n1. 甲\n2. 乙\n回号码就行。"]
    assert [choice.label for choice in town.telegram.parts[0].choices] == ["甲", "乙"]


async def test_long_words_go_on_where_they_stopped(town: Town) -> None:
    town.wechat.faults = [None, TryLater("busy", 5)]

    await town.writes(LONG)
    assert len(town.wechat.texts) == 1
    await town.later(seconds=5)

    assert "".join(town.wechat.texts).replace("\n", "") == "答：" + LONG
    assert await town.states() == {"done": 1}


async def test_words_that_are_more_than_may_be_sent_go_on_when_he_writes(town: Town) -> None:
    await town.writes(LONG * 2)

    assert len(town.wechat.texts) == 5
    assert await town.states() == {"held": 1}

    await town.writes("还有呢")

    assert "".join(town.wechat.texts).replace("\n", "") == "答：" + LONG * 2 + "答：还有呢"
    assert await town.states() == {"done": 2}


async def test_talk_goes_to_where_he_wrote_last(town: Town) -> None:
    await town.writes("你好")
    await town.join(HU_TELEGRAM)

    await town.writes("在这里", HU_TELEGRAM)

    assert (town.wechat.texts, town.telegram.texts) == (["答：你好"], ["答：在这里"])


# The budget


@pytest.mark.parametrize(
    ("vital", "noticed"),
    [((), ()), ((17,), (18, 19)), ((3, 5), range(4, 20)), (range(20), range(4, 20))],
    ids=["none", "late", "early", "all"],
)
async def test_twenty_pieces_of_news_in_48_hours_stay_within_the_budget_and_none_is_lost(
    town: Town, vital: Sequence[int], noticed: Sequence[int]
) -> None:
    await town.writes("你好")
    for n in range(20):
        await town.later(hours=2.3)
        await town.news(f"第{n}次进展", vital=n in vital)
    for _ in range(8):
        await town.later(minutes=45)

    assert len(town.wechat.texts) == 5
    assert {text for _, text in town.wechat.notices} == {f"{CASE} 第{n}次进展" for n in noticed}
    await town.writes("怎么样了")
    said = "".join(town.wechat.texts)
    assert [said.count(f"第{n}次进展") for n in range(20)] == [1] * 20
    assert await town.states() == {"done": 22}


async def test_the_last_message_is_kept_for_what_matters(town: Town) -> None:
    await town.writes("你好")
    for n in range(5):
        await town.news(f"第{n}次进展")
    assert len(town.wechat.texts) == 4

    await town.news("办好了", vital=True)

    assert town.wechat.texts[4:] == ["第3次进展\n\n第4次进展\n\n办好了"]


async def test_what_is_held_back_leaves_shortly_before_the_window_closes(town: Town) -> None:
    await town.writes("你好")
    for n in range(6):
        await town.news(f"第{n}次进展")

    await town.later(hours=46, minutes=58)
    assert len(town.wechat.texts) == 4
    await town.later(minutes=2)

    assert town.wechat.texts[4:] == ["第3次进展\n\n第4次进展\n\n第5次进展"]


async def test_what_is_held_back_does_not_push_what_matters_out(town: Town) -> None:
    await town.writes("你好")
    for n in range(4):
        await town.news(f"第{n}次进展")
    await town.news("长长的进展" * 130)

    await town.news("办好了" * 10, vital=True)

    assert town.wechat.texts[4:] == ["办好了" * 10]
    assert await town.states() == {"done": 5, "held": 2}


async def test_a_reply_may_use_the_last_message(town: Town) -> None:
    await town.writes("你好")
    for n in range(4):
        await town.news(f"第{n}次进展", vital=True)

    assert len(town.wechat.texts) == 5


async def test_after_a_tap_a_minute_is_all_there_is(town: Town) -> None:
    await town.writes("甲", means="tap")
    await town.later(minutes=2)

    await town.news("受理了")

    assert town.wechat.texts == ["答：甲"]
    assert town.wechat.notices == [("subscription", f"{CASE} 受理了")]


async def test_two_workers_that_speak_at_once_stay_within_the_budget(town: Town) -> None:
    await town.writes("沉默")
    senders = [town.sender(f"w{n}") for n in range(2)]
    for n in range(12):
        await town.news(f"第{n}次进展", vital=True, work=False)
        claimed = [await town.claim(worker) for worker in ("w0", "w1")]
        await asyncio.gather(*(senders[n].say(item) for n, items in enumerate(claimed) for item in items))

    assert len(town.wechat.texts) == 5


# When the window is closed


async def test_when_the_window_is_closed_a_notice_goes_out(town: Town) -> None:
    await town.writes("你好")
    town.wechat.closed = {"subscription"}
    await town.later(hours=49)

    await town.news("受理了", phone=PHONE)

    assert town.wechat.notices == [("template", f"{CASE} 受理了")]
    assert town.gateway.sent == {}
    assert await town.states() == {"done": 1, "held": 1}


async def test_news_is_done_when_its_notice_was_delivered_and_vital_news_is_said_in_full(town: Town) -> None:
    await town.writes("你好")
    await town.later(hours=49)
    await town.news("受理了")
    await town.report(delivered=True)
    assert await town.states() == {"done": 2}

    await town.news("没批，因为少了一页", vital=True, state="没批")
    await town.report(delivered=True)
    assert await town.states() == {"done": 2, "held": 1}
    await town.writes("怎么了")

    assert town.wechat.texts[1:] == ["没批，因为少了一页\n\n答：怎么了"]


async def test_what_a_notice_cannot_ask_is_asked_when_he_writes(town: Town) -> None:
    await town.writes("你好")
    await town.later(hours=49)
    await town.news("您满意吗？")
    await town.report(delivered=True)

    await town.writes("怎么样了")

    assert town.wechat.notices == [("subscription", f"{CASE} 您满意吗？")]
    assert "您满意吗？" in town.wechat.texts[-1]


async def test_a_notice_that_failed_is_followed_by_the_next_kind(town: Town) -> None:
    await town.writes("你好")
    await town.later(hours=49)
    await town.news("受理了", phone=PHONE)

    await town.report(delivered=False)
    assert town.wechat.notices == [("subscription", f"{CASE} 受理了"), ("template", f"{CASE} 受理了")]
    await town.report(delivered=False)

    ((phone, text),) = town.gateway.sent.values()
    assert phone == PHONE
    assert "受理了" in text
    assert CASE in text


async def test_when_even_that_is_refused_the_news_waits_and_is_said_first_when_he_writes(town: Town) -> None:
    await town.writes("你好")
    await town.later(hours=49)
    town.wechat.closed = {"subscription", "template"}

    await town.news("受理了")
    await town.news("办好了", vital=True)
    await town.later(days=20)
    assert (town.wechat.texts, town.wechat.notices) == (["答：你好"], [])

    await town.writes("怎么样了")

    assert town.wechat.texts[1:] == ["受理了\n\n办好了\n\n答：怎么样了"]
    assert await town.states() == {"done": 4}


async def test_the_platforms_word_counts_more_than_our_count(town: Town) -> None:
    await town.writes("你好")
    town.wechat.faults = [WaitForApplicant("45015")]

    await town.news("受理了")
    await town.news("正在办")

    assert town.wechat.notices == [("subscription", f"{CASE} 受理了"), ("subscription", f"{CASE} 正在办")]


async def test_several_pieces_of_news_at_once_are_one_notice_of_the_newest(town: Town) -> None:
    await town.writes("你好")
    await town.later(hours=49)
    town.wechat.notice_faults = [TryLater("busy", 60)]
    await town.news("受理了")
    await town.news("正在办")

    await town.later(seconds=REST.total_seconds())

    assert [text for _, text in town.wechat.notices] == [f"{CASE} 受理了", f"{CASE} 正在办"]


# In doubt


async def test_after_an_unseen_end_words_wait_and_are_said_again_marked(town: Town) -> None:
    town.wechat.after = [MaybeSent("time-out")]

    await town.writes("你好")
    await town.later(seconds=REST.total_seconds() - 1)
    assert town.wechat.texts == ["答：你好"]
    await town.later(seconds=1)

    assert town.wechat.texts == ["答：你好", f"{AGAIN}\n\n答：你好"]
    assert await town.states() == {"done": 1}


async def test_talk_in_doubt_counts_as_seen_when_he_writes(town: Town) -> None:
    town.wechat.after = [MaybeSent("time-out")]
    await town.writes("你好")

    await town.later(seconds=10)
    await town.writes("好的")

    assert town.wechat.texts == ["答：你好", "答：好的"]
    assert await town.states() == {"done": 2}


async def test_news_in_doubt_is_said_again_marked_also_when_he_writes(town: Town) -> None:
    await town.writes("你好")
    town.wechat.faults = [MaybeSent("the line broke before it was taken")]
    await town.news("办好了", vital=True)

    await town.later(seconds=10)
    await town.writes("怎么样了")

    assert town.wechat.texts[1:] == [f"{AGAIN}\n\n办好了\n\n答：怎么样了"]


async def test_a_worker_that_died_between_taken_and_noted_leaves_a_doubt(town: Town) -> None:
    await town.writes("沉默")
    await town.news("办好了", vital=True, work=False)
    (item,) = await town.claim("dead")
    await town.wechat.send(HU, Part("办好了"), key=item.hold.id)  # and then it died

    await town.later(seconds=31)
    assert town.wechat.texts == ["办好了"]
    await town.later(seconds=REST.total_seconds())

    assert town.wechat.texts == ["办好了", f"{AGAIN}\n\n办好了"]


async def test_only_the_part_in_doubt_is_repeated(town: Town) -> None:
    town.wechat.after = [None, MaybeSent("time-out")]
    words = LONG[: len(LONG) // 2]
    await town.writes(words)
    await town.later(seconds=REST.total_seconds())

    first, second, again, *rest = town.wechat.texts
    assert again.startswith(AGAIN)
    assert second[:50] in again
    assert "".join([first, again.removeprefix(AGAIN), *rest]).replace("\n", "") == "答：" + words


async def test_being_stopped_in_the_middle_of_a_call_leaves_a_doubt(town: Town) -> None:
    town.wechat.after = [asyncio.CancelledError()]
    await town.world.write_from(HU, "你好")
    town.wechat.spoke(HU.user)
    (item,) = await town.claim()

    with pytest.raises(asyncio.CancelledError):
        await town.sending.say(item)
    assert await town.claim() == []
    await town.later(seconds=REST.total_seconds())

    assert town.wechat.texts == ["答：你好", f"{AGAIN}\n\n答：你好"]


async def test_a_fault_of_our_own_in_a_call_counts_as_unseen(town: Town) -> None:
    town.wechat.after = [KeyError("bug")]

    await town.writes("你好")
    await town.later(seconds=REST.total_seconds())

    assert town.wechat.texts == ["答：你好", f"{AGAIN}\n\n答：你好"]


async def test_a_template_in_doubt_is_sent_again_under_its_key(town: Town) -> None:
    await town.writes("你好")
    town.wechat.closed = {"subscription"}
    await town.later(hours=49)
    town.wechat.notice_after = [MaybeSent("time-out")]

    await town.news("受理了")
    await town.later(seconds=5)

    assert town.wechat.notices == [("template", f"{CASE} 受理了")]  # the platform knew the key
    await town.report(delivered=True)
    assert await town.states() == {"done": 2}


async def test_a_template_in_doubt_for_too_long_counts_as_sent(town: Town) -> None:
    await town.writes("你好")
    town.wechat.closed = {"subscription"}
    await town.later(hours=49)
    town.wechat.notice_faults = [MaybeSent("time-out")]
    await town.news("受理了")

    await town.later(minutes=11)

    assert town.wechat.notices == []
    await town.writes("在吗")
    assert town.wechat.texts[1:] == [f"{AGAIN}\n\n受理了\n\n答：在吗"]


async def test_a_subscription_notice_in_doubt_is_not_repeated(town: Town) -> None:
    await town.writes("你好")
    await town.later(hours=49)
    town.wechat.notice_after = [MaybeSent("time-out")]

    await town.news("受理了")
    await town.later(hours=1)

    assert len(town.wechat.notices) == 1
    assert await town.states() == {"done": 1, "held": 1}


async def test_a_text_message_in_doubt_is_sent_again_under_its_key(town: Town) -> None:
    await town.writes("你好")
    town.wechat.closed = {"subscription", "template"}
    await town.later(hours=49)
    town.gateway.faults = [MaybeSent("time-out")]

    await town.news("受理了", phone=PHONE)
    await town.later(seconds=5)

    assert len(town.gateway.sent) == 1


# Faults of the platform


async def test_a_busy_platform_is_asked_again_after_the_time_it_names(town: Town) -> None:
    town.wechat.faults = [TryLater("429", 30), TryLater("429", 30)]

    await town.writes("你好")
    for _ in range(2):
        await town.later(seconds=29)
        assert town.wechat.texts == []
        await town.later(seconds=1)

    assert town.wechat.texts == ["答：你好"]


async def test_what_was_not_taken_costs_nothing(town: Town) -> None:
    town.wechat.faults = [TryLater("busy")] * 4
    await town.writes("你好")
    for _ in range(4):
        await town.later(minutes=10)
    for n in range(4):
        await town.news(f"第{n}次进展", vital=True)

    assert len(town.wechat.texts) == 5


async def test_a_platform_that_is_away_for_hours_keeps_the_words_for_later(town: Town) -> None:
    town.wechat.faults = [TryLater("away")] * 30
    await town.writes("你好")
    for _ in range(30):
        await town.later(minutes=15)

    assert await town.states() == {"held": 1}
    town.wechat.faults = []
    await town.writes("在吗")
    assert town.wechat.texts == ["答：你好\n\n答：在吗"]


async def test_somebody_who_blocked_us_is_marked_and_not_written_to(town: Town) -> None:
    await town.writes("你好")
    town.wechat.faults = [Gone("blocked")]
    await town.news("受理了")
    calls = len(town.wechat.faults)

    await town.news("正在办")
    await town.news("办好了", vital=True, phone=PHONE)

    assert (town.wechat.texts, town.wechat.notices, calls) == (["答：你好"], [], 0)
    assert len(town.gateway.sent) == 1
    await town.writes("我回来了")
    assert town.wechat.texts[1:] == ["受理了\n\n正在办\n\n办好了\n\n答：我回来了"]


async def test_news_follows_him_to_another_platform_when_he_left_one(town: Town) -> None:
    await town.writes("你好")
    await town.join(HU_TELEGRAM)
    town.wechat.faults = [Gone("blocked")]

    await town.news("受理了")

    assert town.telegram.texts == ["受理了"]


async def test_news_goes_to_another_platform_when_the_window_is_closed_and_talk_does_not(town: Town) -> None:
    await town.join(HU_TELEGRAM)
    await town.writes("你好")
    town.wechat.faults = [WaitForApplicant("45047")]
    await town.writes("在吗")
    await town.later(hours=49)

    await town.news("受理了")

    assert town.telegram.texts == ["受理了"]
    assert await town.states() == {"done": 2, "held": 1}


async def test_a_message_that_is_refused_is_buried_and_the_others_are_said(town: Town) -> None:
    town.wechat.faults = [Refused("merged"), Refused("the first alone")]

    await town.writes("一|二")

    assert town.wechat.texts == ["答：二"]
    assert await town.states() == {"dead": 1, "done": 1}


async def test_a_lone_message_that_is_refused_is_asked_of_the_platform_once(town: Town) -> None:
    town.wechat.faults = [Refused("never")]

    await town.writes("一")

    assert (town.wechat.texts, await town.states()) == ([], {"dead": 1})


# Our own page


async def test_news_for_a_closed_page_goes_to_another_place_of_his(town: Town) -> None:
    await town.join(HU_TELEGRAM, HU_WEB)
    await town.news("受理了", address=HU_WEB)
    assert town.telegram.texts == []

    await town.later(minutes=10)

    assert town.telegram.texts == ["受理了"]


async def test_news_for_a_page_alone_is_on_the_page_and_vital_news_goes_to_his_phone(town: Town) -> None:
    await town.news("受理了", address=HU_WEB, phone=PHONE)
    await town.news("没批", address=HU_WEB, phone=PHONE, vital=True)

    await town.later(minutes=10)

    ((phone, text),) = town.gateway.sent.values()
    assert (phone, "没批" in text) == (PHONE, True)


async def test_who_comes_from_the_page_is_answered_at_once_though_news_waits_there(town: Town) -> None:
    await town.news("受理了", address=HU_WEB)
    await town.join(HU_TELEGRAM, HU_WEB)
    await town.writes("你好", HU_TELEGRAM)

    assert "".join(town.telegram.texts) == "受理了\n\n答：你好"


async def test_who_comes_from_a_busy_platform_is_answered_at_once(town: Town) -> None:
    await town.join(HU_TELEGRAM)
    await town.writes("一")
    town.wechat.faults = [TryLater("busy", 600)]
    await town.writes("二")
    await town.writes("三", HU_TELEGRAM)

    assert "".join(town.telegram.texts) == "答：二\n\n答：三"


# Said in one place alone


async def test_what_is_meant_for_one_place_is_said_there_or_nowhere(town: Town) -> None:
    await town.join(HU_TELEGRAM)
    await town.writes("你好")
    await town.news("已转到微信", channel="telegram")
    assert town.telegram.texts == ["已转到微信"]
    await town.news("已转到Telegram", channel="wechat")
    assert "已转到Telegram" not in "".join(town.wechat.texts), "he is there again"

    town.telegram.faults = [Gone("blocked")]
    await town.news("已转到微信", channel="telegram")
    await town.news("还在这里", channel="telegram")

    assert town.telegram.texts == ["已转到微信"]
    assert await town.states() == {"done": 5}


# Good only for a while


@pytest.mark.parametrize(
    ("minutes", "said"), [(14, "就把12345678发到那边"), (16, "给过您一个接着办的码，已经过期了")]
)
async def test_a_code_that_waited_for_him_is_told_only_while_it_works(
    town: Town, minutes: int, said: str
) -> None:
    await town.writes("你好")
    await town.later(hours=49)
    await town.code("12345678", timedelta(minutes=15))
    assert "12345678" not in "".join(town.wechat.texts), "the window is closed"

    await town.later(minutes=minutes)
    await town.writes("在吗")

    assert town.wechat.texts[-1].startswith(said)
    assert ("12345678" in town.wechat.texts[-1]) == (minutes < 15)
    assert set(await town.states()) == {"done"}


def test_the_rest_after_an_unseen_end_is_what_the_manual_says() -> None:
    assert timedelta(minutes=2) == REST
