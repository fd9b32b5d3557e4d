"""What becomes of the same person under two versions: both roads walked with the same answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from dialogs.script import AnyQuestion, Choice, Choices, Confirm, Ending, Script
from dialogs.script.conditions import Condition, Language, Unanswered, readables
from dialogs.script.domains import representatives
from dialogs.script.road import Road, build

MAX_PEOPLE = 20_000  # beyond this the answers are merged, as in dialogs.script.situations

Answers = Mapping[str, Any]
Values = Mapping[str, tuple[Any, ...]]
Tried = Mapping[
    str, Mapping[str, tuple[Any, ...]]
]  # question -> repr of an answer -> what it stands for, too
End = Literal["submit", "outcome", "handoff", "guide", "no_option", "broken"]


class TooMany(Exception):
    """More kinds of people than can be compared one by one."""


@dataclass(frozen=True, slots=True)
class Fate:
    """Where somebody ends under one version, and what it takes.

    at:    the id of the outcome, handoff or guide; for "no_option" the question without his answer.
    asked: ids of the questions he answers on the way.
    tells: places in `script.tells`; papers and children by id.
    """

    end: End
    at: str = ""
    asked: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    tells: tuple[int, ...] = ()
    children: tuple[str, ...] = ()
    video: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can come: his answers to what either version asks, and his fate under each."""

    answers: Answers
    old: Fate
    new: Fate


class _Version:
    """One version, ready to be walked."""

    def __init__(self, script: Script, today: date) -> None:
        self.script, self.today = script, today
        self.road: Road = build(script)
        self.language = Language(readables(script), script.tables)
        self.questions = questions(script)
        self.options = {
            name: frozenset(script.options(step, today))
            for name, step in self.questions.items()
            if isinstance(step, Choice | Choices)
        }

    def readers(self, name: str) -> list[Condition]:
        """Return the conditions that read the answer to a question."""
        road = self.road
        guards = [station.when for station in road.stations]
        guards += [when for _, when in (*road.tells, *road.children, *road.papers)]
        return [each for each in (*guards, road.video[1]) if each is not None and name in each.reads]

    def representatives(self, name: str) -> list[Any]:
        """Return the answers to a question that stand for all in this version; none where it is not asked."""
        step = self.questions.get(name)
        if step is None:
            return []
        return list(representatives(self.script, step, self.readers(name), self.language, self.today))

    def offers(self, key: str, value: Any) -> bool:
        known = self.options.get(key)
        return known is None or {*(value if isinstance(value, list) else [value])} <= known

    def fate(self, answers: Answers) -> Fate | str:
        """Return where these answers lead, or the id of the next question they leave open."""
        asked: list[str] = []
        try:
            for place, station in enumerate(self.road.stations):
                if not self.road.open(place, answers, self.today):
                    continue
                if isinstance(station.step, Ending):
                    return Fate(station.step.kind, station.key, tuple(asked))
                if station.kind != "question":
                    continue
                if station.key not in answers:
                    return station.key
                if not self.offers(station.key, answers[station.key]):
                    return Fate("no_option", station.key, tuple(asked))
                asked.append(station.key)
            return self._handed_in(answers, asked)
        except Unanswered:
            return Fate("broken", "", tuple(asked))

    def _handed_in(self, answers: Answers, asked: list[str]) -> Fate:
        road, today = self.road, self.today
        told = road.told(answers, today)
        return Fate(
            "submit",
            asked=tuple(asked),
            papers=tuple(paper.id for paper in road.needed(answers, today)),
            tells=tuple(n for n, (tell, _) in enumerate(road.tells) if any(tell is each for each in told)),
            children=tuple(child.id for child in road.handed_in(answers, today)),
            video=road.seen_by_video(answers, today),
        )


def people(old: Script, new: Script, today: date, limit: int = MAX_PEOPLE) -> tuple[list[Person], Tried]:
    """Return everybody who can come, with both fates, and the answers that were tried for each question.

    Raises:
        TooMany: there are more than `limit`, even where answers no condition tells apart are merged.
    """
    versions = _Version(old, today), _Version(new, today)
    for merging in (False, True):
        tried = _tried(*versions, merging=merging)
        values = {name: tuple(known[0] for known in each.values()) for name, each in tried.items()}
        try:
            return _everybody(*versions, values, limit), tried
        except TooMany:
            continue
    raise TooMany


def _everybody(old: _Version, new: _Version, values: Values, limit: int) -> list[Person]:
    found: list[Person] = []
    waiting: list[Answers] = [{}]
    while waiting:
        answers = waiting.pop()
        fates = new.fate(answers), old.fate(answers)
        if wanted := next((each for each in fates if isinstance(each, str)), None):
            waiting += [{**answers, wanted: value} for value in reversed(values[wanted])]
        elif isinstance(fates[0], Fate) and isinstance(fates[1], Fate):
            found.append(Person(answers, old=fates[1], new=fates[0]))
        if len(found) + len(waiting) > limit:
            raise TooMany
    return found


def meant(script: Script, today: date) -> Tried:
    """Return what each answer of the listed situations stands for, by question."""
    version = _Version(script, today)
    return _tried(version, version, merging=False)


def _tried(old: _Version, new: _Version, *, merging: bool) -> Tried:
    """Return the answers that stand for all in both versions: cut where either cuts.

    merging: also take together options of the situation's choices that neither version tells apart.
    """
    found: dict[str, dict[str, tuple[Any, ...]]] = {}
    chosen = {each.id for script in (old.script, new.script) for each in script.situation}
    for name, step in {**new.questions, **old.questions}.items():
        classes: dict[Any, list[Any]] = {}
        whole = name in chosen and isinstance(step, Choice | Confirm) and not merging
        for value in _once([*new.representatives(name), *old.representatives(name)]):
            classes.setdefault(repr(value) if whole else _treated(name, value, old, new), []).append(value)
        found[name] = {repr(each[0]): tuple(each) for each in classes.values()}
    return found


def _once(values: list[Any]) -> list[Any]:
    once = list({repr(each): each for each in values}.values())
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in once)
    return sorted(once) if numbers else once


def _treated(name: str, value: Any, *versions: _Version) -> Any:
    """Return how both versions treat an answer: two answers treated alike are one to everybody."""
    readers = [(each, version) for version in versions for each in version.readers(name)]
    if any(len(each.reads) > 1 for each, _ in readers):
        return repr(value)
    offered = tuple(version.offers(name, value) for version in versions)
    return (*offered, *(_holds(each, {name: value}, version.today) for each, version in readers))


def _holds(condition: Condition, answers: Answers, today: date) -> bool | None:
    try:
        return condition.holds(answers, today)
    except Unanswered:
        return None


def questions(script: Script) -> Mapping[str, AnyQuestion]:
    """Return the questions of a script by id."""
    return {step.id: step for step in (*script.situation, *script.form) if not isinstance(step, Ending)}
