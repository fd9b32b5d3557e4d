"""Ids of rows: 26 characters that sort by the time they were made (the ULID layout).

    48 bits of milliseconds | 80 random bits, in Crockford's base 32

Rows made together lie together in an index, and an id cannot be guessed. Order *within* a
conversation never rests on ids (clocks of two machines differ): it rests on its own counters.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime

Random = Callable[[int], bytes]
LENGTH = 26
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)  # two characters at a time: half the steps


def new_id(now: datetime, random: Random = os.urandom) -> str:
    """Return a new id for the moment `now` from ten bytes of `random`."""
    number = int(now.timestamp() * 1000) << 80 | int.from_bytes(random(10), "big")
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])
