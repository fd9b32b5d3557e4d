"""Whatever is sent, how often and in whose company: each event once, in order, with a chain that holds."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.flow import audit
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault
from tests.examples import examples
from tests.storage.world import World

PEOPLE = ("hu", "li", "wu")
VAULT = Vault(KeyRing.fresh())

# One sending: who, what he says, and how often the platform repeats it. "!" breaks until it is mended.
sending = st.tuples(st.sampled_from(PEOPLE), st.text("ab!照 \x00", max_size=3), st.integers(1, 3))
# Bursts: what is inside one arrives at once.
bursts = st.lists(st.lists(sending, max_size=12), max_size=5)


@settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bursts)
def test_each_event_is_taken_once_and_in_order(said: list[list[tuple[str, str, int]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_play(World(f"sqlite:///{Path(folder) / 'z.db'}", VAULT), said))


async def _play(world: World, said: list[list[tuple[str, str, int]]]) -> None:
    await world.open()
    ids = {name: await world.person(name) for name in PEOPLE}
    expected: dict[str, list[str]] = {name: [] for name in PEOPLE}
    world.dialog.broken = {text for burst in said for _, text, _ in burst if "!" in text}
    number = 0
    for burst in said:
        sent = []
        for name, text, times in burst:
            number += 1
            expected[name].append(text)
            sent += [world.write(ids[name], text, key=f"n{number}") for _ in range(times)]
        taken = await asyncio.gather(*sent)
        assert sum(one.fresh for one in taken) == len(burst)
    world.dialog.broken = set()
    world.later(minutes=1)
    await world.db.retry_failed()

    for name in PEOPLE:
        lines = await world.transcript(ids[name])
        assert [x for x in lines if x.startswith("applicant: ")] == [
            f"applicant: {t}" for t in expected[name]
        ]
        replies = [x.removeprefix("bot: ") for x in lines if x.startswith("bot: ")]
        assert replies == [f"{n} {text}" for n, text in enumerate(expected[name], 1)]
        assert await world.db.read(lambda c, n=name: audit.verify(c, ids[n])) == []  # type: ignore[misc]
    await world.close()
