"""The storm as a program: `python -m tests.handlers.channels.fuzz --requests 1000000 --seed 1`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from time import monotonic

import structlog

from tests.handlers.channels.fuzz import targets, web

PIECE = 50_000  # calls between two lines


def main() -> None:
    """Break calls of each webhook, and tell what came of them."""
    order = argparse.ArgumentParser(prog="python -m tests.handlers.channels.fuzz", description=main.__doc__)
    order.add_argument("--requests", type=int, default=1_000_000, help="calls of each webhook")
    order.add_argument("--seed", type=int, default=1)
    order.add_argument("--channel", choices=list(targets.TARGETS), action="append", help="all, if left out")
    order.add_argument("--over-http", type=float, default=0.01, help="the share that goes over HTTP")
    given = order.parse_args()
    logging.basicConfig(level=logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for name in given.channel or targets.TARGETS:
        over_http = int(given.requests * given.over_http)
        began = monotonic()
        told = _read(name, given.requests - over_http, given.seed)
        _tell(name, "read", told, monotonic() - began)
        began = monotonic()
        _tell(name, "over HTTP", asyncio.run(_called(name, over_http, given.seed)), monotonic() - began)


def _read(name: str, times: int, seed: int) -> Counter[str]:
    told = Counter[str]()
    for piece, at in enumerate(range(0, times, PIECE)):
        told += targets.storm(name, min(PIECE, times - at), Random(f"{seed}/{name}/{piece}"))
        print(f"{name}: {told.total()} of {times}", file=sys.stderr, flush=True)
    return told


async def _called(name: str, times: int, seed: int) -> Counter[str]:
    with tempfile.TemporaryDirectory() as folder:
        async with web.webhooks(Path(folder)) as server:
            return await web.storm(server, name, times, Random(f"{seed}/{name}/http"))


def _tell(name: str, how: str, told: Counter[str], seconds: float) -> None:
    found = ", ".join(f"{what} {count}" for what, count in told.most_common())
    print(f"{name}, {how}: {told.total()} calls in {seconds:.0f} s: {found}", flush=True)


if __name__ == "__main__":
    main()
