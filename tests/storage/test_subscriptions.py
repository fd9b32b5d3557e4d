"""Consent to notices: the last word counts, whatever order the platform's events come in."""

from __future__ import annotations

from datetime import timedelta

from dialogs.messages import Address
from storage.people import subscriptions
from tests.storage.world import World

HU = Address("wechat", "wx1", "o-hu")
WANG = Address("wechat", "wx1", "o-wang")


async def agreed(world: World, address: Address, template: str = "progress") -> bool:
    return await world.db.read(lambda c: subscriptions.accepted(c, address, template))


async def test_who_never_agreed_has_not(world: World) -> None:
    await world.db.run(lambda c: subscriptions.keep(c, HU, [("progress", True)], world.now))

    assert await agreed(world, HU)
    assert not await agreed(world, HU, "another")
    assert not await agreed(world, WANG)


async def test_an_event_that_comes_late_changes_nothing(world: World) -> None:
    before = world.now - timedelta(minutes=1)
    await world.db.run(lambda c: subscriptions.keep(c, HU, [("progress", False)], world.now))
    await world.db.run(lambda c: subscriptions.keep(c, HU, [("progress", True)], before))

    assert not await agreed(world, HU)


async def test_one_event_may_name_a_template_twice(world: World) -> None:
    said = [("progress", True), ("other", True), ("progress", False)]
    await world.db.run(lambda c: subscriptions.keep(c, HU, said, world.now))

    assert (await agreed(world, HU), await agreed(world, HU, "other")) == (False, True)


async def test_a_consent_that_the_platform_denies_is_dropped_until_he_agrees_again(world: World) -> None:
    await world.db.run(lambda c: subscriptions.keep(c, HU, [("progress", True)], world.now))
    await world.db.run(lambda c: subscriptions.drop(c, HU, "progress", world.later(hours=1)))
    dropped = await agreed(world, HU)
    await world.db.run(lambda c: subscriptions.keep(c, HU, [("progress", True)], world.later(hours=1)))

    assert not dropped
    assert await agreed(world, HU)
