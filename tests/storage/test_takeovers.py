"""Codes by which a villager takes his case over, whose the case is then, and who still hears of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from dialogs.turn import ClaimCases, ForgetCases
from storage.flow import audit, outbox
from storage.people import agents, applications, erasing, takeovers
from storage.people.handovers import Made
from storage.schema import followers
from storage.schema import outbox as orders
from storage.schema import takeovers as code_rows
from tests.storage.world import World


async def code_for(world: World, here: str, holder: str, seed: str = "d1", reference: str = "ref-1") -> Made:
    return await world.db.run(
        lambda c: takeovers.make(c, world.vault, seed, here, holder, reference, world.now)
    )


async def claim(world: World, here: str, code: str, delivery: str = "d9") -> bool:
    return await world.db.run(lambda c: takeovers.claim(c, world.vault, here, code, delivery, world.now))


async def entrust(world: World, holder: str, to: str) -> None:
    await world.db.run(lambda c: takeovers.entrust(c, holder, to, ["ref-1"], world.now))


async def concerned(world: World) -> list[str]:
    return await world.db.read(lambda c: takeovers.concerned(c, "ref-1"))


async def ordered(world: World, kind: str) -> list[tuple[str, Any]]:
    items = await world.db.run(
        lambda c: outbox.claim(
            c,
            world.vault,
            limit=9,
            now=world.now,
            lease=timedelta(seconds=30),
            worker="w",
            kinds=[kind],
        )
    )
    return [(item.conversation, item.effect) for item in items]


async def both(world: World) -> tuple[str, str]:
    """Return the agent's conversation, where ref-1 was handed in, and the villager's."""
    agent = await world.person("agent")
    await world.write(agent, "submit ref-1")
    return agent, await world.person("villager")


async def test_the_code_claims_the_case_where_it_was_asked_for_once(world: World) -> None:
    agent, his = await both(world)
    made = await code_for(world, his, agent)

    [kept] = await world.rows(code_rows, "code")
    assert (len(made.code), made.code.isdigit()) == (8, True)
    assert made.code.encode() not in bytes(kept.code)
    assert await code_for(world, his, agent) == made, "a repeated delivery tells the same one"
    assert not await claim(world, await world.person("stranger"), made.code)
    assert not await claim(world, agent, made.code)
    assert await claim(world, his, made.code)
    assert await claim(world, his, made.code), "a repeated delivery is answered as before"
    assert not await claim(world, his, made.code, "d10")
    assert await ordered(world, "ClaimCases") == [(agent, ClaimCases("ref-1", his))]
    for one in (agent, his):
        assert not await world.db.read(lambda c, one=one: audit.verify(c, one))  # type: ignore[misc]


async def test_it_lasts_a_quarter_of_an_hour_and_the_newest_counts(world: World) -> None:
    agent, his = await both(world)
    old, new = await code_for(world, his, agent), await code_for(world, his, agent, "d2")

    assert not await claim(world, his, old.code)
    world.later(minutes=15)
    assert not await claim(world, his, new.code)
    world.later(days=2)
    last = await code_for(world, his, agent, "d3")
    assert await world.count(code_rows) == 1
    assert await claim(world, his, last.code)


async def test_neither_an_agent_nor_a_forgotten_one_takes_part(world: World) -> None:
    agent, his = await both(world)
    made = await code_for(world, his, agent)
    _, sign_in = await world.db.run(
        lambda c: agents.add(c, world.vault, "叶某某", "球川村", "+8613800000000", world.now)
    )
    await world.db.run(lambda c: agents.sign_in(c, world.vault, his, sign_in, "d2", world.now))
    assert not await claim(world, his, made.code)
    await world.db.run(lambda c: agents.sign_out(c, his, world.now))

    await erase(world, agent)
    assert not await claim(world, his, made.code)


async def erase(world: World, conversation: str) -> str:
    receipt = erasing.receipt_of(conversation)
    await world.db.run(lambda c: erasing.erase(c, world.vault, conversation, receipt, world.now, intake={}))
    assert await world.db.read(lambda c: erasing.check(c, world.vault, receipt)) == []
    return receipt


async def test_entrusted_it_is_his_and_the_agent_still_hears(world: World) -> None:
    agent, his = await both(world)
    await entrust(world, his, agent)  # who has not got it gives nothing away
    assert await concerned(world) == [agent]
    await entrust(world, agent, his)
    await entrust(world, agent, his)

    assert await concerned(world) == [his, agent]
    await world.write(agent, "submit ref-1")  # what the agent's chat writes down later takes nothing back
    found = await world.db.read(lambda c: applications.by_reference(c, "ref-1"))
    assert found is not None
    assert found.conversation == his
    assert await world.db.read(lambda c: takeovers.concerned(c, "ref-0")) == []


async def test_forgotten_he_is_forgotten_in_the_agents_conversation_too(world: World) -> None:
    agent, his = await both(world)
    await entrust(world, agent, his)
    await erase(world, his)

    assert await ordered(world, "ForgetCases") == [(agent, ForgetCases(("ref-1",)))]
    assert await world.count(followers) == 0
    await world.write(agent, "submit ref-2")
    await world.db.run(lambda c: takeovers.forget(c, agent, ["ref-1"]))
    assert [row.key for row in await world.rows(orders, "key", "kind") if row.kind == "Submit"] == ["ref-2"]


async def test_a_forgotten_agent_follows_nothing(world: World) -> None:
    agent, his = await both(world)
    await entrust(world, agent, his)
    await erase(world, agent)

    assert await concerned(world) == [his]
    assert await world.db.read(lambda c: c.execute(select(followers)).all()) == []
