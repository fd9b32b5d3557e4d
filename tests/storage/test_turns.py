"""One event in, one commit out: what is written, and that it is written once."""

from __future__ import annotations

import asyncio

import pytest

from dialogs.messages import Address
from storage.errors import UnknownConversation, Unstorable
from storage.people import applications, conversations, messages, tickets
from storage.schema import audit, inbox, outbox
from storage.schema import conversations as conversations_table
from storage.schema import messages as messages_table
from tests.storage.world import World


async def test_a_message_is_answered_in_the_commit_that_took_it(world: World) -> None:
    hu = await world.person()

    taken = await world.write(hu, "你好")

    assert taken.fresh
    assert (taken.seq, taken.last) == (1, 2)
    assert await world.transcript(hu) == ["applicant: 你好", "bot: 1 你好"]


async def test_the_same_message_twice_is_one_message_and_finds_its_replies(world: World) -> None:
    hu = await world.person()
    first = await world.write(hu, "你好", key="m1")
    await world.write(hu, "还在吗", key="m2")

    again = await world.write(hu, "你好", key="m1")

    assert not again.fresh
    assert (again.seq, again.last) == (first.seq, first.last)
    assert len(await world.transcript(hu)) == 4
    assert await world.count(inbox) == 2


async def test_ten_messages_at_once_are_each_answered_in_their_order(world: World) -> None:
    hu = await world.person()

    taken = await asyncio.gather(*(world.write(hu, f"第{n}句") for n in range(10)))

    assert [t.seq for t in taken] == list(range(1, 21, 2))
    assert await world.transcript(hu) == [
        line for n in range(10) for line in (f"applicant: 第{n}句", f"bot: {n + 1} 第{n}句")
    ]


async def test_a_hundred_people_at_once_do_not_mix(world: World) -> None:
    people = [await world.person(f"u{n}") for n in range(100)]

    await asyncio.gather(*(world.write(who, f"我是{n}") for n, who in enumerate(people)))

    for n in (0, 42, 99):
        assert await world.transcript(people[n]) == [f"applicant: 我是{n}", f"bot: 1 我是{n}"]
    assert await world.count(audit) == 100


async def test_the_same_key_at_once_is_taken_once(world: World) -> None:
    hu = await world.person()

    taken = await asyncio.gather(*(world.write(hu, "交社保", key="same") for _ in range(5)))

    assert sorted(t.fresh for t in taken) == [False] * 4 + [True]
    assert len({(t.seq, t.last) for t in taken}) == 1


async def test_two_people_may_use_the_same_key(world: World) -> None:
    hu, li = await world.person("hu"), await world.person("li")

    assert (await world.write(hu, "一", key="m1")).fresh
    assert (await world.write(li, "二", key="m1")).fresh


async def test_a_person_is_one_conversation_however_often_he_is_met(world: World) -> None:
    met = await asyncio.gather(*(world.person("same") for _ in range(8)))

    assert len(set(met)) == 1
    address = await world.db.read(lambda c: conversations.address_of(c, met[0]))
    assert address == Address("web", "main", "same")


async def test_an_unknown_conversation_is_told_so_and_does_not_hurt_its_neighbours(world: World) -> None:
    hu = await world.person()

    unknown, known = await asyncio.gather(
        world.write("0" * 26, "喂"), world.write(hu, "你好"), return_exceptions=True
    )

    assert isinstance(unknown, UnknownConversation)
    assert await world.transcript(hu) == ["applicant: 你好", "bot: 1 你好"]
    assert not isinstance(known, BaseException)


async def test_what_cannot_be_written_is_refused_and_nothing_is_left(world: World) -> None:
    hu, li = await world.person("hu"), await world.person("li")

    bad, good = await asyncio.gather(
        world.write(hu, "\ud800"), world.write(li, "你好"), return_exceptions=True
    )

    assert isinstance(bad, Unstorable)
    assert await world.transcript(hu) == []
    assert not isinstance(good, BaseException)
    assert (await world.write(hu, "好了")).seq == 1


@pytest.mark.parametrize("key", ["x" * 5000, "a\x00b", "\u202e", "钥匙"])
async def test_any_key_a_client_may_invent_is_recognised_when_it_comes_again(world: World, key: str) -> None:
    hu = await world.person()

    assert (await world.write(hu, "一", key=key)).fresh
    assert not (await world.write(hu, "一", key=key)).fresh


async def test_any_text_is_kept_as_it_came(world: World) -> None:
    hu = await world.person()
    words = "a\x00b\u202e" + "👨‍👩‍👧" * 1000

    await world.write(hu, words)

    assert (await world.transcript(hu))[0] == f"applicant: {words}"


async def test_nothing_he_said_lies_readable_in_the_rows(world: World) -> None:
    hu = await world.person()
    await world.write(hu, "photo 999901198803050247")

    kept = [*await world.rows(outbox, "payload"), *await world.rows(messages_table, "body")]

    assert len(kept) == 3
    assert not any(b"9999011988" in row[0] for row in kept)


async def test_a_case_is_found_by_reference_and_number(world: World) -> None:
    hu = await world.person()
    await world.write(hu, "submit ref-1")
    await world.write(hu, "number CS-1121-0038")

    by_reference = await world.db.read(lambda c: applications.by_reference(c, "ref-1"))
    by_number = await world.db.read(lambda c: applications.by_number(c, "CS-1121-0038"))

    assert by_reference is not None
    assert by_reference == by_number
    assert (by_reference.conversation, by_reference.state, by_reference.seq) == (hu, "submitted", 1)
    assert await world.db.read(lambda c: applications.by_number(c, "")) is None


async def test_asking_for_a_person_opens_a_ticket_and_gives_the_conversation_away(world: World) -> None:
    hu = await world.person()
    await world.write(hu, "person 急")

    found = await world.db.read(lambda c: tickets.waiting(c, world.vault))

    assert [(t.conversation, t.reason, t.note) for t in found] == [(hu, "asked", "急")]
    assert await world.rows(conversations_table, "owner") == [("queue",)]


async def test_a_card_and_its_choices_come_back_as_they_were_said(world: World) -> None:
    hu = await world.person()
    await world.write(hu, "card 请带身份证")

    said = (await world.db.read(lambda c: messages.after(c, world.vault, hu, 2)))[0]

    assert said.body == {
        "text": "请带身份证",
        "choices": [{"id": "1:a", "label": "甲"}],
        "card": {"kind": "notice", "title": "要带什么", "body": {"sections": []}},
    }
