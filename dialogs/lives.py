"""From somebody's life to a service, for those who do not know what their matter is called. See lives.yaml.

Two ways lead there. He picks a situation of life and sees the services that belong to it; or he answers
up to three questions, and what fits none of his answers is left out. A question nobody needs is not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from dialogs.script import Script
from dialogs.wording import Words

OTHER = "other"  # where services are found that name no situation of life
UNSURE = "unsure"  # an answer to any question: it leaves nothing out


@dataclass(frozen=True, slots=True)
class Asked:
    """One of the questions that narrow down what somebody wants."""

    id: str
    ask: Words
    options: Mapping[str, Words]


@dataclass(frozen=True, slots=True)
class Lives:
    """place: what the helper is the helper of. situations and questions in the order they are offered."""

    place: Words
    situations: Mapping[str, Words]
    questions: tuple[Asked, ...]


@cache
def lives() -> Lives:
    """Return what lives.yaml says."""
    text = resources.files("dialogs").joinpath("lives.yaml").read_text(encoding="utf-8")
    data = yaml.load(text, Loader=yaml.CSafeLoader)
    return Lives(data["place"], data["lives"], tuple(Asked(**each) for each in data["questions"]))


def shelves(scripts: Iterable[Script]) -> dict[str, tuple[str, ...]]:
    """Return the ids of the services under each situation of life that has any, OTHER last."""
    known = lives().situations
    found: dict[str, list[str]] = {name: [] for name in (*known, OTHER)}
    for script in scripts:
        for name in [each for each in script.life if each in known] or [OTHER]:
            found[name].append(script.id)
    return {name: tuple(ids) for name, ids in found.items() if ids}


def fitting(scripts: Iterable[Script], answers: Mapping[str, str]) -> list[Script]:
    """Return the scripts that fit all of these answers (question id -> option id, or UNSURE)."""
    return [script for script in scripts if all(_fits(script, *each) for each in answers.items())]


def _fits(script: Script, question: str, option: str) -> bool:
    return option == UNSURE or question not in script.fits or option in script.fits[question]


def next_question(scripts: Sequence[Script], answers: Mapping[str, str]) -> Asked | None:
    """Return the next question that tells the fitting scripts apart; None when asking on is of no use."""
    left = fitting(scripts, answers)
    open_ones = [each for each in lives().questions if each.id not in answers]
    return next((each for each in open_ones if _tells_apart(each, left)), None)


def _tells_apart(question: Asked, scripts: Sequence[Script]) -> bool:
    return any(0 < len(fitting(scripts, {question.id: option})) < len(scripts) for option in question.options)
