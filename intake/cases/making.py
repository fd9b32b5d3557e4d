"""One move while it is being made: what the guards look at, and what the steps add to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from intake.keeping.unit import Unit
from intake.states import Move


@dataclass(slots=True)
class Making:
    """row: the application, locked. given: what came beside the fields, unchecked. facts: for the events."""

    unit: Unit
    row: Row[Any]
    move: Move
    by: str
    fields: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def number(self) -> str:
        return str(self.row.number)

    def tell(self, name: str, day: str, *, provisional: bool) -> None:
        """Tell a day; the event is provisional as soon as one of its days is."""
        self.facts[name] = day
        self.facts["provisional"] = bool(self.facts.get("provisional")) or provisional
