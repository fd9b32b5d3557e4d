"""Real processes: several on one PostgreSQL keep order, and a killed one loses nothing it acknowledged."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from storage.flow import audit, outbox
from storage.schema import outbox as outbox_table
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault
from tests import forked
from tests.forked import Forked
from tests.postgres import Cluster
from tests.storage.world import World


@dataclass
class Player:
    """A process on the stage, and the file of what it says."""

    process: Forked
    told: Path


class Stage:
    """A database with some people in it, for processes to play on."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder, self.ring = folder, folder / "ring"
        ring = KeyRing.fresh()
        ring.save(self.ring)
        self.world = World(url, Vault(ring))

    async def people(self, count: int) -> list[str]:
        await self.world.open()
        made = [await self.world.person(f"u{n}") for n in range(count)]
        await self.world.close()
        return made

    async def start(self, what: str, name: str, people: Iterable[str], count: int, fault: str = "") -> Player:
        told = self.folder / f"{what}-{name}-{fault}.log"
        words = ("tests.storage.player", what, self.url, str(self.ring), name, ",".join(people), str(count))
        environment = {**os.environ, "FAULT": fault}
        return Player(await forked.start(*words, environment=environment, output=told), told)


async def said(player: Player, *, killed: bool = False) -> list[list[str]]:
    code = await player.process.wait()
    told = player.told.read_text()
    assert code == (-9 if killed else 0), told
    return [line.split() for line in told.splitlines() if len(line.split()) >= 3]


async def test_two_writers_and_two_workers_keep_each_conversation_in_order(
    postgres: Cluster, template: str, tmp_path: Path
) -> None:
    database = postgres.create(template)
    stage = Stage(postgres.url(database), tmp_path)
    people = await stage.people(6)

    writers = [await stage.start("write", name, people, 15) for name in ("a", "b")]
    acknowledged = [await said(writer) for writer in writers]
    workers = [await stage.start("work", name, [], 1) for name in ("x", "y")]
    done = [line for worker in workers for line in await said(worker)]

    world = stage.world
    await world.open()
    for person in people:
        lines = await world.transcript(person)
        replies = [int(line.split()[1]) for line in lines if line.startswith("bot: ")]
        assert replies == list(range(1, 31))
        for name in ("a", "b"):
            heard = [x for x in lines if x.startswith(f"applicant: photo {name}:")]
            assert heard == [f"applicant: photo {name}:{n}" for n in range(15)]
        assert await world.db.read(lambda c, p=person: audit.verify(c, p)) == []  # type: ignore[misc]
    stats = await world.db.read(lambda c: outbox.stats(c, world.now))
    assert (stats.todo, stats.dead) == (0, 0)
    assert _in_order(await world.rows(outbox_table, "lane", "place", "done_at"))
    await world.close()
    assert len(acknowledged[0]) == len(acknowledged[1]) == 90
    assert len(done) == len({tuple(line) for line in done}) == 180
    postgres.drop(database)


def _in_order(deliveries: list[Any]) -> bool:
    """Say whether the deliveries of each lane were done in the order they were decided."""
    return all(
        earlier.done_at <= later.done_at
        for earlier, later in pairwise(deliveries)
        if earlier.lane == later.lane
    )


@pytest.mark.kill
@pytest.mark.parametrize("point", ["turn.decided:3", "turn.before_commit:4", "turn.after_commit:2"])
async def test_what_was_acknowledged_survives_a_kill_and_nothing_is_there_twice(
    url: str, tmp_path: Path, point: str
) -> None:
    stage = Stage(url, tmp_path)
    people = await stage.people(4)

    first = await said(await stage.start("write", "a", people, 10, fault=point), killed=True)
    second = await said(await stage.start("write", "a", people, 10))

    before = {(person, key): seq for _, person, key, seq in first}
    after = {(person, key): seq for _, person, key, seq in second}
    assert len(after) == 40
    assert before.items() <= after.items()  # the repeat found what was acknowledged
    world = stage.world
    await world.open()
    for person in people:
        assert await world.transcript(person) == [
            line for n in range(10) for line in (f"applicant: photo a:{n}", f"bot: {n + 1} photo a:{n}")
        ]
        assert await world.db.read(lambda c, p=person: audit.verify(c, p)) == []  # type: ignore[misc]
    await world.close()
