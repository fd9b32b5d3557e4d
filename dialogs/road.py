"""The road every script walks, and where on it a set of answers stands.

    situation -> notice and consent -> form -> photos -> read-back -> submit

A road is a list of stations. Each station that wants something from the applicant keeps its answer
under its key, also consent ("consent"), each page of a paper ("id_card.front") and the read-back
("read_back"). So one idea, folding the answers over the list, gives back, edit, resume and restart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from dialogs.conditions import Condition
from dialogs.script import AnyQuestion, Handoff, Material, Outcome

Kind = Literal["question", "outcome", "handoff", "consent", "photo", "read_back"]
CONSENT = "consent"
READ_BACK = "read_back"


@dataclass(frozen=True, slots=True)
class Station:
    """One place on the road. `when` is None where everybody passes.

    key:  under which its answer is kept; for an outcome or handoff, its id.
    step: the script's step; for a photo its Material; None for consent and read-back.
    page: for a photo, which page of the material.
    """

    key: str
    kind: Kind
    when: Condition | None = None
    step: AnyQuestion | Outcome | Handoff | Material | None = None
    page: str = ""
    part: Literal["situation", "form", "materials", "end"] = "end"


@dataclass(frozen=True, slots=True)
class Road:
    """All stations of one script, in order."""

    stations: tuple[Station, ...]
    index: Mapping[str, int]  # key -> place in `stations`

    def open(self, place: int, answers: Mapping[str, Any], today: date) -> bool:
        """Say whether the road leads through the station at `place` for these answers."""
        when = self.stations[place].when
        return when is None or when.holds(answers, today)

    def walk(self, answers: Mapping[str, Any], today: date, start: int = 0) -> int:
        """Return the place of the first station at or after `start` that still wants something.

        That is an outcome or handoff the road leads to, or a station without an answer. When
        everything is answered, the read-back included, it is `len(stations)`.
        """
        stations = self.stations
        for place in range(start, len(stations)):
            station = stations[place]
            if station.key not in answers and (station.when is None or station.when.holds(answers, today)):
                return place
        return len(stations)

    def passed(self, answers: Mapping[str, Any], today: date) -> tuple[int, ...]:
        """Return the places of all stations the road leads through, as far as the answers tell."""
        end = self.walk(answers, today)
        return tuple(place for place in range(end) if self.open(place, answers, today))
