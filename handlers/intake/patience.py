"""When a call to the intake service is made again, and when none is made at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from handlers.intake.errors import TryLater

RETRIES = (timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=5))
RETRY_EVERY = timedelta(minutes=10)
GIVE_UP_AFTER = timedelta(days=7)

BREAK_AFTER = 5  # failures in a row
BREAK_FOR = 30.0  # seconds until one call may try again


def retry_after(attempt: int, give_up_after: timedelta = GIVE_UP_AFTER) -> timedelta | None:
    """Return how long to wait after the `attempt`-th failed attempt (1, 2, ...); None: a person must look.

    At once, after 5 s, 1 min, 5 min, then every 10 min until `give_up_after` has passed in all.
    """
    if attempt <= len(RETRIES):
        return RETRIES[attempt - 1]
    waited = sum(RETRIES, timedelta()) + (attempt - len(RETRIES)) * RETRY_EVERY
    return RETRY_EVERY if waited <= give_up_after else None


class Breaker:
    """Stops calling a service that is down. After BREAK_FOR one call goes through and decides."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures = 0
        self._closed_until = 0.0

    def check(self) -> None:
        """Raise TryLater while the service is taken to be down."""
        left = self._closed_until - self._clock()
        if left > 0:
            raise TryLater("the intake service has been failing", after=left)
        if self._failures >= BREAK_AFTER:
            self._closed_until = self._clock() + BREAK_FOR  # this call is the one that decides

    def succeeded(self) -> None:
        self._failures, self._closed_until = 0, 0.0

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= BREAK_AFTER:
            self._closed_until = self._clock() + BREAK_FOR
