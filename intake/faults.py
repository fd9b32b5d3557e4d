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
_left: Counter[str] = Counter()


def arm(text: str) -> None:
    """Die at the n-th passing of a point; `text` is "point:n" or "point". Points of others are not ours."""
    point, _, count = text.partition(":")
    if point in POINTS:
        _left[point] = int(count or 1)


def hit(point: str) -> None:
    assert point in POINTS, point
    if point not in _left:
        return
    _left[point] -= 1
    if _left[point] == 0:
        os.kill(os.getpid(), signal.SIGKILL)


arm(os.environ.get("FAULT", ""))
