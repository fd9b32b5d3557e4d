"""One of several, some of several, yes or no: reading and showing. `matching` knows what words mean."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dialogs.answers.cleaning import fold, plain
from dialogs.answers.matching import Options, match, yes_or_no
from dialogs.answers.verdict import Accepted, Answer, Asked, no
from dialogs.answers.vocabulary import ALL, NONE
from dialogs.script import Choice, Choices, Confirm
from dialogs.wording import pick, say

_BETWEEN = re.compile(r"[\s、,，;；/+&.。]+|和|跟|与|及|还有|以及|\band\b")


def read_choice(asked: Asked[Choice], text: str, option: str) -> Answer:
    """Read one of several."""
    options = asked.script.options(asked.question, asked.today)
    if option:
        return Accepted(option) if option in options else no("choice_gone", last=len(options))
    found = match(text, options, pick(asked.question.ask, asked.lang))
    if len(found) == 1:
        return Accepted(found[0])
    return no("choice_two" if found else "choice_unclear", last=len(options))


def show_choice(asked: Asked[Choice], value: str, masked: bool) -> str:
    options = asked.script.options(asked.question, asked.today)
    return pick(options[value], asked.lang) if value in options else value


def read_choices(asked: Asked[Choices], text: str, option: str) -> Answer:
    """Read some of several, in any order and separated by anything."""
    question = asked.question
    options = asked.script.options(question, asked.today)
    ids = option.split(",") if option else _several(text, options, pick(question.ask, asked.lang))
    if ids is None or not all(each in options for each in ids):
        return no("choice_gone" if option else "choices_unclear", last=len(options))
    chosen = [each for each in options if each in ids]
    if len(chosen) < question.at_least:
        return no("choices_few", least=question.at_least)
    if len(chosen) > question.at_most:
        return no("choices_many", most=question.at_most)
    return Accepted(chosen)


def show_choices(asked: Asked[Choices], value: Sequence[str], masked: bool) -> str:
    if not value:
        return say("answers.shown_none", asked.lang)
    options = asked.script.options(asked.question, asked.today)
    labels = (pick(options[each], asked.lang) if each in options else each for each in value)
    return (", " if asked.lang == "en" else "、").join(labels)


def read_confirm(asked: Asked[Confirm], text: str, option: str) -> Answer:
    """Read yes or no."""
    answer = yes_or_no(text, option)
    return no("confirm_unclear") if answer is None else Accepted(answer)


def show_confirm(asked: Asked[Confirm], value: bool, masked: bool) -> str:
    return say("answers.shown_yes" if value else "answers.shown_no", asked.lang)


def _several(text: str, options: Options, ask: str) -> list[str] | None:
    """Return the chosen ids, or None when part of it could not be understood."""
    said = fold(text)
    if said in ALL:
        return list(options)
    whole = match(text, options, ask)
    if len(whole) == 1:
        return whole
    if said in NONE:
        return []
    parts = [part for part in _BETWEEN.split(plain(text)) if part]
    if len(parts) > 2 * len(options):
        return None
    if len(parts) == 1 and said.isdigit() and len(options) <= 9:
        parts = list(said)  # "13" where there are at most nine is 1 and 3
    found = [match(part, options, ask) for part in parts]
    return [each[0] for each in found] if parts and all(len(each) == 1 for each in found) else None
