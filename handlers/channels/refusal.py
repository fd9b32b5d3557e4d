"""A platform's call that is not taken: counted, answered with a plain status, and nothing kept of it."""

from __future__ import annotations

from typing import Literal

from handlers import metrics
from handlers.errors import Problem

Reason = Literal["forged", "stale", "replayed", "malformed", "too_big", "not_ours"]
_STATUS = {"malformed": 400, "too_big": 413}  # the rest: 403


class Refusal(Exception):
    """A call that is not taken. `detail` tells the platform's operator why; it quotes nothing."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail or reason

    @property
    def status(self) -> int:
        return _STATUS.get(self.reason, 403)


def refused(channel: str, refusal: Refusal) -> Problem:
    """Count a refusal and return the answer to it."""
    metrics.letters_refused.labels(channel, refusal.reason).inc()
    return Problem(refusal.status, refusal.detail)
