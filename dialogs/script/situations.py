"""Every situation people can come in, listed without playing the script.

The road is walked once for each combination of answers that can make a difference. What comes out is
the proof behind `check`, the printed guide, and the comparison of two versions in citizens' terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from dialogs.script import Script
from dialogs.script import road as roads
from dialogs.script.conditions import Language, Unanswered, readables
from dialogs.script.domains import Domains, domains
from dialogs.script.road import Road

MAX_SITUATIONS = 20_000  # beyond this nobody reads them; the answers are combined in pairs instead
MAX_VISITS = 400_000  # stations looked at, about 2 s

End = Literal["submit", "outcome", "handoff", "guide", "broken"]
Coverage = Literal["every", "distinct", "pairs"]


@dataclass(frozen=True, slots=True)
class Situation:
    """One way through a script.

    answers:   the answers that make it this one. Those of which only one kind matters are left out.
    end:       "broken" where a condition read an answer that was not given: a defect of the script.
    at:        the outcome, handoff or guide it ends in, or the station whose condition broke ("consent" for
               the notice told there); "" for submit.
    materials: ids of the papers needed; empty unless it ends in a submit.
    tells:     places in `script.tells` of what is told.
    children:  ids of what a package hands in.
    steps:     keys of the stations passed, the last one included.
    missing:   answers a broken condition wanted.
    """

    answers: Mapping[str, Any]
    end: End
    at: str = ""
    materials: tuple[str, ...] = ()
    tells: tuple[int, ...] = ()
    steps: tuple[str, ...] = ()
    missing: frozenset[str] = frozenset()
    children: tuple[str, ...] = ()
    messages: int = 0  # what the applicant sends from his first word to the end, each photo counted

    def witness(self) -> str:
        """Return its answers in one line: "hukou=elsewhere, tie=neither"."""
        return ", ".join(f"{name}={_spoken(value)}" for name, value in self.answers.items()) or "any answers"


@dataclass(frozen=True, slots=True)
class Situations:
    """All situations of a script on one day.

    coverage: "every": each option of each choice; "distinct": options no condition tells apart are
              taken together, which proves as much; "pairs": too many, each two answers meet at least once.
    """

    all: tuple[Situation, ...]
    coverage: Coverage = "every"
    reached: frozenset[str] = field(default=frozenset())  # stations some situation leads to


class _TooMany(Exception):
    """More situations than are worth listing."""


def situations(
    script: Script, today: date, limit: int = MAX_SITUATIONS, road: Road | None = None
) -> Situations:
    """Return every situation of a script. Above `limit` the answers are first merged, then paired.

    road: the script's road, where somebody has it already: compiling its conditions is most of the work.
    """
    road = road or roads.build(script)
    language = Language(readables(script), script.tables)
    guards = [station.when for station in road.stations]
    guards += [when for _, when in (*road.tells, *road.children)]
    conditions = [each for each in (*guards, road.video[1]) if each is not None]
    known = domains(script, language, conditions, today)
    found, coverage = _first_that_fits(road, known, today, limit)
    reached = frozenset(key for each in found for key in each.steps)
    return Situations(tuple(found), coverage, reached)


def _first_that_fits(road: Road, known: Domains, today: date, limit: int) -> tuple[list[Situation], Coverage]:
    attempts: tuple[tuple[Coverage, Mapping[str, tuple[Any, ...]]], ...] = (
        ("every", known.every),
        ("distinct", known.distinct),
    )
    for coverage, values in attempts:
        try:
            return _all_ways(road, values, today, limit), coverage
        except _TooMany:
            continue
    return _in_pairs(road, known.distinct, today), "pairs"


def _all_ways(road: Road, values: Mapping[str, tuple[Any, ...]], today: date, limit: int) -> list[Situation]:
    found: list[Situation] = []
    visits = 0
    waiting = [(0, _Walk(road, today))]
    while waiting:
        start, walk = waiting.pop()
        stop = walk.to_next_question(start, values)
        visits += stop - start + 1
        if len(found) > limit or visits > MAX_VISITS:
            raise _TooMany
        if walk.ended:
            found.append(walk.situation(values))
            continue
        key = road.stations[stop].key
        waiting += [(stop + 1, walk.fork(key, value)) for value in reversed(values[key])]
    return found


class _Walk:
    """One way along the road, from a place where something was just answered."""

    def __init__(self, road: Road, today: date) -> None:
        self.road, self.today = road, today
        self.answers: dict[str, Any] = {}
        self.steps: list[str] = []
        self.ended = False
        self.end: End = "submit"
        self.at = ""
        self.missing: frozenset[str] = frozenset()
        self.papers: tuple[str, ...] = ()
        self.tells: tuple[int, ...] = ()
        self.children: tuple[str, ...] = ()

    def fork(self, key: str, value: Any) -> _Walk:
        """Return the way on after answering the question it stands at."""
        other = _Walk(self.road, self.today)
        other.answers = {**self.answers, key: value}
        other.steps = [*self.steps, key]
        other.papers, other.tells, other.children = self.papers, self.tells, self.children
        return other

    def to_next_question(self, start: int, values: Mapping[str, tuple[Any, ...]]) -> int:
        """Go on to the next question with more than one answer, or to the end. Return the place."""
        for place in range(start, len(self.road.stations)):
            station = self.road.stations[place]
            try:
                if not self.road.open(place, self.answers, self.today):
                    continue
                if station.kind == "consent":
                    self._notice()
                elif station.kind == "read_back":
                    self.road.seen_by_video(self.answers, self.today)
            except Unanswered as error:
                return self._stop(place, "broken", station.key, error.missing)
            if station.kind == "question" and len(values[station.key]) != 1:
                return place
            self.steps.append(station.key)
            if station.kind == "outcome" or station.kind == "handoff" or station.kind == "guide":
                return self._stop(place, station.kind, station.key)
            self.answers[station.key] = values[station.key][0] if station.kind == "question" else True
        return self._stop(len(self.road.stations), "submit", "")

    def _notice(self) -> None:
        """Work out the notice, as the bot does before it asks for consent."""
        told = self.road.told(self.answers, self.today)
        self.papers = tuple(paper.id for paper in self.road.needed(self.answers, self.today))
        self.children = tuple(child.id for child in self.road.handed_in(self.answers, self.today))
        self.tells = tuple(
            place for place, (tell, _) in enumerate(self.road.tells) if any(tell is each for each in told)
        )

    def _stop(self, place: int, end: End, at: str, missing: frozenset[str] = frozenset()) -> int:
        self.ended, self.end, self.at, self.missing = True, end, at, missing
        return place

    def situation(self, values: Mapping[str, tuple[Any, ...]]) -> Situation:
        """Return what this way was, once it has ended."""
        index, stations = self.road.index, self.road.stations
        kinds = [stations[index[key]].kind for key in self.steps]
        return Situation(
            answers={name: each for name, each in self.answers.items() if len(values.get(name, ())) > 1},
            end=self.end,
            at=self.at,
            materials=self.papers if self.end == "submit" else (),
            tells=self.tells if self.end == "submit" else (),
            children=self.children if self.end == "submit" else (),
            steps=tuple(self.steps),
            missing=self.missing,
            messages=1 + sum(kind not in ("outcome", "handoff", "guide") for kind in kinds),
        )


def _in_pairs(road: Road, values: Mapping[str, tuple[Any, ...]], today: date) -> list[Situation]:
    found: dict[tuple[tuple[str, str], ...], Situation] = {}
    for row in pairs(values):
        one = {name: (value,) for name, value in row.items()}
        walk = _Walk(road, today)
        walk.to_next_question(0, one)
        situation = walk.situation(values)
        found.setdefault(tuple((name, str(value)) for name, value in situation.answers.items()), situation)
    return list(found.values())


def pairs(values: Mapping[str, tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    """Yield combinations in which each two answers to two questions meet at least once.

    Columns are numbered in base p, a prime not smaller than any domain. For each digit x of the
    number, the rows a*x + b (mod p) over all a and b contain every pair of values in any two columns
    that differ in that digit, and every two columns differ in one.
    """
    names = list(values)
    prime = _prime_from(max((len(each) for each in values.values()), default=1))
    digits = 1
    while prime**digits < len(names):
        digits += 1
    for digit in range(digits):
        for a in range(prime):
            for b in range(prime):
                yield {
                    name: values[name][(a * (column // prime**digit % prime) + b) % prime % len(values[name])]
                    for column, name in enumerate(names)
                }


def _prime_from(least: int) -> int:
    number = max(2, least)
    while any(number % divisor == 0 for divisor in range(2, int(number**0.5) + 1)):
        number += 1
    return number


def _spoken(value: Any) -> str:
    return "+".join(value) if isinstance(value, list) else str(value)
