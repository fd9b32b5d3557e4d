"""Calls that are left alone for a while, because WeChat said so: one more would be one more refusal.

Each process learns it for itself and forgets it with its end; WeChat says it again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from handlers.channels.base import SendError, TryLater
from handlers.channels.wechat.errors import SpentForToday, SwitchedOff

SHANGHAI = ZoneInfo("Asia/Shanghai")  # where WeChat's day begins
OFF_FOR = timedelta(hours=1)  # the right to a call may be granted meanwhile

_log = structlog.get_logger("wechat")


class Rests:
    """Which calls rest, until when, and what was said of them."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._resting: dict[str, tuple[datetime, SendError]] = {}

    def check(self, call: str) -> None:
        """Raise what WeChat said last of `call`, while that holds."""
        if call not in self._resting:
            return
        until, fault = self._resting[call]
        left = (until - self._clock()).total_seconds()
        if left <= 0:
            del self._resting[call]
        elif isinstance(fault, TryLater):
            raise type(fault)(str(fault), left)
        else:
            raise type(fault)(str(fault))

    def note(self, call: str, fault: SendError) -> None:
        """Let `call` rest if that is what `fault` asks for. A wait that is not named gets its length here."""
        now = self._clock()
        if isinstance(fault, SpentForToday):
            fault.after = (_next_midnight(now) - now).total_seconds()
            _log.error("the day's calls to WeChat are used up", call=call)
        if isinstance(fault, TryLater) and fault.after:
            self._resting[call] = now + timedelta(seconds=fault.after), fault
        elif isinstance(fault, SwitchedOff):
            self._resting[call] = now + OFF_FOR, fault


def _next_midnight(now: datetime) -> datetime:
    there = now.astimezone(SHANGHAI)
    return (there + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
