"""A person is forgotten: no key, no row, no file is left; the receipt says so and can be checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update

from dialogs.messages import Address
from storage.errors import UnknownConversation
from storage.flow import audit
from storage.people import erasing
from storage.people.conversations import applicant_of
from storage.schema import applicants, applications, conversations, erasures, files, messages
from tests.storage.world import World

RECEIPT = "SC-7F3K-9Q2M-X0AB"
HER = Address("wechat", "main", "openid-1")


async def somebody(world: World) -> str:
    """Return the conversation of somebody who wrote, sent a photo, asked for a person and handed in."""
    for words in ("你好", "photo one", "person 请帮我", "submit ref-1", "number CS-1121-0001", "timer 60"):
        await world.write_from(HER, words)
    conversation = await world.db.conversation(HER)
    applicant = await world.db.read(lambda c: applicant_of(c, conversation))
    photo = {"id": "f1", "conversation": conversation, "applicant": applicant, "kind": "upload", "size": 1,
             "sha256": "0" * 64, "state": "held", "created_at": world.now}  # fmt: skip
    await world.db.run(lambda c: c.execute(insert(files).values(photo)))
    return conversation


async def erase(world: World, conversation: str, **more: Any) -> list[str]:
    return await world.db.run(
        lambda c: erasing.erase(c, world.vault, conversation, RECEIPT, world.now, intake={}, **more)
    )


async def check(world: World) -> list[str]:
    return await world.db.read(lambda c: erasing.check(c, world.vault, RECEIPT))


async def test_everything_of_the_person_goes_and_number_and_state_stay(world: World) -> None:
    conversation = await somebody(world)
    gone = await erase(world, conversation)

    assert gone == ["f1"]
    for name, table in erasing.EMPTIED.items():
        assert await world.count(table) == 0, name
    assert await world.rows(applicants, "wrapped_key") == [(None,)]
    assert await world.rows(applications, "number", "state") == [("CS-1121-0001", "submitted")]
    assert await check(world) == []
    assert await world.db.read(lambda c: audit.verify(c, conversation)) == []


async def test_the_receipt_names_numbers_and_kinds_and_nobody(world: World) -> None:
    conversation = await somebody(world)
    await erase(world, conversation)

    found = await world.db.read(lambda c: erasing.one(c, RECEIPT))
    assert found is not None
    assert found.outcome["kept"] == [{"number": "CS-1121-0001", "service": "enrolment", "state": "submitted"}]
    assert found.outcome["deleted"]["files"] == 1
    assert found.outcome["deleted"]["messages"] > 0
    assert "openid" not in json.dumps(found.outcome)


async def test_the_same_person_is_a_stranger_afterwards(world: World) -> None:
    before = await somebody(world)
    await erase(world, before)

    with pytest.raises(UnknownConversation):
        await world.write(before, "还在吗")
    await world.write_from(HER, "你好")
    after = await world.db.conversation(HER)

    assert after != before
    assert await world.transcript(after) == ["applicant: 你好", "bot: 1 你好"]


async def test_nobody_elses_rows_are_touched(world: World) -> None:
    other = await world.person("u2", "wechat")
    await world.write(other, "我还在")
    await erase(world, await somebody(world))

    assert await world.transcript(other) == ["applicant: 我还在", "bot: 1 我还在"]


async def test_a_receipt_that_was_changed_is_seen(world: World) -> None:
    await erase(world, await somebody(world))
    changed = update(erasures).values(outcome=json.dumps({"conversations": [], "deleted": {}, "kept": []}))
    await world.db.run(lambda c: c.execute(changed))

    assert await check(world) == ["the receipt was changed after it was given"]


async def test_what_was_left_or_put_back_is_seen(world: World) -> None:
    conversation = await somebody(world)
    await erase(world, conversation)
    row = {"conversation": conversation, "seq": 99, "at": world.now, "sender": "bot", "body": b"x"}
    await world.db.run(lambda c: c.execute(insert(messages).values(row)))
    await world.db.run(lambda c: c.execute(update(applicants).values(wrapped_key=b"back")))

    assert await check(world) == ["the key is still there", "1 rows are left in messages"]


async def test_a_chain_that_was_cut_is_seen(world: World) -> None:
    conversation = await somebody(world)
    await erase(world, conversation)
    cut = update(conversations).where(conversations.c.id == conversation).values(audit_n=1)
    await world.db.run(lambda c: c.execute(cut))

    (problem,) = await check(world)
    assert problem.startswith(f"audit chain of {conversation}")


async def test_no_receipt_is_no_proof(world: World) -> None:
    assert await check(world) == ["there is no such receipt"]


async def test_what_the_intake_service_owes_is_remembered_and_settled(world: World) -> None:
    await erase(world, await somebody(world), owed=("ref-1",))
    (owed,) = await world.db.read(erasing.owed)
    assert owed.owed == ("ref-1",)

    said = {"receipt": {"id": "XH-1", "at": "2026-11-21T01:00:00+00:00", "sha256": "0" * 64}}
    await world.db.run(lambda c: erasing.told(c, world.vault, owed, said))

    assert await world.db.read(erasing.owed) == []
    assert await check(world) == []


async def test_a_destroyed_key_is_in_no_free_page(world: World) -> None:
    """What SQLite deletes it may leave lying in the file; here it is overwritten."""
    if not world.url.startswith("sqlite"):
        pytest.skip("PostgreSQL's free pages are its vacuum's")
    conversation = await somebody(world)
    applicant = await world.db.read(lambda c: applicant_of(c, conversation))
    query = select(applicants.c.wrapped_key).where(applicants.c.id == applicant)
    key = await world.db.read(lambda c: c.execute(query).scalar_one())
    await erase(world, conversation)
    await world.close()
    path = world.url.removeprefix("sqlite:///")
    await world.open()
    await world.db.read(lambda c: c.execute(text("SELECT 1")))

    assert key not in Path(path).read_bytes()
