"""Deliveries: in order within a lane, side by side otherwise, held by one worker at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from dialogs.messages import Address, Outbound
from dialogs.turn import MeasurePhoto, PhotoMeasured, Say, SetTimer, Submit, TimerFired
from storage.errors import NotHeld
from storage.flow import dead_letters, outbox
from storage.flow.outbox import Item
from storage.schema import outbox as outbox_table
from tests.storage.world import START, World

LEASE = timedelta(seconds=30)


async def claim(world: World, *kinds: str, worker: str = "w1", limit: int = 10) -> list[Item]:
    return await world.db.run(
        lambda c: outbox.claim(
            c, world.vault, limit=limit, now=world.now, lease=LEASE, worker=worker, kinds=kinds
        )
    )


async def settle(world: World, item: Item) -> None:
    await world.db.run(lambda c: outbox.settle(c, item.hold, world.now))


async def test_an_effect_is_handed_out_as_it_was_ordered(world: World) -> None:
    hu = await world.person("hu")
    await world.write(hu, "submit ref-1", key="m1")

    (item,) = await claim(world)

    assert item.effect == Submit("ref-1", {"name": "胡一"})
    assert (item.conversation, item.address, item.attempts, item.cause) == (
        hu,
        Address("web", "main", "hu"),
        1,
        "m1",
    )


async def test_messages_to_a_platform_are_ordered_and_those_to_our_page_are_not(world: World) -> None:
    web, wechat = await world.person("a"), await world.person("b", channel="wechat")
    await world.write(web, "你好")
    await world.write(wechat, "你好")

    items = await claim(world)

    assert [(item.conversation, item.effect, item.key) for item in items] == [
        (wechat, Say(Outbound("1 你好")), "2")
    ]


async def test_what_is_said_on_one_channel_alone_does_not_join_the_others(world: World) -> None:
    conversation = await world.person(channel="wechat")
    await world.write(conversation, "there goodbye")

    def free(connection: Connection) -> list[Item]:
        now = world.now
        return outbox.claim_words(
            connection, world.vault, conversation, until=now, now=now, lease=LEASE, worker="w"
        )

    assert [_words(item) for item in await world.db.run(free)] == ["1 there goodbye"]
    assert [_words(item) for item in await claim(world)] == ["goodbye"]


def _words(item: Item) -> str:
    assert isinstance(item.effect, Say)
    return item.effect.message.text


async def test_a_lane_waits_for_its_first_and_others_do_not(world: World) -> None:
    hu, li = await world.person("hu"), await world.person("li")
    for who, file in ((hu, "a"), (hu, "b"), (li, "c")):
        await world.write(who, f"photo {file}")

    first = await claim(world)
    assert {item.key for item in first} == {"a", "c"}
    assert await claim(world) == []

    await settle(world, next(item for item in first if item.key == "a"))
    assert [item.key for item in await claim(world)] == ["b"]


async def test_an_outage_of_one_thing_does_not_hold_another(world: World) -> None:
    hu = await world.person()
    for words in ("submit ref-1", "photo a", "submit ref-2"):
        await world.write(hu, words)

    assert {item.key for item in await claim(world)} == {"ref-1", "a", "ref-2"}


async def test_a_worker_gets_only_what_it_can_do(world: World) -> None:
    hu = await world.person()
    await world.write(hu, "submit ref-1")
    await world.write(hu, "photo a")

    assert [item.key for item in await claim(world, "MeasurePhoto")] == ["a"]


async def test_a_lease_that_runs_out_goes_to_another_and_the_sleeper_is_refused(world: World) -> None:
    hu = await world.person()
    await world.write(hu, "photo a")
    (slept,) = await claim(world, worker="w1")
    assert await claim(world, worker="w2") == []
    world.later(seconds=31)

    (item,) = await claim(world, worker="w2")

    assert item.attempts == 2
    with pytest.raises(NotHeld):
        await settle(world, slept)
    await settle(world, item)
    assert await world.rows(outbox_table, "state") == [("done",)]


async def test_a_renewed_lease_stays(world: World) -> None:
    hu = await world.person()
    await world.write(hu, "photo a")
    (item,) = await claim(world)
    await world.db.run(lambda c: outbox.renew(c, [item.hold], world.now + timedelta(minutes=5)))
    world.later(seconds=60)

    assert await claim(world) == []


async def test_a_retry_comes_when_due_and_holds_its_lane(world: World) -> None:
    hu = await world.person()
    await world.write(hu, "photo a")
    await world.write(hu, "photo b")
    (item,) = await claim(world)
    await world.db.run(lambda c: outbox.retry(c, item.hold, world.now + timedelta(seconds=5), "TimeoutError"))

    assert await claim(world) == []
    assert await world.db.read(outbox.next_due) == START
    world.later(seconds=5)
    assert [(item.key, item.attempts) for item in await claim(world)] == [("a", 2)]


async def test_a_buried_delivery_frees_its_lane_and_can_be_replayed_or_dropped(world: World) -> None:
    hu = await world.person()
    await world.write(hu, "photo a")
    await world.write(hu, "photo b")
    (item,) = await claim(world)
    await world.db.run(lambda c: outbox.bury(c, item.hold, "Refused"))

    assert [item.key for item in await claim(world)] == ["b"]
    (letter,) = await world.db.read(dead_letters.dead)
    assert (letter.what, letter.error) == ("MeasurePhoto", "Refused")
    assert await world.db.run(
        lambda c: dead_letters.replay(c, "delivery", letter.id, world.now, "operator:li")
    )
    assert [item.key for item in await claim(world)] == ["a"]
    assert not await world.db.run(
        lambda c: dead_letters.drop(c, "delivery", letter.id, world.now, "operator:li")
    )


async def test_a_kept_message_leaves_when_the_applicant_writes_again(world: World) -> None:
    hu = await world.person("hu", channel="wechat")
    await world.write(hu, "你好")
    (item,) = await claim(world)
    await world.db.run(lambda c: outbox.keep(c, item.hold, "WaitForApplicant"))
    assert await claim(world) == []

    await world.write_from(Address("wechat", "main", "hu"), "在吗")

    assert [item.key for item in await claim(world)] == ["2"]


async def test_an_answer_settles_its_delivery_in_its_own_commit(world: World) -> None:
    hu = await world.person()
    await world.write(hu, "photo a")
    (item,) = await claim(world)

    taken = await world.write(hu, PhotoMeasured("a", "a-kept"), key="answer", settles=item.hold)

    assert taken.fresh
    assert await world.rows(outbox_table, "state") == [("done",)]
    assert (await world.transcript(hu))[-1] == "bot: 2 measured a"


async def test_the_answer_of_a_worker_that_lost_its_hold_is_dropped(world: World) -> None:
    hu = await world.person()
    await world.write(hu, "photo a")
    (slept,) = await claim(world)
    world.later(seconds=31)
    (item,) = await claim(world)

    late = await world.write(hu, PhotoMeasured("a"), key="late", settles=slept.hold)
    good = await world.write(hu, PhotoMeasured("a"), key="good", settles=item.hold)
    again = await world.write(hu, PhotoMeasured("a"), key="good", settles=item.hold)

    assert (late.fresh, good.fresh, again.fresh) == (False, True, False)
    assert (await world.transcript(hu)).count("bot: 2 measured a") == 1


async def test_an_answer_whose_turn_fails_is_kept_and_its_delivery_is_done(world: World) -> None:
    hu = await world.person()
    await world.write(hu, "photo a")
    (item,) = await claim(world)
    world.dialog.broken = {"measured a"}

    assert (await world.write(hu, PhotoMeasured("a"), settles=item.hold)).postponed

    assert await world.rows(outbox_table, "state") == [("done",)]


async def test_a_timer_fires_when_due_and_setting_it_again_moves_it(world: World) -> None:
    hu = await world.person()
    await world.write(hu, "timer 10")
    world.later(minutes=5)
    await world.write(hu, "timer 10")
    world.later(minutes=6)

    assert await claim(world) == []
    assert await world.db.read(outbox.next_due) == START + timedelta(minutes=15)
    world.later(minutes=4)
    (item,) = await claim(world)
    assert item.effect == SetTimer("remind", "ref-1", START + timedelta(minutes=15))
    assert await world.count(outbox_table) == 1


async def test_a_timer_moved_while_a_worker_fires_it_is_not_lost(world: World) -> None:
    hu = await world.person()
    await world.write(hu, "timer 0")
    (item,) = await claim(world)
    await world.write(hu, "timer 10")

    fired = await world.write(hu, TimerFired("remind", "ref-1"), settles=item.hold)

    assert not fired.fresh
    world.later(minutes=11)
    assert len(await claim(world)) == 1


async def test_numbers_say_how_it_does_and_done_rows_are_swept(world: World) -> None:
    hu = await world.person()
    await world.write(hu, "photo a")
    await world.write(hu, "submit ref-1")
    await world.write(hu, "timer 60")
    world.later(seconds=90)

    stats = await world.db.read(lambda c: outbox.stats(c, world.now))
    assert (stats.todo, stats.due, stats.held, stats.dead) == (3, 2, 0, 0)
    assert stats.oldest == timedelta(seconds=90)

    for item in await claim(world):
        await settle(world, item)
    assert await world.db.run(lambda c: outbox.sweep(c, world.now)) == 0
    assert await world.db.run(lambda c: outbox.sweep(c, world.now + timedelta(seconds=1))) == 2
    assert await world.count(outbox_table) == 1


async def test_an_unreadable_delivery_is_buried_and_hurts_nobody(world: World) -> None:
    hu = await world.person()
    await world.write(hu, "photo a")
    await world.write(hu, "submit ref-1")
    broken = outbox_table.update().where(outbox_table.c.kind == "MeasurePhoto").values(payload=b"\x01" * 60)
    await world.db.run(lambda c: c.execute(broken).rowcount)

    assert [item.key for item in await claim(world)] == ["ref-1"]
    assert [x.error for x in await world.db.read(dead_letters.dead)] == ["unreadable: SealBroken"]


async def test_a_photo_effect_keeps_its_file(world: World) -> None:
    hu = await world.person()
    await world.write(hu, "photo f-1")

    assert (await claim(world))[0].effect == MeasurePhoto("f-1")


async def test_what_a_dead_worker_held_is_free_at_once_and_its_word_counts_no_more(world: World) -> None:
    hu, li = await world.person("hu"), await world.person("li")
    await world.write(hu, "photo f1")
    (lost,) = await claim(world, worker="here:1")
    await world.write(li, "photo f2")
    (held,) = await claim(world, worker="here:2")

    assert sorted(await world.db.read(outbox.holders)) == ["here:1", "here:2"]
    assert await world.db.run(lambda c: outbox.free(c, ["here:1"])) == 1
    (again,) = await claim(world, worker="here:2")
    assert again.effect == lost.effect
    with pytest.raises(NotHeld):
        await settle(world, lost)
    await settle(world, held)
    await settle(world, again)
