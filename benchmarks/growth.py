"""What a full database costs: the same talk over ever more stored conversations.

Every size has a product of its own, all run side by side and measured in turns.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

from benchmarks import servers
from benchmarks.crowd import fill, template
from benchmarks.ratios import Row, say
from benchmarks.whole_path import CROWD, Server, rate, wait

SIZES = (1_000, 10_000, 100_000)
LARGE = (*SIZES, 1_000_000)  # needs 3 GB of disk and some minutes
TALKERS = 1_000  # conversations that talk, spread over all of them
SECONDS = 1.5
ROUNDS = 3


def run(sizes: tuple[int, ...] = SIZES) -> list[Row]:
    """Return the rows of the table."""
    return asyncio.run(_run(sizes))


async def _run(sizes: tuple[int, ...]) -> list[Row]:
    async with AsyncExitStack() as stack:
        products = [await _stored(stack, size) for size in sizes]
        say(f"{ROUNDS} rounds of talk at each size")
        talks = [[await each.rush(CROWD, SECONDS) for each in products] for _ in range(ROUNDS)]
    rates = [median(map(rate, side)) for side in zip(*talks, strict=True)]
    slow = [median(wait(each, 0.99) for each in side) for side in zip(*talks, strict=True)]
    falls = [median(rate(talk[0]) / rate(talk[n]) for talk in talks) for n in range(len(sizes))]
    rows = []
    for n, size in enumerate(sizes[1:], 1):
        what = f"turns/s with {size:,} stored, fall from {sizes[0]:,}"
        rows.append(Row(what, f"{rates[n]:,.0f}/s", f"{rates[0]:,.0f}/s", falls[n], 1.5, at_least=False))
    what = f"p99 with {sizes[-1]:,} stored, beside {sizes[0]:,}"
    longest = f"{slow[-1] * 1e3:.1f} ms"
    rows.append(Row(what, longest, f"{slow[0] * 1e3:.1f} ms", slow[-1] / slow[0], 4.0, at_least=False))
    return rows


async def _stored(stack: AsyncExitStack, size: int) -> Server:
    """Run the product on a database of `size` conversations."""
    say(f"storing {size:,} conversations")
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    data = folder / "data"
    tokens = await fill(f"sqlite:///{data}/zerotrip.sqlite3", data, size, template())
    talking = random.Random(size).sample(tokens, min(size, TALKERS))
    product = await stack.enter_async_context(servers.product(folder))
    assert product.process is not None
    return Server(product.port, product.process.pid, talking)
