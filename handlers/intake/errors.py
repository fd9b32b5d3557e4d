"""Why the intake service did not do what it was asked. A class says what its catcher can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class IntakeError(Exception):
    """The intake service did not do what it was asked. Raise a subclass: the worker acts on the class."""


class TryLater(IntakeError):
    """Busy, unreachable or not understood; do the same again after `after` seconds (None: no hint given)."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.after = after


class Duplicate(IntakeError):
    """The same person already has a case for this service: `number`. Do not send again."""

    def __init__(self, number: str) -> None:
        super().__init__("duplicate")
        self.number = number


class RefusedByIntake(IntakeError):
    """It will never be taken as it is. `problem` is the service's problem document. A person must look."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("type") or problem.get("status") or "refused"))
        self.problem = problem

    @property
    def message(self) -> str:
        """What may be said to the applicant, in plain words; may be empty."""
        return str(self.problem.get("message_zh") or "")
