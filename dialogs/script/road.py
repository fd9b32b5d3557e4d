"""The road every script walks, and where on it a set of answers stands.

    situation -> notice and consent -> form -> photos -> read-back -> submit

A road is a list of stations. Each station that wants something from the applicant keeps its answer
under its key, also consent ("consent"), each page of a paper ("id_card.front") and the read-back
("read_back"). So one idea, folding the answers over the list, gives back, edit, resume and restart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from dialogs.script import AnyQuestion, Child, Ending, Material, Script, Tell
from dialogs.script.conditions import Condition, Language, readables

Kind = Literal["question", "outcome", "handoff", "guide", "consent", "photo", "read_back"]
CONSENT = "consent"
READ_BACK = "read_back"


@dataclass(frozen=True, slots=True)
class Station:
    """One place on the road. `when` is None where everybody passes.

    key:  under which its answer is kept; for an outcome, handoff or guide, its id.
    step: the script's step; for a photo its Material; None for consent and read-back.
    page: for a photo, which page of the material.
    """

    key: str
    kind: Kind
    when: Condition | None = None
    step: AnyQuestion | Ending | Material | None = None
    page: str = ""
    part: Literal["situation", "form", "materials", "end"] = "end"


@dataclass(frozen=True, slots=True)
class Road:
    """All stations of one script, in order, and the conditions of what is told beside them."""

    stations: tuple[Station, ...]
    index: Mapping[str, int]  # key -> place in `stations`
    after: tuple[int, ...] = ()  # place -> the first later place under another guard
    papers: tuple[tuple[Material, Condition | None], ...] = ()
    tells: tuple[tuple[Tell, Condition | None], ...] = ()
    children: tuple[tuple[Child, Condition | None], ...] = ()  # of a package
    video: tuple[bool, Condition | None] = (False, None)  # whether the law may want to see him, and when

    def open(self, place: int, answers: Mapping[str, Any], today: date) -> bool:
        """Say whether the road leads through the station at `place` for these answers."""
        when = self.stations[place].when
        return when is None or when.holds(answers, today)

    def walk(self, answers: Mapping[str, Any], today: date, start: int = 0) -> int:
        """Return the place of the first station at or after `start` that still wants something.

        That is an outcome, handoff or guide the road leads to, or a station without an answer. When
        everything is answered, the read-back included, it is `len(stations)`.
        """
        stations, end, place = self.stations, len(self.stations), start
        while place < end:
            station = stations[place]
            if station.key in answers:
                place += 1
            elif station.when is None or station.when.holds(answers, today):
                return place
            else:
                place = self.after[place]  # whatever follows under the same guard is closed too
        return end

    def passed(self, answers: Mapping[str, Any], today: date) -> tuple[int, ...]:
        """Return the places of all stations the road leads through, as far as the answers tell."""
        end = self.walk(answers, today)
        return tuple(place for place in range(end) if self.open(place, answers, today))

    def needed(self, answers: Mapping[str, Any], today: date) -> tuple[Material, ...]:
        """Return the papers this case needs. Known once the situation is."""
        return tuple(paper for paper, when in self.papers if when is None or when.holds(answers, today))

    def told(self, answers: Mapping[str, Any], today: date) -> tuple[Tell, ...]:
        """Return what this applicant must know before he agrees. Known once the situation is."""
        return tuple(tell for tell, when in self.tells if when is None or when.holds(answers, today))

    def handed_in(self, answers: Mapping[str, Any], today: date) -> tuple[Child, ...]:
        """Return the children of a package that this case hands in. Known once the situation is."""
        return tuple(child for child, when in self.children if when is None or when.holds(answers, today))

    def seen_by_video(self, answers: Mapping[str, Any], today: date) -> bool:
        """Say whether this case wants a video call. Known once the form is filled in."""
        wanted, when = self.video
        return wanted and (when is None or when.holds(answers, today))


def build(script: Script) -> Road:
    """Return the road of a script. Compiles its conditions: keep the road, do not build it per turn.

    Raises:
        ConditionError: a condition is wrong; a script from `dialogs.script.loader` has none.
    """
    language = Language(readables(script), script.tables)

    known: dict[str, Condition] = {}

    def compiled(when: str | None) -> Condition | None:
        if when is None:
            return None
        if when not in known:
            known[when] = language.compile(when)
        return known[when]

    papers = tuple((paper, compiled(paper.when)) for paper in script.materials)
    stations = (
        *(_stop(step, compiled(step.when), "situation") for step in script.situation),
        Station(CONSENT, "consent"),
        *(_stop(step, compiled(step.when), "form") for step in script.form),
        *(station for paper, when in papers for station in _pages(paper, when)),
        Station(READ_BACK, "read_back"),
    )
    video = script.verification.video if script.verification else None
    return Road(
        stations=stations,
        index={station.key: place for place, station in enumerate(stations)},
        after=_after(stations),
        papers=papers,
        tells=tuple((tell, compiled(tell.when)) for tell in script.tells),
        children=tuple((child, compiled(child.when)) for child in script.children),
        video=(video is not None, compiled(video.when) if video else None),
    )


def _after(stations: Sequence[Station]) -> tuple[int, ...]:
    """Return for each place where the run of stations under its guard ends."""
    ends = [len(stations)] * len(stations)
    for place in range(len(stations) - 2, -1, -1):
        same = stations[place].when is stations[place + 1].when
        ends[place] = ends[place + 1] if same else place + 1
    return tuple(ends)


def _stop(step: AnyQuestion | Ending, when: Condition | None, part: Literal["situation", "form"]) -> Station:
    if isinstance(step, Ending):
        return Station(step.id, step.kind, when, step, part=part)
    return Station(step.id, "question", when, step, part=part)


def _pages(paper: Material, when: Condition | None) -> Iterator[Station]:
    """Yield a station for each page: "id_card.front"; further plain pages are page2, page3."""
    plain = 0
    for page in paper.pages:
        plain += page == "page"
        name = f"page{plain}" if page == "page" and plain > 1 else page
        yield Station(f"{paper.id}.{name}", "photo", when, paper, page=name, part="materials")
