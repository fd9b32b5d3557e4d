"""Places where a test may kill the process: `FAULT=move.before_commit:2` dies at the second passing."""

from __future__ import annotations

import os
import signal
from collections import Counter

POINTS = frozenset(
    {
        "create.before_commit",
        "create.after_commit",
        "page.before_rename",
        "page.before_commit",
        "page.after_commit",
        "move.before_commit",
        "move.after_commit",
        "callback.before_send",
        "callback.after_send",
    }
)
_name, _, _count = os.environ.get("FAULT", "").partition(":")
_passed: Counter[str] = Counter()


def hit(point: str) -> None:
    assert point in POINTS, point
    if point != _name:
        return
    _passed[point] += 1
    if _passed[point] == int(_count or 1):
        os.kill(os.getpid(), signal.SIGKILL)
