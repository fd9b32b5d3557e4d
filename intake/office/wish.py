"""What somebody at the review page wants done: an action, on what he saw, with what he filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from intake.problems import changed, invalid


@dataclass(frozen=True, slots=True)
class Wish:
    """version: of what was on his screen; what changed since, he has not seen."""

    action: str
    version: int
    fields: Mapping[str, str]

    def saw(self, version: int) -> None:
        """Raises: Problem 409 when it changed meanwhile."""
        if self.version != version:
            raise changed()


def read(body: Mapping[str, Any]) -> Wish:
    """Return what a body asks for. Raises: Problem 422 naming the field."""
    action, version, fields = body.get("action"), body.get("version"), body.get("fields") or {}
    if not isinstance(action, str):
        raise invalid("There is no such action.", "/action")
    if not isinstance(version, int) or isinstance(version, bool):
        raise invalid("The version must be the number that was shown.", "/version")
    if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
        raise invalid("The fields must be texts.", "/fields")
    return Wish(action, version, fields)
