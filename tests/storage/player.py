"""A process of its own that writes to a database or empties its outbox, for the tests to start and to kill.

    python -m tests.storage.player write URL KEYRING NAME PEOPLE COUNT    sends COUNT messages to each
    python -m tests.storage.player work  URL KEYRING NAME PEOPLE COUNT    settles until COUNT are done

It prints one line for every message acknowledged ("ack CONVERSATION KEY SEQ") and every delivery
begun ("do CONVERSATION PLACE-IN-LANE"), so that what it promised can be compared with what is there.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from storage.database import Database
from storage.errors import NotHeld
from storage.flow import outbox
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault
from tests.storage.world import World

LEASE = timedelta(minutes=5)  # nobody dies at work here, and a busy machine is no death


async def write(world: World, name: str, people: list[str], count: int) -> None:
    async def one(person: str) -> None:
        for n in range(count):
            key = f"{name}-{n}"
            taken = await world.db.take(world.arrival(person, f"photo {name}:{n}", key=key))
            print("ack", person, key, taken.seq, flush=True)

    await asyncio.gather(*(one(person) for person in people))


async def work(world: World, name: str, count: int) -> None:
    done = 0
    while done < count:
        items = await world.db.run(
            lambda c: outbox.claim(c, world.vault, limit=5, now=datetime.now(UTC), lease=LEASE, worker=name)
        )
        for item in items:
            print("do", item.conversation, item.key, flush=True)
            try:
                await world.db.run(lambda c, hold=item.hold: outbox.settle(c, hold, datetime.now(UTC)))  # type: ignore[misc]
            except NotHeld:
                continue
        stats = await world.db.read(lambda c: outbox.stats(c, datetime.now(UTC)))
        done = count if not stats.todo and not items else 0
        if not items:
            await world.db.signals.wait("outbox", 0.05)


async def main(what: str, url: str, ring: str, name: str, people: str, count: str) -> None:
    world = World(url, Vault(KeyRing.read(Path(ring))))
    world.db = await Database.open(url, vault=world.vault, decide=world.dialog.decide, pushed=world.pushed)
    world.now = datetime.now(UTC)
    if what == "write":
        await write(world, name, people.split(","), int(count))
    else:
        await work(world, name, int(count))
    await world.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
