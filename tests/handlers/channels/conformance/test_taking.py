"""What comes: known when it comes again, in order, refused when forged, and always kindly answered."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from dialogs.wording import say
from handlers import metrics
from tests.handlers.channels.conformance.calls import Change
from tests.handlers.channels.conformance.desk import HELD_OPEN, PATIENCE, Desk

WORDS = [
    "想在老家交社保",
    """<b>a</b> &amp; "b" ]]> 'c' </Content>""",
    "👨‍👩‍👧 胡𠮷 %s %d {0} \\n",
    "第一行\n第二行",
    '{"text": ["1", null]}',
]
TAKEN = range(200, 300)
REFUSED = {400, 401, 403, 413}

# What makes any call none of the platform's.
FORGED: dict[str, Change] = {
    "nothing in it": lambda call: replace(call, body=b""),
    "cut off": lambda call: replace(call, body=call.body[: len(call.body) // 2]),
    "unsigned": lambda call: replace(call, query={}, headers={}),
    "of another shape": lambda call: replace(call, body=b"[" * 5000),
    "too big": lambda call: replace(call, body=call.body + b" " * 600_000),
}


async def test_words_arrive_as_they_were_written_and_are_answered_in_order(desk: Desk) -> None:
    for words in WORDS:
        await desk.hu.say(words)
    await desk.later(seconds=5)

    assert await desk.written() == WORDS
    assert "\n\n".join(desk.told()).endswith("\n\n".join(f"听到：{words}" for words in WORDS))


async def test_a_call_that_comes_again_is_one_turn(desk: Desk) -> None:
    await desk.hears("你好")
    turns, told = await desk.count(), desk.told()

    for _ in range(2):
        status, _ = await desk.calls.again(desk.calls.calls[-1])
        assert status in TAKEN
        await desk.later(seconds=10)

    assert (await desk.count(), desk.told()) == (turns, told)


async def test_the_same_call_five_times_at_once_is_one_turn(desk: Desk) -> None:
    call = await desk.lost_call("你好")
    turns = await desk.count()

    answers = await asyncio.gather(*(desk.calls.again(call) for _ in range(5)))
    await desk.later(seconds=10)

    assert {status in TAKEN for status, _ in answers} == {True}
    assert await desk.count() == turns + 1
    assert (await desk.written()).count("你好") == 1
    assert (await desk.written("bot")).count("听到：你好") == 1


async def test_a_call_that_could_not_be_kept_is_not_acknowledged_and_comes_again(counter: Desk) -> None:
    call, turns = await counter.lost_call("你好"), await counter.count()

    await rename(counter, "inbox", "away")  # whatever is wrong with the database
    status, said = await counter.calls.again(call)
    await rename(counter, "away", "inbox")
    assert status not in TAKEN
    assert [each for each in (*counter.hidden(), "你好") if each in said.decode()] == []

    status, _ = await counter.calls.again(call)
    assert status in TAKEN
    assert await counter.count() == turns + 1


async def rename(desk: Desk, table: str, name: str) -> None:
    await desk.database.run(lambda c: c.execute(text(f"ALTER TABLE {table} RENAME TO {name}")))


async def test_two_people_at_once_hear_nothing_of_each_other(desk: Desk) -> None:
    li = desk.fake.person("li")
    await li.open()

    await asyncio.gather(desk.hu.say("我是胡"), li.say("我是李"))
    await desk.later(seconds=5)

    assert (await desk.written(), await desk.written(person=li)) == (["我是胡"], ["我是李"])
    assert "李" not in "".join(desk.told())
    assert "胡" not in "".join(li.heard())


async def test_what_the_platform_did_not_send_is_refused_counted_and_leaves_nothing(counter: Desk) -> None:
    call = await counter.lost_call("我的号码是秘密")
    turns, hidden = await counter.count(), counter.hidden()

    for name, change in {**FORGED, **counter.case.forgeries}.items():
        before = refusals(counter)
        status, said = await counter.calls.again(change(call))
        assert status in REFUSED, name
        assert refusals(counter) == before + 1, name
        assert not [each for each in (*hidden, "秘密") if each in said.decode()], name
    assert await counter.count() == turns

    status, _ = await counter.calls.again(call)
    assert status in TAKEN, "as it was it is the platform's"
    assert await counter.count() == turns + 1


async def test_a_call_is_good_for_as_long_as_its_platform_says(counter: Desk) -> None:
    call, turns = await counter.lost_call("你好"), await counter.count()
    lives = counter.case.signed_for

    counter.clock.step(seconds=(lives or timedelta(days=1)).total_seconds() + 2)
    status, _ = await counter.calls.again(call)

    assert (status == 403, await counter.count()) == ((True, turns) if lives else (False, turns + 1))


async def test_a_flood_is_acknowledged_and_answered_once_and_keeps_nobody_waiting(desk: Desk) -> None:
    li = desk.fake.person("li")
    await li.open()

    await asyncio.gather(*(desk.hu.say(f"第{n}句") for n in range(2 * PATIENCE)))
    await li.say("你好")
    await desk.later(seconds=5)

    assert {status in TAKEN for status in desk.calls.answers} == {True}
    assert 0 < len(await desk.written()) <= PATIENCE
    assert (await desk.written("bot")).count("慢一点。") == 1
    assert "听到：你好" in li.heard()[-1]


async def test_who_floods_is_not_served_while_somebody_else_is(counter: Desk) -> None:
    li = counter.fake.person("li")
    await li.open()
    for n in range(PATIENCE):
        await counter.hu.say(f"第{n}句")

    courtesy = counter.database.courtesy
    courtesy.patience = HELD_OPEN
    with courtesy.writing():
        his = asyncio.create_task(counter.hu.say("还有一句"))
        while not courtesy.waiting:
            assert not his.done()
            await asyncio.sleep(0.01)
        await li.say("你好")
        assert await counter.written(person=li) == ["你好"]
        assert courtesy.waiting
    await his

    assert {status in TAKEN for status in counter.calls.answers} == {True}


async def test_what_is_neither_words_nor_a_photo_gets_a_kind_sentence(office: Desk) -> None:
    await office.hears("你好")

    for kind, media in office.case.strange.items():
        before = len(office.told())
        await office.hu.send(kind)
        await office.later(seconds=5)
        assert say(f"engine.media_{media}", "zh-CN") in "".join(office.told()[before:]), kind
    assert {shown.road for shown in office.hu.shown}.isdisjoint({"platform"})


async def test_an_option_can_be_tapped_or_chosen_by_its_number(office: Desk) -> None:
    await office.hears("你好")

    await office.hu.choose("社保和医保")
    await office.later(seconds=5)
    await office.hu.until("您是想办哪一件")
    await office.hears("1")
    await office.later(seconds=5)

    await office.hu.until("这只是给您看看")


async def test_whoever_leaves_is_marked_and_not_written_to_until_he_is_back(desk: Desk) -> None:
    await desk.hears("你好")
    desk.clock.step(hours=2)
    await desk.hu.leave()
    if not desk.case.tells_leaving:
        await desk.news("第一件事")
    assert (await desk.place()).gone

    before = called(desk), desk.told()
    await desk.news("第二件事")
    await desk.later(hours=1)
    assert (called(desk), desk.told()) == before

    await desk.case.comes_back(desk.hu)
    await desk.hears("我回来了")
    await desk.later(seconds=5)
    assert not (await desk.place()).gone
    assert "第二件事" in "".join(desk.told())


def called(desk: Desk) -> tuple[int, int]:
    """Return how often the platform was called; some fakes count the one, some the other."""
    return desk.fake.hits.total(), len(desk.fake.calls)


def refusals(desk: Desk) -> float:
    """Return how many calls of this channel were refused so far."""
    found = [
        sample.value
        for metric in metrics.letters_refused.collect()
        for sample in metric.samples
        if sample.name.endswith("_total") and sample.labels["channel"] == desk.case.name
    ]
    return sum(found)
