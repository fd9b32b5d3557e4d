"""The words of a webhook's own answer: carried once, said again when asked again, nothing overtaken."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dialogs.messages import Address
from storage.database import Database
from storage.flow import outbox, replies
from storage.flow.outbox import Hold, Item
from storage.flow.replies import LEASE, Carrier, End
from storage.flow.turns import Taken
from storage.schema import conversations
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


async def claim(world: World, taken: Taken, name: str) -> list[Item]:
    return await world.db.run(
        lambda c: replies.claim(
            c, world.vault, taken.conversation, name=name, until=world.now + SLOT, now=world.now
        )
    )


async def again(world: World, taken: Taken, name: str) -> list[Item]:
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


async def end(world: World, taken: Taken, said: list[Item], left: list[Item], **span: float) -> None:
    due = world.now + timedelta(**span)
    await world.db.run(
        lambda c: replies.end_all(
            c,
            [
                End(
                    taken.conversation,
                    [word.hold for word in said],
                    [(word.hold, due) for word in left],
                    world.now + SLOT,
                )
            ],
            world.now,
        )
    )


async def worker(world: World) -> list[Item]:
    return await world.db.run(
        lambda c: outbox.claim(
            c, world.vault, limit=9, now=world.now, lease=timedelta(seconds=30), worker="w:1", kinds=("Say",)
        )
    )


def keys(words: list[Item]) -> list[str]:
    return [word.key for word in words]


async def test_words_in_an_answer_are_held_by_it_alone(world: World) -> None:
    taken = await wrote(world, "你好")

    held = await claim(world, taken, "reply:m1")

    assert keys(held) == ["2"]
    assert await worker(world) == []
    assert await claim(world, taken, "reply:m2") == []
    assert not held[0].doubtful


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

    assert keys(await again(world, taken, "reply:m1")) == ["2"]
    assert await again(world, taken, "reply:m2") == []  # another letter was told something else


async def test_asked_again_they_are_not_said_until_that_is_noted(world: World) -> None:
    taken = await wrote(world, "你好")
    await end(world, taken, await claim(world, taken, "reply:m1"), [])

    await again(world, taken, "reply:m1")  # and died
    world.later(seconds=LEASE.total_seconds())

    (item,) = await worker(world)
    assert (item.key, item.doubtful) == ("2", True)


async def answered(world: World) -> Taken:
    """Hu writes again, when nobody knows whether he has what was said to his first letter."""
    await claim(world, await wrote(world, "你好"), "reply:m1")  # and died
    world.later(seconds=LEASE.total_seconds() + 1)
    return await wrote(world, "在吗")


async def test_what_counted_as_seen_is_not_said_when_asked_again(world: World) -> None:
    taken = await answered(world)
    seen, new = await claim(world, taken, "reply:m2")
    assert (seen.answered, new.doubtful) == (True, False)
    await end(world, taken, [seen, new], [])

    assert keys(await again(world, taken, "reply:m2")) == ["4"]


async def test_a_doubt_from_before_stays_when_asked_again(world: World) -> None:
    taken = await answered(world)
    await claim(world, taken, "reply:m2")  # and died

    seen, new = await again(world, taken, "reply:m2")

    assert (seen.answered, new.doubtful) == (True, False)


async def test_words_of_another_letter_keep_their_doubt(world: World) -> None:
    taken = await answered(world)

    assert await again(world, taken, "reply:m2") == []
    seen, new = await claim(world, taken, "reply:m2")

    assert (seen.answered, new.doubtful) == (True, False)


async def test_asked_again_after_our_death_the_words_are_held_anew_without_a_doubt(world: World) -> None:
    taken = await wrote(world, "你好")
    await claim(world, taken, "reply:m1")  # and died

    (word,) = await again(world, taken, "reply:m1")

    assert not word.doubtful
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

    assert keys(await again(world, taken, "reply:m1")) == ["2"]


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


async def carried(world: World, words: str, name: str, *, waits: bool = False) -> Taken:
    """Hu writes, by a call that can take words back."""
    conversation = await world.db.conversation(HU)
    arrival = replace(world.arrival(conversation, words), address=HU, carrier=Carrier(name, waits))
    return await world.db.take(replace(arrival, means="message"))


async def slotted(world: World) -> World:
    """Have the world's database know that webhooks of WeChat's carry words."""
    await world.close()
    world.db = await Database.open(
        world.url,
        vault=world.vault,
        decide=world.dialog.decide,
        pushed=frozenset({"wechat"}),
        slots={"wechat": SLOT},
        clock=lambda: world.now,
    )
    return world


async def test_a_turns_words_are_held_for_the_call_that_brought_it(world: World) -> None:
    await slotted(world)
    taken = await carried(world, "card 通知", "reply:m1")

    assert [item.key for item in taken.words] == ["2", "3"]
    assert await worker(world) == []
    assert await again(world, taken, "reply:m2") == []
    assert await again(world, taken, "reply:m1") == [
        replace(item, attempts=2, hold=Hold(item.hold.id, 2)) for item in taken.words
    ]
    assert await world.rows(conversations, "reply_until") == [(None,)]


async def test_carried_words_that_are_noted_are_done(world: World) -> None:
    await slotted(world)
    taken = await carried(world, "card 通知", "reply:m1")
    one, two = taken.words
    await end(world, taken, [one], [two])

    (item,) = await worker(world)
    assert (item.key, item.doubtful) == ("3", False)
    assert keys(await again(world, taken, "reply:m1")) == ["2"]


async def test_carried_words_that_nobody_noted_fall_to_the_worker_with_a_doubt(world: World) -> None:
    await slotted(world)
    await carried(world, "你好", "reply:m1")  # and died
    world.later(seconds=LEASE.total_seconds() + 1)

    (item,) = await worker(world)
    assert (item.key, item.doubtful) == ("2", True)


async def test_words_behind_others_are_not_carried_at_once(world: World) -> None:
    await slotted(world)
    await world.write(await world.db.conversation(HU), "你好")  # a word that waits for the worker
    taken = await carried(world, "在吗", "reply:m1")

    assert taken.words == ()
    assert keys(await claim(world, taken, "reply:m1")) == ["2", "4"]


async def test_words_kept_until_he_writes_come_before_those_that_are_carried(world: World) -> None:
    await slotted(world)
    await world.write(await world.db.conversation(HU), "你好")
    (kept,) = await worker(world)
    await world.db.run(lambda c: outbox.keep(c, kept.hold, "window closed"))
    taken = await carried(world, "在吗", "reply:m1")

    assert taken.words == ()
    assert keys(await claim(world, taken, "reply:m1")) == ["2", "4"]


async def test_a_call_that_waits_has_the_words_of_the_next_seconds_wait_for_it(world: World) -> None:
    await slotted(world)
    taken = await carried(world, "silence", "reply:m1", waits=True)

    assert (taken.words, await world.rows(conversations, "reply_until")) == ((), [(world.now + SLOT,)])
    await carried(world, "silence", "reply:m2")  # one that does not wait changes nothing of that
    assert await world.rows(conversations, "reply_until") == [(world.now + SLOT,)]


async def test_it_is_known_whether_there_is_anything_to_say(world: World) -> None:
    taken = await wrote(world, "silence")
    until = world.now + SLOT

    assert not await world.db.read(lambda c: replies.waits(c, taken.conversation, until))
    await wrote(world, "你好")
    assert await world.db.read(lambda c: replies.waits(c, taken.conversation, until))


def test_a_letters_name_is_stored_whatever_the_platform_calls_it() -> None:
    assert replies.name_of("9001") == "reply:9001"
    assert len(replies.name_of("x" * 500)) < 150


async def test_what_others_are_saying_is_not_overtaken_by_a_letter_that_comes_again(world: World) -> None:
    await wrote(world, "你好")
    (earlier,) = await worker(world)
    taken = await wrote(world, "在吗")

    assert await again(world, taken, "reply:m2") == []

    await world.db.run(lambda c: outbox.retry(c, earlier.hold, world.now, "TryLater"))
    assert await again(world, taken, "reply:m2") == []
    assert keys(await claim(world, taken, "reply:m2")) == ["2", "4"]


async def test_what_was_kept_while_he_wrote_is_said_first(world: World) -> None:
    await wrote(world, "你好")
    (earlier,) = await worker(world)
    taken = await wrote(world, "在吗")
    await world.db.run(lambda c: outbox.keep(c, earlier.hold, "until he writes"))

    assert await again(world, taken, "reply:m2") == []
    assert keys(await claim(world, taken, "reply:m2")) == ["2", "4"]
