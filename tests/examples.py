"""How many examples property tests draw: few and the same in every run, many and new ones in `make fuzz`."""

from __future__ import annotations

import os

TIMES = int(os.environ.get("ZEROTRIP_TEST_TIMES", "1"))


def examples(count: int) -> int:
    """Return how many examples to draw where `count` are enough for every day."""
    return count * TIMES
