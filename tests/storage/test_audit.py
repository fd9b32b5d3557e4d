"""The chain of a conversation shows every change, gap and swap, and outlives an erasure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, get_args

import pytest
from sqlalchemy import Connection, delete, select, update

from dialogs.turn import Event
from storage.errors import UnknownConversation
from storage.flow import audit
from storage.flow.turns import ACTORS
from storage.people import applicants, conversations, messages, retention
from storage.schema import audit as links
from storage.schema import (
    checkpoints,
    files,
    inbox,
    outbox,
    tickets,
)
from storage.schema import (
    conversations as conversation_rows,
)
from storage.schema import (
    messages as message_rows,
)
from tests.storage.world import START, World

Tamper = Callable[[Connection, str], Any]


async def story(world: World) -> str:
    hu = await world.person("hu")
    for words in ("你好", "silence", "photo a", "person 急"):
        await world.write(hu, words)
        world.later(seconds=1)
    await world.db.run(lambda c: audit.add(c, hu, world.now, "clerk:7", "material.viewed", b"file a"))
    await world.write(hu, "谢谢")
    return hu


async def test_an_untouched_chain_holds(world: World) -> None:
    hu = await story(world)

    assert await world.db.read(lambda c: audit.verify(c, hu)) == []
    assert [row.action for row in await world.rows(links, "n", "action")] == [
        *["MessageReceived"] * 4,
        "material.viewed",
        "MessageReceived",
    ]


def _change(column: str, value: Any) -> Tamper:
    return lambda c, hu: c.execute(update(links).where(links.c.n == 2).values({column: value}))


def _swap(c: Connection, hu: str) -> None:
    for a, b in ((2, 99), (3, 2), (99, 3)):
        c.execute(update(links).where(links.c.n == a).values(n=b))


TAMPERING: dict[str, Tamper] = {
    "an actor is changed": _change("actor", "clerk:1"),
    "an action is changed": _change("action", "Opened"),
    "a detail is changed": _change("detail", bytes(32)),
    "a hash is changed": _change("hash", bytes(32)),
    "a link is removed": lambda c, hu: c.execute(delete(links).where(links.c.n == 3)),
    "the last link is removed": lambda c, hu: c.execute(delete(links).where(links.c.n == 6)),
    "two links are swapped": _swap,
    "a message is changed": lambda c, hu: c.execute(
        update(message_rows).where(message_rows.c.seq == 2).values(body=b"x" * 40)
    ),
    "a message is removed": lambda c, hu: c.execute(delete(message_rows).where(message_rows.c.seq == 1)),
    "a message is slipped in": lambda c, hu: c.execute(
        message_rows.insert().values(conversation=hu, seq=99, at=START, sender="bot", body=b"x" * 40)
    ),
}


@pytest.mark.parametrize("tamper", TAMPERING.values(), ids=TAMPERING.keys())
async def test_tampering_shows(world: World, tamper: Tamper) -> None:
    hu = await story(world)
    await world.db.run(lambda c: tamper(c, hu))

    assert await world.db.read(lambda c: audit.verify(c, hu))


async def test_an_act_on_nothing_is_refused(world: World) -> None:
    with pytest.raises(UnknownConversation):
        await world.db.run(lambda c: audit.add(c, "0" * 26, world.now, "clerk:7", "material.viewed"))


async def test_a_removed_chain_is_seen_by_the_checkpoints(world: World) -> None:
    hu = await story(world)
    assert await seal(world) == 1
    world.later(minutes=10)
    li = await world.person("li")
    await world.write(li, "你好")
    assert await seal(world) == 2  # the first once more: checkpoints overlap
    assert await world.db.read(lambda c: audit.verify_checkpoints(c, world.vault)) == []

    await world.db.run(lambda c: _remove(c, hu))

    broken = await world.db.read(lambda c: audit.verify_checkpoints(c, world.vault))
    assert {(x.conversation, x.n) for x in broken} == {(hu, 6)}


async def test_a_changed_or_removed_checkpoint_is_seen(world: World) -> None:
    await story(world)
    await seal(world)
    world.later(minutes=10)
    await story(world)
    await seal(world)

    await world.db.run(lambda c: c.execute(delete(checkpoints).where(checkpoints.c.n == 1)).rowcount)

    assert await world.db.read(lambda c: audit.verify_checkpoints(c, world.vault))


async def test_nothing_moved_makes_no_checkpoint(world: World) -> None:
    assert await seal(world) == 0


async def test_erasing_leaves_a_shell_whose_chain_still_holds(world: World) -> None:
    hu, li = await story(world), await world.person("li")
    await world.write(li, "你好")
    await seal(world)
    await world.db.run(lambda c: c.execute(files.insert().values(_file(hu, world))).rowcount)
    applicant = await world.db.read(lambda c: conversations.applicant_of(c, hu))

    held = await world.db.run(lambda c: applicants.erase(c, world.vault, applicant, world.now, "operator:li"))

    assert held == ["f1"]
    assert await world.db.read(lambda c: audit.verify(c, hu)) == []
    assert await world.db.read(lambda c: audit.verify_checkpoints(c, world.vault)) == []
    for table in (message_rows, outbox, inbox, tickets, files):
        assert await world.db.read(lambda c, t=table: _left(c, t, hu)) == 0  # type: ignore[misc]
    for late in (lambda: world.write(hu, "还在吗"), lambda: world.transcript(hu)):
        with pytest.raises(UnknownConversation):
            await _do(late)
    assert await world.transcript(li) == ["applicant: 你好", "bot: 1 你好"]
    assert await world.person("hu") != hu
    again = await world.db.run(
        lambda c: applicants.erase(c, world.vault, applicant, world.now, "operator:li")
    )
    assert again == []


async def test_keys_move_to_a_new_master_key_and_everything_is_still_read(world: World, url: str) -> None:
    from storage.sealing.keyring import KeyRing
    from storage.sealing.vault import Vault

    old = KeyRing.fresh()
    first = World(url, Vault(old))
    await first.open()
    hu = await first.person("hu")
    await first.write(hu, "你好")
    await first.close()
    both = old.with_new_key()
    second = World(url, Vault(both))
    await second.open()

    moved = await second.db.run(lambda c: applicants.rewrap(c, second.vault, both.current.hex()))
    assert moved == 1
    assert await second.db.run(lambda c: applicants.rewrap(c, second.vault, both.current.hex())) == 0
    await second.close()

    third = World(url, Vault(both.without(old.current)))
    await third.open()
    assert await third.transcript(hu) == ["applicant: 你好", "bot: 1 你好"]
    await third.close()


async def test_a_stolen_row_moved_to_another_place_is_not_read(world: World) -> None:
    hu = await story(world)
    body = (await world.rows(message_rows, "seq", "body"))[0].body
    await world.db.run(
        lambda c: c.execute(update(message_rows).where(message_rows.c.seq == 2).values(body=body)).rowcount
    )

    from storage.sealing.vault import SealBroken

    with pytest.raises(SealBroken):
        await world.db.read(lambda c: messages.after(c, world.vault, hu, 0))


async def test_words_whose_time_is_over_go_and_the_chain_still_holds(world: World) -> None:
    hu = await story(world)
    told = await world.rows(message_rows, "seq", "body")
    await world.db.run(lambda c: retention.forget_words(c, hu, world.now, world.now))

    left = await world.rows(message_rows, "seq", "body")
    assert len(left) < len(told)
    assert await world.db.read(lambda c: audit.verify(c, hu)) == []


async def seal(world: World) -> int:
    heads = await world.db.read(audit.moved_heads)
    await world.db.run(lambda c: audit.seal_heads(c, world.vault, world.now, heads))
    return len(heads)


def _remove(c: Connection, conversation: str) -> None:
    for table in (links, message_rows, inbox):
        c.execute(delete(table).where(table.c.conversation == conversation))
    c.execute(delete(conversation_rows).where(conversation_rows.c.id == conversation))


def _left(c: Connection, table: Any, conversation: str) -> int:
    return len(c.execute(select(table).where(table.c.conversation == conversation)).all())


def _file(conversation: str, world: World) -> dict[str, Any]:
    return {
        "id": "f1", "conversation": conversation, "kind": "upload", "size": 1, "sha256": "0" * 64,
        "state": "held", "created_at": world.now + timedelta(0),
        "applicant": select(conversation_rows.c.applicant)
        .where(conversation_rows.c.id == conversation).scalar_subquery(),
    }  # fmt: skip


async def _do(act: Callable[[], Awaitable[Any]]) -> Any:
    return await act()


def test_the_log_can_say_who_caused_any_event() -> None:
    assert set(ACTORS) == {kind.__name__ for kind in get_args(Event)}
