"""Whose files they are, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Connection, insert

from storage.errors import UnknownConversation
from storage.people import applicants as people
from storage.people import uploads
from storage.people.conversations import applicant_of
from storage.schema import applicants
from storage.sealing.files import Received
from tests.storage.world import World

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
FRONT, KEPT, BACK, FOREIGN = (digit * 32 for digit in "abcd")
MINE, THEIRS = "0" * 25 + "1", "0" * 25 + "2"


def fill(connection: Connection) -> None:
    for whose in (MINE, THEIRS):
        connection.execute(insert(applicants).values(id=whose, wrapped_key=b"k", key_id="k", created_at=NOW))

    def add(file: str, whose: str, size: int, when: datetime, parent: str | None = None) -> None:
        received = Received(file, "0" * 64, size)
        uploads.add(connection, received, conversation=whose, applicant=whose, now=when, parent=parent)

    add(FRONT, MINE, 3_000_000, NOW)
    add(KEPT, MINE, 400_000, NOW + timedelta(seconds=2), parent=FRONT)
    add(BACK, MINE, 2_000_000, NOW - timedelta(days=2))
    add(FOREIGN, THEIRS, 7, NOW)


async def test_a_file_is_known_with_the_copy_kept_of_it(world: World) -> None:
    await world.db.run(fill)
    front = await world.db.read(lambda connection: uploads.one(connection, FRONT))
    kept = await world.db.read(lambda connection: uploads.kept_of(connection, FRONT))

    assert front is not None
    assert (front.kind, front.size, front.created_at, front.parent) == ("upload", 3_000_000, NOW, None)
    assert kept is not None
    assert (kept.id, kept.kind, kept.parent) == (KEPT, "kept", FRONT)
    assert await world.db.read(lambda connection: uploads.kept_of(connection, BACK)) is None
    assert await world.db.read(lambda connection: uploads.one(connection, "0" * 32)) is None


async def test_an_upload_and_its_copy_go_together_whichever_is_named(world: World) -> None:
    await world.db.run(fill)

    assert await world.db.run(lambda connection: uploads.forget(connection, KEPT)) == (FRONT, KEPT)
    assert await world.db.run(lambda connection: uploads.forget(connection, FRONT)) == ()
    left = await world.db.read(lambda connection: uploads.of_conversation(connection, MINE))
    assert [each.id for each in left] == [BACK]


async def test_files_are_listed_in_the_order_they_came(world: World) -> None:
    await world.db.run(fill)
    listed = await world.db.read(lambda connection: uploads.of_conversation(connection, MINE))
    whole = await world.db.read(lambda connection: uploads.of_applicant(connection, MINE))

    assert [each.id for each in listed] == [BACK, FRONT, KEPT]
    assert {each.id for each in whole} == {FRONT, KEPT, BACK}


async def test_a_share_counts_todays_photos_and_everything_held(world: World) -> None:
    await world.db.run(fill)
    used = await world.db.read(lambda connection: uploads.used(connection, MINE, NOW))

    assert used == uploads.Used(photos=1, held_bytes=5_400_000)
    assert used.room
    assert not uploads.Used(uploads.PHOTOS_A_DAY, 0).room
    assert not uploads.Used(0, uploads.BYTES_A_PERSON).room


async def test_files_without_a_row_are_strays(world: World) -> None:
    await world.db.run(fill)
    held = [FRONT, "e" * 32, *(f"{number:032x}" for number in range(600))]
    strays = await world.db.read(lambda connection: uploads.strays(connection, held))

    assert strays == set(held) - {FRONT}


async def test_an_upload_that_no_event_named_is_found_after_a_while(world: World) -> None:
    hu, li = await world.person("hu"), await world.person("li")

    def add(connection: Connection, file: str, whose: str) -> None:
        received, applicant = Received(file, "0" * 64, 7), applicant_of(connection, whose)
        uploads.add(connection, received, conversation=whose, applicant=applicant, now=world.now)

    for file, whose in ((FRONT, hu), (BACK, hu), (FOREIGN, li)):
        await world.db.run(lambda c, file=file, whose=whose: add(c, file, whose))  # type: ignore[misc]
    await world.write(hu, f"photo {FRONT}")
    world.dialog.broken.add(f"photo {FOREIGN}")
    await world.write(li, f"photo {FOREIGN}")
    begun, later = world.now, world.later(hours=2)

    found = await world.db.read(lambda c: uploads.unnamed(c, begun, later))
    assert [each.id for each in found] == [BACK]
    assert await world.db.read(lambda c: uploads.unnamed(c, begun + timedelta(hours=1), later)) == []
    mine = (FRONT, BACK, FOREIGN)
    named = {file: await world.db.read(partial(uploads.is_named, upload=file)) for file in mine}
    assert named == {FRONT: True, BACK: False, FOREIGN: True}


async def test_nothing_is_written_down_of_somebody_who_was_forgotten_while_it_came(world: World) -> None:
    await world.db.run(fill)
    await world.db.run(lambda c: people.erase(c, world.vault, MINE, world.now, "applicant"))

    with pytest.raises(UnknownConversation):
        await world.db.run(fill_one)

    assert await world.db.read(lambda connection: uploads.of_applicant(connection, MINE)) == []


def fill_one(connection: Connection) -> None:
    uploads.add(connection, Received(FRONT, "0" * 64, 7), conversation=MINE, applicant=MINE, now=NOW)
