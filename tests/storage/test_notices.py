"""Notices that stand in for messages: what is known of them decides what becomes of the messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from dialogs.messages import Address
from storage.flow import notices, outbox
from storage.flow.notices import Stands
from storage.flow.outbox import Item
from storage.schema import notices as notices_table
from storage.schema import outbox as outbox_table
from tests.storage.test_outbox import claim
from tests.storage.world import World

HU = Address("wechat", "main", "hu")


async def kept(world: World, *words: str) -> list[Item]:
    """Have messages kept for the person of these tests, and return them."""
    found = []
    for each in words:
        conversation = await world.db.conversation(HU)
        await world.write(conversation, each)
        (item,) = await claim(world)
        await world.db.run(lambda c, item=item: outbox.keep(c, item.hold, "closed"))  # type: ignore[misc]
        found.append(item)
    return found


async def tell(
    world: World, items: Sequence[Item], *, vital: bool, key: str = "k1", msgid: str = "77"
) -> None:
    stands_for = [Stands(item.hold.id, vital) for item in items]
    await world.db.run(
        lambda c: notices.begin(c, items[0].conversation, stands_for, "template", key, world.now)
    )
    await world.db.run(lambda c: notices.sent(c, "template", key, msgid))


async def report(world: World, delivered: bool, msgid: str = "77", rungs: Sequence[str] = ()) -> list[str]:
    return await world.db.run(
        lambda c: notices.report(c, msgid, delivered=delivered, now=world.now, rungs=rungs)
    )


async def test_news_is_done_once_its_notice_is_delivered(world: World) -> None:
    items = await kept(world, "受理了", "正在办")
    await tell(world, items, vital=False)
    assert await world.rows(outbox_table, "state") == [("held",), ("held",)]

    assert await report(world, True) == ["template", "template"]

    assert await world.rows(outbox_table, "state") == [("done",), ("done",)]
    assert await report(world, True) == [], "a report that comes twice changes nothing"


async def test_vital_news_is_still_to_be_said_in_full(world: World) -> None:
    await tell(world, await kept(world, "没批"), vital=True)

    await report(world, True)

    assert await world.rows(outbox_table, "state") == [("held",)]


async def test_when_a_notice_fails_its_news_is_tried_in_another_way(world: World) -> None:
    (item,) = await kept(world, "受理了")
    await tell(world, [item], vital=False)

    await report(world, False)

    assert [each.hold.id for each in await claim(world)] == [item.hold.id]
    (known,) = await world.db.read(lambda c: notices.of(c, item.hold.id))
    assert (known.rung, known.state) == ("template", "failed")


async def test_a_report_of_another_kind_of_notice_is_not_ours(world: World) -> None:
    await tell(world, await kept(world, "受理了"), vital=False)

    assert await report(world, True, rungs=("sms",)) == []
    assert await report(world, True, msgid="78") == []


async def test_a_notice_begun_twice_is_one(world: World) -> None:
    (item,) = await kept(world, "受理了")
    for _ in range(2):
        await world.db.run(
            lambda c: notices.begin(
                c, item.conversation, [Stands(item.hold.id, True)], "sms", "k1", world.now
            )
        )

    assert [each.state for each in await world.db.read(lambda c: notices.of(c, item.hold.id))] == ["trying"]
    await world.db.run(lambda c: notices.gave_up(c, "sms", "k1"))
    assert await world.db.read(lambda c: notices.of(c, item.hold.id)) == []


async def held_for(world: World, key: str = "k1", rung: str = "template") -> Item:
    """Have a notice about to leave for a message that is kept."""
    (item,) = await kept(world, "受理了")
    stands_for = [Stands(item.hold.id, False)]
    await world.db.run(lambda c: notices.begin(c, item.conversation, stands_for, rung, key, world.now))
    return item


async def sent(world: World, item: Item, platform_id: str, rung: str = "template") -> None:
    def work(connection: Connection) -> None:
        notices.sent(connection, rung, "k1", platform_id)
        notices.settle(connection, [item.hold.id], world.now)

    await world.db.run(work)


@pytest.mark.parametrize(("delivered", "becomes"), [(True, "done"), (False, "todo")])
async def test_a_report_that_overtakes_the_answer_to_its_call_counts(
    world: World, delivered: bool, becomes: str
) -> None:
    item = await held_for(world)
    assert await report(world, delivered) == []
    assert await world.rows(outbox_table, "state") == [("held",)]

    await sent(world, item, "77")

    assert await world.rows(outbox_table, "state") == [(becomes,)]
    assert await world.rows(notices_table, "state") == [("delivered" if delivered else "failed",)]


@pytest.mark.parametrize(("delivered", "becomes"), [(True, "done"), (False, "todo")])
async def test_a_report_that_names_our_own_key_needs_no_answer_at_all(
    world: World, delivered: bool, becomes: str
) -> None:
    item = await held_for(world, rung="sms")

    assert await report(world, delivered, msgid="k1", rungs=("sms",)) == ["sms"]
    await sent(world, item, "k1", "sms")

    assert await world.rows(outbox_table, "state") == [(becomes,)]


async def test_reports_on_notices_that_are_not_ours_are_forgotten_in_time(world: World) -> None:
    for msgid in ("1", "1", "2"):
        await report(world, True, msgid=msgid)
    assert len(await world.rows(notices_table, "id")) == 2

    world.now += timedelta(hours=2)
    await report(world, True, msgid="3")

    assert await world.rows(notices_table, "platform_id") == [("3",)]
