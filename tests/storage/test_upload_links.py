"""One-time links for one photo: on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

from storage.people import upload_links
from storage.people.upload_links import UploadLink
from storage.schema import upload_links as table
from tests.storage.world import World


async def made(world: World, conversation: str, slot: str = "id_card.front") -> str:
    return await world.db.run(lambda c: upload_links.make(c, world.vault, conversation, slot, world.now))


async def found(world: World, token: str) -> UploadLink | None:
    return await world.db.read(lambda c: upload_links.find(c, world.vault, token))


async def use(world: World, link: UploadLink | None) -> None:
    assert link is not None
    await world.db.run(lambda c: upload_links.mark_used(c, link, world.now))


async def test_a_link_knows_whose_photo_of_what_it_brings(world: World) -> None:
    token = await made(world, "c1")
    link = await found(world, token)

    assert link is not None
    assert (link.conversation, link.slot, link.used) == ("c1", "id_card.front", False)
    assert link.expires_at == world.now + timedelta(minutes=15)


async def test_the_table_holds_no_token(world: World) -> None:
    token = await made(world, "c1")
    kept = await world.rows(table, "token")

    assert token.encode() not in kept[0][0]
    assert len(kept[0][0]) == 32


async def test_no_two_links_are_alike_and_a_made_up_one_opens_nothing(world: World) -> None:
    assert await made(world, "c1") != await made(world, "c1")
    assert await found(world, "made-up") is None


async def test_a_photo_closes_the_links_of_its_page_and_no_other(world: World) -> None:
    first, again = await made(world, "c1"), await made(world, "c1")
    back, hers = await made(world, "c1", "id_card.back"), await made(world, "c2")
    await use(world, await found(world, first))
    used = [link.used for each in (first, again, back, hers) if (link := await found(world, each))]

    assert used == [True, True, False, False]


async def test_old_links_go_when_a_new_one_is_made(world: World) -> None:
    old = await made(world, "c1")
    other = await made(world, "c2")
    world.later(days=1, minutes=16)
    await made(world, "c1")

    assert await found(world, old) is None
    assert await found(world, other) is not None
