"""A turn that raises loses nothing: its event is kept, tried again, and at last an operator's to decide."""

from __future__ import annotations

import asyncio

from storage.flow import audit, dead_letters
from storage.schema import conversations, inbox
from tests.storage.world import World


async def test_a_failed_turn_is_acknowledged_and_tried_again_later(world: World) -> None:
    hu = await world.person()
    world.dialog.broken = {"坏"}

    taken = await world.write(hu, "坏")

    assert taken.fresh
    assert taken.postponed
    assert await world.transcript(hu) == ["applicant: 坏"]
    world.dialog.broken = set()
    assert await world.db.retry_failed() == 0  # not yet due
    world.later(seconds=6)
    assert await world.db.retry_failed() == 1
    assert await world.transcript(hu) == ["applicant: 坏", "bot: 1 坏"]


async def test_what_he_writes_meanwhile_waits_behind_it_in_order(world: World) -> None:
    hu = await world.person()
    world.dialog.broken = {"坏"}
    for words in ("坏", "二", "三"):
        assert (await world.write(hu, words)).postponed
    world.dialog.broken = set()
    world.later(seconds=6)

    assert await world.db.retry_failed() == 3

    assert await world.transcript(hu) == [
        "applicant: 坏", "applicant: 二", "applicant: 三", "bot: 1 坏", "bot: 2 二", "bot: 3 三",
    ]  # fmt: skip
    assert not (await world.write(hu, "四")).postponed


async def test_others_are_served_in_the_same_batch(world: World) -> None:
    people = [await world.person(f"u{n}") for n in range(20)]
    world.dialog.broken = {"7"}

    taken = await asyncio.gather(*(world.write(who, str(n)) for n, who in enumerate(people)))

    assert [t.postponed for t in taken] == [n == 7 for n in range(20)]


async def test_after_three_tries_it_is_a_dead_letter_and_the_conversation_moves_on(world: World) -> None:
    hu = await world.person()
    world.dialog.broken = {"坏"}
    await world.write(hu, "坏", key="m1")
    await world.write(hu, "二")
    for _ in range(2):
        world.later(seconds=60)
        await world.db.retry_failed()

    letters = await world.db.read(dead_letters.dead)

    assert [(x.kind, x.conversation, x.tries, x.error) for x in letters] == [("event", hu, 3, "Mistake")]
    assert await world.transcript(hu) == ["applicant: 坏", "applicant: 二", "bot: 1 二"]
    assert not (await world.write(hu, "三")).postponed
    assert not (await world.write(hu, "坏", key="m1")).fresh


async def test_a_dead_letter_can_be_replayed_once_the_mistake_is_mended(world: World) -> None:
    hu = await world.person()
    await _kill(world, hu, "坏")
    world.dialog.broken = set()
    letter = (await world.db.read(dead_letters.dead))[0]

    assert await world.db.run(
        lambda c: dead_letters.replay(c, letter.kind, letter.id, world.now, "operator:li")
    )
    await world.db.retry_failed()

    assert await world.transcript(hu) == ["applicant: 坏", "bot: 1 坏"]
    assert await world.db.read(dead_letters.dead) == []
    assert await world.rows(conversations, "pending") == [(0,)]
    assert not await world.db.run(
        lambda c: dead_letters.replay(c, letter.kind, letter.id, world.now, "operator:li")
    )
    assert await world.db.read(lambda c: audit.verify(c, hu)) == []


async def test_a_dropped_letter_is_gone_with_its_words_and_still_recognised(world: World) -> None:
    hu = await world.person()
    await _kill(world, hu, "坏", key="m1")
    letter = (await world.db.read(dead_letters.dead))[0]

    assert await world.db.run(
        lambda c: dead_letters.drop(c, letter.kind, letter.id, world.now, "operator:li")
    )

    assert await world.rows(inbox, "state", "event") == [("dropped", None)]
    assert not (await world.write(hu, "坏", key="m1")).fresh


async def test_a_failed_event_is_sealed_and_its_error_names_no_words(world: World) -> None:
    hu = await world.person()
    world.dialog.broken = {"999901198803050247"}
    await world.write(hu, "999901198803050247")

    (event, error) = (await world.rows(inbox, "event", "error"))[0]

    assert b"999901198803050247" not in event
    assert error == "Mistake"


async def test_a_turn_the_database_always_refuses_is_given_up_and_hurts_nobody(world: World) -> None:
    hu = await world.person()
    odd = await world.write(hu, "submit " + "r" * 300)
    for _ in range(2):
        world.later(seconds=60)
        await world.db.retry_failed()

    letters = await world.db.read(dead_letters.dead)

    assert [x.kind for x in letters] == (["event"] if odd.postponed else [])
    assert not (await world.write(hu, "好了")).postponed


async def test_an_event_this_release_cannot_read_is_given_up_like_another(world: World) -> None:
    hu = await world.person()
    world.dialog.broken = {"坏"}
    await world.write(hu, "坏")
    await world.db.run(lambda c: c.execute(inbox.update().values(event=b"\x01" * 60)).rowcount)
    for _ in range(2):
        world.later(seconds=60)
        await world.db.retry_failed()

    assert [x.error for x in await world.db.read(dead_letters.dead)] == ["SealBroken"]


async def test_a_turn_the_database_refuses_is_kept_and_its_neighbours_are_committed(world: World) -> None:
    """A reference of 300 characters fits no column of PostgreSQL; SQLite takes it, as it takes everything."""
    hu, li = await world.person("hu"), await world.person("li")

    odd, good = await asyncio.gather(world.write(hu, "submit " + "r" * 300), world.write(li, "你好"))

    assert odd.postponed == (world.url.startswith("postgresql"))
    assert await world.transcript(li) == ["applicant: 你好", "bot: 1 你好"]
    assert (await world.transcript(hu))[0].startswith("applicant: submit")
    assert (await world.rows(inbox, "state")).count(("done",)) == (1 if odd.postponed else 2)
    assert good.fresh


async def _kill(world: World, conversation: str, words: str, **given: str) -> None:
    world.dialog.broken = {words}
    await world.write(conversation, words, **given)
    for _ in range(2):
        world.later(seconds=60)
        await world.db.retry_failed()
