"""Village agents: one code, one use, one day; removed, an agent is out and his key gone."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from dialogs.messages import Address
from dialogs.turn import DismissAgent, Join
from storage.flow import audit, outbox
from storage.people import agents, applicants, conversations, handovers, joining
from storage.people.agents import Agent
from storage.people.conversations import applicant_of
from storage.schema import agents as agent_rows
from storage.schema import applicants as applicant_rows
from tests.storage.world import World

PHONE = "+8613800000000"


async def added(world: World, name: str = "叶某某") -> tuple[str, str]:
    return await world.db.run(lambda c: agents.add(c, world.vault, name, "球川村", PHONE, world.now))


async def sign_in(world: World, here: str, code: str, delivery: str = "d1") -> Agent | None:
    return await world.db.run(lambda c: agents.sign_in(c, world.vault, here, code, delivery, world.now))


async def everybody(world: World) -> list[Agent]:
    return await world.db.read(lambda c: agents.everybody(c, world.vault))


async def remove(world: World, id_: str) -> bool:
    return await world.db.run(lambda c: agents.remove(c, world.vault, id_, world.now))


async def ordered(world: World) -> list[tuple[str, object]]:
    items = await world.db.run(
        lambda c: outbox.claim(
            c,
            world.vault,
            limit=9,
            now=world.now,
            lease=timedelta(seconds=30),
            worker="w",
            kinds=["DismissAgent"],
        )
    )
    return [(item.conversation, item.effect) for item in items]


async def test_the_code_signs_him_in_and_the_chain_says_so(world: World) -> None:
    here = await world.person("ye")
    id_, code = await added(world)

    assert (len(code), code.isdigit()) == (10, True)
    assert await sign_in(world, here, code) == Agent(id_, "叶某某", "球川村", PHONE, here)
    assert [each.conversation for each in await everybody(world)] == [here]
    assert await world.db.read(lambda c: agents.signed_in(c, here))
    assert await world.db.read(lambda c: audit.verify(c, here)) == []


async def test_nothing_of_him_lies_open(world: World) -> None:
    _, code = await added(world)

    [row] = await world.rows(agent_rows, "body", "code")
    for words in ("叶某某", "球川村", PHONE, code):
        assert words.encode() not in bytes(row.body) + bytes(row.code)


async def test_a_code_works_once_but_its_order_may_be_repeated(world: World) -> None:
    here, there = await world.person("ye"), await world.person("li")
    _, code = await added(world)
    first = await sign_in(world, here, code)

    assert await sign_in(world, here, code) == first
    assert await sign_in(world, there, code) is None
    await world.db.run(lambda c: agents.sign_out(c, here, world.now))
    assert await sign_in(world, here, code, "d2") is None


async def test_with_a_new_code_he_is_the_same_agent_again(world: World) -> None:
    here = await world.person("ye")
    id_, code = await added(world)
    first = await sign_in(world, here, code)
    await world.db.run(lambda c: agents.sign_out(c, here, world.now))
    new = await world.db.run(lambda c: agents.renew(c, world.vault, id_, world.now))

    assert new is not None
    assert await sign_in(world, here, code, "d2") is None
    assert await sign_in(world, here, new, "d3") == first
    assert await world.db.run(lambda c: agents.renew(c, world.vault, "01NOBODY", world.now)) is None


async def test_a_code_is_good_for_a_day(world: World) -> None:
    here = await world.person("ye")
    (_, code), (_, late) = await added(world), await added(world, "周某某")

    world.later(hours=23, minutes=59)
    assert await sign_in(world, here, code)
    world.later(minutes=1)
    assert await sign_in(world, here, late) is None


async def test_wrong_codes_count_with_those_of_handovers(world: World) -> None:
    here = await world.person("ye")
    for n in range(handovers.WRONG_AN_HOUR):
        assert await sign_in(world, here, "0000000000", f"d{n}") is None

    assert await world.db.read(lambda c: handovers.too_many_wrong(c, here, world.now))


async def test_a_conversation_has_one_agent(world: World) -> None:
    here = await world.person("ye")
    (_, first), (second_id, second) = await added(world), await added(world, "周某某")
    await sign_in(world, here, first)
    await sign_in(world, here, second)

    assert [each.id for each in await everybody(world) if each.conversation] == [second_id]


async def test_removed_he_is_told_and_his_key_is_gone(world: World) -> None:
    here = await world.person("ye")
    id_, code = await added(world)
    await sign_in(world, here, code)
    mine = await world.db.read(lambda c: c.execute(select(agent_rows.c.applicant)).scalar_one())

    assert await remove(world, id_)
    assert await ordered(world) == [(here, DismissAgent(id_))]
    assert await everybody(world) == []
    keys = dict(await world.rows(applicant_rows, "id", "wrapped_key"))
    assert keys.pop(mine) is None
    assert all(keys.values())  # his own conversation is another matter
    assert await world.db.read(lambda c: audit.verify(c, here)) == []
    assert not await remove(world, id_)


async def test_removed_before_he_signed_in_his_code_is_dead(world: World) -> None:
    here = await world.person("ye")
    id_, code = await added(world)

    assert await remove(world, id_)
    assert await ordered(world) == []
    assert await sign_in(world, here, code) is None


async def test_an_agent_who_is_forgotten_is_signed_out(world: World) -> None:
    here = await world.person("ye")
    id_, code = await added(world)
    await sign_in(world, here, code)
    person = await world.db.read(lambda c: applicant_of(c, here))
    await world.db.run(lambda c: applicants.erase(c, world.vault, person, world.now, "applicant"))

    assert [(each.id, each.conversation) for each in await everybody(world)] == [(id_, "")]
    assert await remove(world, id_)
    assert await ordered(world) == []


async def test_a_code_of_a_handover_does_not_swallow_an_agents_conversation(world: World) -> None:
    older = await world.person("ye", "wechat")
    address = Address("telegram", "bot", "42")
    await world.write_from(address, "你好")
    here = await world.db.conversation(address)
    _, code = await added(world)
    await sign_in(world, here, code)
    made = await world.db.run(lambda c: handovers.make(c, world.vault, "seed", older, world.now))
    outcome = await world.db.run(
        lambda c: joining.join(c, world.vault, here, Join(made.code, True), "d9", world.now)
    )

    assert outcome.refusal == "busy"
    assert await world.db.read(lambda c: conversations.address_of(c, here)) == address
