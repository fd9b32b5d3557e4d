"""A group of clerks with a robot of its own: signed calls, 20 a minute, then ten minutes of silence."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.platforms.base import Button
from tests.platforms.dingtalk.outgoing import Unsendable, from_hook
from tests.platforms.dingtalk.sealing import header_sign

A_MINUTE, SILENCE = timedelta(minutes=1), timedelta(minutes=10)
MOST = 20
SIGNED_WITHIN = timedelta(hours=1)


class Group:
    """The robot of one group. `token` is in its address, `secret` signs the calls."""

    def __init__(self, clock: Callable[[], datetime], token: str, secret: str) -> None:
        self.token, self.secret = token, secret
        self._clock = clock
        self._sent: deque[datetime] = deque()
        self._silent_until: datetime | None = None

    def take(self, query: Mapping[str, str], body: Any) -> tuple[str, tuple[Button, ...]]:
        """Return how a message looks in the group.

        Raises:
            Unsendable: forged, stale, too fast, or no message.
        """
        if query.get("access_token") != self.token:
            raise Unsendable(300001, "token is not exist")
        stamp = query.get("timestamp", "")
        if not stamp.isdigit() or abs(self._clock().timestamp() * 1000 - int(stamp)) > _ms(SIGNED_WITHIN):
            raise Unsendable(310000, "invalid timestamp")
        if query.get("sign") != header_sign(self.secret, stamp):
            raise Unsendable(310000, "sign not match")
        self._count()
        return from_hook(body)

    def _count(self) -> None:
        now = self._clock()
        if self._silent_until is not None and now < self._silent_until:
            raise Unsendable(410100, "发送速度太快而限流")
        while self._sent and now - self._sent[0] >= A_MINUTE:
            self._sent.popleft()
        self._sent.append(now)
        if len(self._sent) > MOST:
            self._silent_until = now + SILENCE
            raise Unsendable(130101, "send too fast, exceed 20 times per minute")


def _ms(span: timedelta) -> float:
    return span.total_seconds() * 1000
