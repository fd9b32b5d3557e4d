"""`make bench`: measure everything, and say which of our goals are reached on this machine, just now.

    python -m benchmarks [engine] [photos] [whole-path] [growth] [daily] [webhooks] [--large]

Without names: all of them, in a quarter of an hour or so. --large also has a million stored conversations.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable, Mapping

from benchmarks import daily, engine, growth, photos, webhooks, whole_path
from benchmarks.ratios import Row, say, table

PARTS: Mapping[str, Callable[[], list[Row]]] = {
    "engine": engine.run,
    "whole-path": whole_path.run,
    "growth": growth.run,
    "photos": photos.run,
    "daily": daily.run,
    "webhooks": webhooks.run,
}


def main() -> None:
    """Run the parts asked for and print their tables."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks", description="The benchmark tables.")
    asked.add_argument("parts", nargs="*", metavar="part", help=f"one of: {', '.join(PARTS)}")
    asked.add_argument("--large", action="store_true", help="grow to a million stored conversations")
    given = asked.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        asked.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    parts = {**PARTS, "growth": lambda: growth.run(growth.LARGE)} if given.large else PARTS
    wanted = given.parts or list(PARTS)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
          f"load {os.getloadavg()[0]:.1f} before the start")  # fmt: skip
    rows = [row for place, name in enumerate(wanted, 1) for row in _part(parts, name, place, len(wanted))]
    missed = [row for row in rows if row.verdict == "MISSED"]
    print(f"\n{sum(row.verdict == 'ok' for row in rows)} goals reached, {len(missed)} missed")


def _part(parts: Mapping[str, Callable[[], list[Row]]], name: str, place: int, of: int) -> list[Row]:
    say(f"{place} of {of}: {name}")
    began = time.perf_counter()
    rows = parts[name]()
    print("\n" + table(f"{name} ({time.perf_counter() - began:.0f} s)", rows), flush=True)
    return rows


if __name__ == "__main__":
    main()
