"""The words of a webhook's own answer: carried once, said again when asked again, nothing overtaken."""

from __future__ import annotations

from datetime import timedelta

from dialogs.messages import Address
from storage import outbox, replies
from storage.outbox import Item
from storage.replies import LEASE, Word
from storage.schema import conversations
from storage.turns import Taken
from tests.storage.world import World

HU = Address("wechat", "wx", "hu")
SLOT = timedelta(seconds=4.5)


async def wrote(world: World, words: str) -> Taken:
    """Hu writes; his conversation has her answer due by the end of the call's wait."""
    taken = await world.write_from(HU, words)
    await world.db.run(
        lambda c: c.execute(conversations.update().values(reply_until=world.now + SLOT)) and None
    )
    return taken


async def claim(world: World, taken: Taken, name: str) -> list[Word]:
    return await world.db.run(
        lambda c: replies.claim(
            c, world.vault, taken.conversation, name=name, until=world.now + SLOT, now=world.now
        )
    )


async def again(world: World, taken: Taken, name: str) -> list[Word]:
    return await world.db.run(
        lambda c: replies.again(
            c,
            world.vault,
            taken.conversation,
            name=name,
            decided=range(taken.seq + 1, taken.last + 1),
            until=world.now + SLOT,
            now=world.now,
        )
    )


async def end(world: World, taken: Taken, said: list[Word], left: list[Word], **span: float) -> None:
    due = world.now + timedelta(**span)
    await world.db.run(
        lambda c: replies.end(
            c,
            taken.conversation,
            said=[word.item.hold for word in said],
            left=[(word.item.hold, due) for word in left],
            until=world.now + SLOT,
            now=world.now,
        )
    )


async def worker(world: World) -> list[Item]:
    return await world.db.run(
        lambda c: outbox.claim(
            c, world.vault, limit=9, now=world.now, lease=timedelta(seconds=30), worker="w:1", kinds=("Say",)
        )
    )


def keys(words: list[Word]) -> list[tuple[str, bool]]:
    return [(word.item.key, word.noted) for word in words]


async def test_words_in_an_answer_are_held_by_it_alone(world: World) -> None:
    taken = await wrote(world, "你好")

    held = await claim(world, taken, "reply:m1")

    assert keys(held) == [("2", False)]
    assert await worker(world) == []
    assert await claim(world, taken, "reply:m2") == []
    assert not held[0].item.doubtful


async def test_what_was_said_is_done_and_what_was_not_is_the_workers(world: World) -> None:
    taken = await wrote(world, "card 通知")
    one, two = await claim(world, taken, "reply:m1")

    await end(world, taken, [one], [two])

    (item,) = await worker(world)
    assert (item.key, item.doubtful) == ("3", False)
    assert await world.rows(conversations, "reply_until") == [(None,)]


async def test_asked_again_the_same_is_said_again(world: World) -> None:
    taken = await wrote(world, "你好")
    await end(world, taken, await claim(world, taken, "reply:m1"), [])
    world.later(seconds=5)

    assert keys(await again(world, taken, "reply:m1")) == [("2", True)]
    assert await again(world, taken, "reply:m2") == []  # another letter was told something else


async def test_asked_again_after_our_death_the_words_are_held_anew_without_a_doubt(world: World) -> None:
    taken = await wrote(world, "你好")
    await claim(world, taken, "reply:m1")  # and died

    (word,) = await again(world, taken, "reply:m1")

    assert (word.noted, word.item.doubtful) == (False, False)
    await end(world, taken, [word], [])
    world.later(minutes=5)
    assert await worker(world) == []


async def test_after_our_death_the_worker_takes_over_and_knows_of_the_doubt(world: World) -> None:
    taken = await wrote(world, "你好")
    await claim(world, taken, "reply:m1")
    world.later(seconds=LEASE.total_seconds())

    (item,) = await worker(world)

    assert item.doubtful
    assert await again(world, taken, "reply:m1") == []  # it is on its way
    await world.db.run(lambda c: outbox.settle(c, item.hold, world.now))
    assert await again(world, taken, "reply:m1") == []


async def test_words_that_nobody_has_touched_are_said_when_asked_again(world: World) -> None:
    taken = await wrote(world, "你好")

    assert keys(await again(world, taken, "reply:m1")) == [("2", False)]


async def test_nothing_overtakes_what_the_worker_has_in_hand(world: World) -> None:
    taken = await wrote(world, "card 通知")
    (first,) = await worker(world)

    assert first.key == "2"
    assert await again(world, taken, "reply:m1") == []


async def test_words_that_rest_for_a_doubt_are_left_alone(world: World) -> None:
    taken = await wrote(world, "你好")
    (item,) = await worker(world)
    rest = world.now + timedelta(seconds=60)
    await world.db.run(lambda c: outbox.retry(c, item.hold, rest, "time-out", doubtful=True))

    assert await again(world, taken, "reply:m1") == []
    assert await claim(world, taken, "reply:m1") == []


async def test_what_somebody_else_took_over_is_passed_over(world: World) -> None:
    taken = await wrote(world, "你好")
    held = await claim(world, taken, "reply:m1")
    world.later(seconds=LEASE.total_seconds())
    (item,) = await worker(world)

    await end(world, taken, held, [])

    await world.db.run(lambda c: outbox.settle(c, item.hold, world.now))


async def test_the_wait_of_a_later_letter_goes_on(world: World) -> None:
    taken = await wrote(world, "你好")
    held = await claim(world, taken, "reply:m1")
    later = world.now + SLOT + timedelta(seconds=2)
    await world.db.run(lambda c: c.execute(conversations.update().values(reply_until=later)) and None)

    await end(world, taken, held, [])

    assert await world.rows(conversations, "reply_until") == [(later,)]


async def test_it_is_known_whether_there_is_anything_to_say(world: World) -> None:
    taken = await wrote(world, "silence")
    until = world.now + SLOT

    assert not await world.db.read(lambda c: replies.waits(c, taken.conversation, until))
    await wrote(world, "你好")
    assert await world.db.read(lambda c: replies.waits(c, taken.conversation, until))


def test_a_letters_name_is_stored_whatever_the_platform_calls_it() -> None:
    assert replies.name_of("9001") == "reply:9001"
    assert len(replies.name_of("x" * 500)) < 150
