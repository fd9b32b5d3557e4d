"""What is known of tries whose end nobody saw, and of messages that are kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from dialogs.messages import Address
from dialogs.session import Session
from dialogs.turn import Event, MessageReceived, Turn
from storage.flow import outbox
from storage.flow.outbox import FOREVER, Item
from storage.schema import outbox as outbox_table
from tests.storage.test_outbox import claim
from tests.storage.world import World

HU = Address("wechat", "main", "hu")


async def ordered(world: World, *words: str) -> str:
    conversation = await world.db.conversation(HU)
    for each in words:
        await world.write(conversation, each)
    return conversation


async def again(world: World, item: Item, *, doubtful: bool = False, **span: float) -> None:
    due = world.now + timedelta(**span)
    await world.db.run(lambda c: outbox.retry(c, item.hold, due, "x", doubtful=doubtful))


def known(item: Item) -> tuple[bool, bool, bool]:
    return item.doubtful, item.rested, item.answered


async def test_a_try_that_ended_unseen_leaves_a_doubt_that_later_tries_do_not_take_away(world: World) -> None:
    await ordered(world, "你好")
    (item,) = await claim(world)
    assert known(item) == (False, False, False)
    world.later(seconds=31)  # its worker died

    (item,) = await claim(world)
    assert known(item) == (True, False, False)
    await again(world, item)  # the platform was busy: it was certainly not said this time

    (item,) = await claim(world)
    assert known(item) == (True, False, False)


async def test_a_try_that_was_seen_to_fail_leaves_none(world: World) -> None:
    await ordered(world, "你好")
    (item,) = await claim(world)
    await again(world, item)

    (item,) = await claim(world)

    assert known(item) == (False, False, False)


async def test_a_doubt_that_was_waited_out_is_known_as_such_until_the_next(world: World) -> None:
    await ordered(world, "你好")
    (item,) = await claim(world)
    await again(world, item, doubtful=True, seconds=60)
    assert await claim(world) == []
    world.later(seconds=60)

    (item,) = await claim(world)
    assert known(item) == (True, True, False)
    world.later(seconds=31)  # its worker died, too

    (item,) = await claim(world)
    assert known(item) == (True, False, False)


async def test_who_writes_ends_the_wait_and_it_is_known_that_he_wrote(world: World) -> None:
    await ordered(world, "你好")
    (item,) = await claim(world)
    await again(world, item, doubtful=True, seconds=60)

    await world.write_from(HU, "在吗")

    (item,) = await claim(world)
    assert known(item) == (True, False, True)


async def test_kept_words_leave_when_their_time_has_come(world: World) -> None:
    await ordered(world, "你好")
    (item,) = await claim(world)
    await world.db.run(lambda c: outbox.keep(c, item.hold, "reserve", world.now + timedelta(hours=2)))
    assert await world.db.run(lambda c: outbox.ripen(c, world.now)) == 0
    world.later(hours=2)

    assert await world.db.run(lambda c: outbox.ripen(c, world.now)) == 1

    assert len(await claim(world)) == 1


async def test_words_kept_until_he_writes_have_no_other_time(world: World) -> None:
    await ordered(world, "你好")
    (item,) = await claim(world)
    await world.db.run(lambda c: outbox.keep(c, item.hold, "closed"))
    world.later(days=4000)

    assert await world.db.run(lambda c: outbox.ripen(c, world.now)) == 0
    assert await world.rows(outbox_table, "due_at") == [(FOREVER,)]


async def test_who_writes_comes_with_the_questions_that_were_kept_from_him(world: World) -> None:
    heard: list[tuple[str, ...]] = []
    decide = world.dialog.decide

    def listening(session: Session, event: Event, now: datetime) -> Turn:
        heard.append(event.message.untold if isinstance(event, MessageReceived) else ())
        return decide(session, event, now)

    world.dialog.decide = listening  # type: ignore[method-assign]  # the toy dialog, and what it is told
    await world.write_from(HU, "card 要带什么")  # a word, then a question under the prompt 1
    (first,) = await claim(world)
    await world.db.run(lambda c: outbox.settle(c, first.hold, world.now))
    (question,) = await claim(world)
    await world.db.run(lambda c: outbox.keep(c, question.hold, "closed"))

    await world.write_from(HU, "1")
    await world.write_from(HU, "2")  # by now it waits to be said: he may have read it

    assert heard == [(), ("1",), ()]


async def test_kept_words_are_brought_back_to_go_with_others_in_their_order(world: World) -> None:
    conversation = await ordered(world, "一")
    (first,) = await claim(world)
    await world.db.run(lambda c: outbox.keep(c, first.hold, "reserve"))
    await ordered(world, "二")
    (second,) = await claim(world)

    await world.db.run(lambda c: outbox.bring_back(c, conversation, world.now))
    beside = await world.db.run(
        lambda c: outbox.claim_words(
            c,
            world.vault,
            conversation,
            until=world.now,
            now=world.now,
            lease=timedelta(seconds=30),
            worker="w1",
            beside=second.hold,
        )
    )

    assert [item.hold.id for item in beside] == [first.hold.id]
    assert first.place < second.place
