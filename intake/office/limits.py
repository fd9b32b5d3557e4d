"""Token buckets in memory, for guessing at passwords and codes. A restart forgives; nothing else does."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

BURST = 5
SECONDS_EACH = 60.0
MOST_KEYS = 10_000  # an attacker with many addresses must not grow our memory


class Buckets:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()  # when each bucket is full again

    def take(self, key: str) -> int:
        """Take a token of `key`. Returns 0, or how many seconds to wait for the next one."""
        now = self._clock()
        full_at = max(self._full_at.pop(key, now), now)
        spent = (full_at - now) / SECONDS_EACH
        allowed = spent <= BURST - 1
        self._full_at[key] = full_at + SECONDS_EACH if allowed else full_at
        if len(self._full_at) > MOST_KEYS:
            self._full_at.popitem(last=False)
        return 0 if allowed else int((spent - (BURST - 1)) * SECONDS_EACH) + 1

    def forget(self, key: str) -> None:
        """A right password gives the tokens back."""
        self._full_at.pop(key, None)
