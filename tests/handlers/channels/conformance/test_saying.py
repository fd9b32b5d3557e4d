"""What leaves: within the platform's limits, whole and in order, and what becomes of each failure."""

from __future__ import annotations

import asyncio
import contextlib
import traceback

import pytest

from dialogs.messages import Choice, Outbound
from handlers.channels.base import Gone, MaybeSent, Part, Refused, SendError, TryLater, WaitForApplicant
from handlers.channels.cutting import size
from handlers.channels.rendering import pages
from tests.handlers.channels.conformance.calls import trap
from tests.handlers.channels.conformance.case import Fault
from tests.handlers.channels.conformance.cases import each_of
from tests.handlers.channels.conformance.desk import AGAIN, FILE, PAPER, PICTURE, Desk
from tests.patience import PATIENCE
from tests.troubles import refuse_line, status

SENTENCE = "办完以后，您不用再来，我们会在这里告诉您。"
SECRET_WORDS = "我叫胡晓满"


each_fault = each_of(lambda case: case.sending)


# Limits


@pytest.mark.parametrize("letters", ["常", "a", "é", "👍", "常a👍"])
async def test_a_message_as_long_as_the_platform_takes_is_taken(counter: Desk, letters: str) -> None:
    can = counter.channel.can
    full = letters * (can.text_limit // size(letters, can.text_unit))
    full += "a" * (can.text_limit - size(full, can.text_unit))
    await counter.hears("沉默")

    (page,) = pages([Outbound(full)], can)
    await counter.say(page.part.text)

    assert counter.told()[-1] == full
    assert len(pages([Outbound(full + "a")], can)) == 2


async def test_what_is_longer_leaves_in_parts_cut_after_a_sentence(desk: Desk) -> None:
    can = desk.channel.can
    words = "".join(
        f"{n}、{SENTENCE}" for n in range(can.text_limit * 5 // 2 // size(SENTENCE, can.text_unit))
    )
    await desk.hears("沉默")
    before = len(desk.told())

    await desk.news(words)
    for _ in range(5):
        await desk.later(seconds=2)

    parts = desk.told()[before:]
    assert len(parts) == 3
    assert "".join(part.strip() for part in parts) == words
    assert {part.strip()[-1] for part in parts} == {"。"}


@pytest.mark.parametrize("length", [3, 40], ids=["short", "long"])
@pytest.mark.parametrize("count", [1, 2, 5, 7, 11])
async def test_every_option_is_seen_whether_there_are_buttons_for_it_or_not(
    counter: Desk, count: int, length: int
) -> None:
    labels = [f"{n}号{'选' * length}" for n in range(1, count + 1)]
    asked = Outbound("您要哪一个？", tuple(Choice(f"1:{n}", label) for n, label in enumerate(labels)))
    await counter.hears("沉默")
    before = len(counter.told())

    for page in pages([asked], counter.channel.can):
        await counter.channel.send(counter.address, page.part, key=f"k{page.taken}")

    shown = counter.hu.shown[before:]
    seen = "\n".join([*(each.text for each in shown), *(b.label for each in shown for b in each.buttons)])
    assert [label for label in labels if label not in seen] == []


# Documents


async def test_a_document_is_told_with_a_link_and_shown_where_the_platform_can(desk: Desk) -> None:
    await desk.hears("你好")
    before = len(desk.hu.shown)

    await desk.hears("文件")
    async with asyncio.timeout(PATIENCE):
        while (
            "todo" in await desk.states()
        ):  # an answer that had no room for it gives it back in its own time
            await desk.work()

    shown = desk.hu.shown[before:]
    seen = "\n".join([*(each.text for each in shown), *(b.url for each in shown for b in each.buttons)])
    assert seen.count("《受理回执》") == 1
    assert seen.count(f"/papers/#{FILE}") == 1
    files = [(each.file, each.kind) for each in shown if each.file]
    wanted = {"link": [], "picture": [(PICTURE, "image/png")], "file": [(PAPER, "application/pdf")]}
    assert files == wanted[desk.channel.can.papers]
    assert set(await desk.states()) == {"done"}


# Failures


@each_fault
async def test_each_failure_says_what_can_be_done_and_nothing_else(counter: Desk, fault: Fault) -> None:
    await counter.hears("沉默")
    before = len(counter.told())
    fault.order(counter)

    if fault.means is None:
        await counter.say(SECRET_WORDS)
    else:
        with pytest.raises(SendError) as caught:
            await counter.say(SECRET_WORDS)
        assert isinstance(caught.value, fault.means)
        assert (getattr(caught.value, "after", None) or 0) >= fault.after
        told = "".join(traceback.format_exception(caught.value))
        assert [each for each in (*counter.hidden(), SECRET_WORDS) if each in told] == []
    assert counter.told()[before:] == [SECRET_WORDS] * fault.shown


@each_fault
async def test_nothing_is_lost_by_a_failure_or_said_twice_unmarked(desk: Desk, fault: Fault) -> None:
    await desk.hears("沉默")
    before = len(desk.told())
    await desk.news("办好了", work=False)
    fault.order(desk)

    await desk.work()
    first = desk.told()[before:]
    for hours in (0.05, 1, 16):
        await desk.later(hours=hours)
    said = [*desk.told()[before:]]

    match fault.means:
        case None:
            assert said == first == ["办好了"]
        case _ if fault.means is TryLater:
            assert (first, said) == ([], [] if fault.lasts else ["办好了"])
        case _ if fault.means is MaybeSent:
            once, again = ["办好了"] * fault.shown, [f"{AGAIN}\n\n办好了"]
            assert first == once
            assert said == (once if once and desk.case.knows_repeats else once + again)
        case _ if fault.means is WaitForApplicant:
            assert said == []
            await desk.hears("我来了")
            await desk.later(seconds=5)
            assert "".join(desk.told()[before:]).count("办好了") == 1
        case _ if fault.means is Gone:
            assert (said, (await desk.place()).gone) == ([], True)
        case _ if fault.means is Refused:
            assert (said, "dead" in await desk.states()) == ([], True)


async def test_a_platform_that_points_elsewhere_is_not_followed(counter: Desk) -> None:
    await counter.hears("沉默")
    async with trap() as (elsewhere, callers):
        for call in sorted({fault.call for fault in counter.case.sending.values() if fault.call}):
            counter.fake.troubles.order(call, status(302, Location=elsewhere))
            with contextlib.suppress(SendError):  # where there is another way, it is taken
                await counter.say(SECRET_WORDS)

    assert callers == []


async def test_what_follows_a_failure_waits_behind_it(desk: Desk) -> None:
    fault = next(each for each in desk.case.sending.values() if each.means is TryLater and not each.lasts)
    await desk.hears("沉默")
    before = len(desk.told())

    await desk.news("第一。")
    fault.order(desk)
    for words in ("第二。", "第三。", "第四。"):
        await desk.news(words)
    await desk.later(hours=1)

    assert "".join(desk.told()[before:]).replace("\n", "") == "第一。第二。第三。第四。"
    assert set(await desk.states()) == {"done"}


async def test_when_nobody_answers_there_the_message_never_left(counter: Desk, unused_tcp_port: int) -> None:
    await counter.hears("沉默")
    counter.clock.step(hours=2)  # ways to answer that came with a message are over
    counter.fake.url = f"http://127.0.0.1:{unused_tcp_port}"
    channel = counter.case.channel(counter.fake, counter.kit)

    with pytest.raises(TryLater):
        await channel.send(counter.address, Part("你好"), key="k")
    await channel.close()


@pytest.mark.parametrize("trouble", [None, status(500), refuse_line()], ids=["well", "500", "cut"])
async def test_kindnesses_never_fail(counter: Desk, trouble: object) -> None:
    await counter.hears("你好")
    counter.fake.troubles.always(trouble)

    await counter.channel.typing(counter.address)
    link = await counter.channel.deep_link("go12345678")

    assert link == "" or link.startswith("http")
