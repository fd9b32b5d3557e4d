"""Measuring side by side: ours and a limit take turns in one run, and only their ratio counts.

Machines are noisy and differ; the same noise falls on both of a pair.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table.

    ratio: what is judged, of the unit `of` says ("of the limit", "times idle").
    goal:  the ratio to reach; `at_least` says on which side of it is good.
    """

    what: str
    ours: str
    limit: str
    ratio: float
    goal: float | None = None
    at_least: bool = True

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        good = self.ratio >= self.goal if self.at_least else self.ratio <= self.goal
        return "ok" if good else "MISSED"


def alternate(*works: Callable[[], float], rounds: int = ROUNDS) -> list[float]:
    """Run each of `works` `rounds` times, in turns; return the median of each one's result."""
    results: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for result, work in zip(results, works, strict=True):
            result.append(work())
    return [statistics.median(each) for each in results]


def rate(act: Callable[[], object], count: int) -> float:
    """Return how many times a second `act` runs, over `count` runs."""
    begun = time.perf_counter()
    for _ in range(count):
        act()
    return count / (time.perf_counter() - begun)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of `values` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def say(what: str) -> None:
    """Tell whoever waits what is going on."""
    print(f"  ... {what}", file=sys.stderr, flush=True)


def table(title: str, rows: Iterable[Row]) -> str:
    """Return the rows as text, aligned for a terminal."""
    lines = [title, f"  {'what':<54} {'ours':>14} {'limit':>14} {'ratio':>7}  {'goal':>7}"]
    for row in rows:
        sign = ">=" if row.at_least else "<="
        goal = f"{sign}{row.goal:g}" if row.goal is not None else ""
        lines.append(
            f"  {row.what:<54} {row.ours:>14} {row.limit:>14} {row.ratio:>7.2f}  {goal:>7} {row.verdict}"
        )
    return "\n".join(lines)
