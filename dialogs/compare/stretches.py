"""Answers in words; of numbers and ages each one tried stands for all from it up to the next one tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from dialogs.answers import is_woman, show
from dialogs.script import AnyQuestion, Choice, Choices, IdNumber, Money, Number, Script
from dialogs.script.conditions import age
from dialogs.wording import pick, say

Value = int | float


def spoken(
    question: AnyQuestion,
    given: Sequence[Any],
    known: Sequence[Any],
    of: Sequence[Script],
    today: date,
    lang: str,
) -> list[str]:
    """Return answers to a question as people say them.

    known: all answers that were tried. of: the versions of the script, the newest last; an option that only
    an older one has is called as it was there.
    """
    if isinstance(question, IdNumber):
        return person_stretches(given, known, today, lang)
    if isinstance(question, Number | Money):
        return stretches(given, known, lang)
    options: dict[str, Mapping[Any, str]] = {}
    for script in of:
        step = next((each for each in (*script.situation, *script.form) if each.id == question.id), None)
        if isinstance(step, Choice | Choices):
            options |= script.options(step, today)
    if not options:
        return [show(question, each, script=of[-1], today=today, lang=lang) for each in given]
    return [
        "+".join(pick(options[one], lang) for one in ([each] if isinstance(each, str) else each))
        for each in given
    ]


def stretches(values: Sequence[Value], known: Sequence[Value], lang: str) -> list[str]:
    """Return runs of `values` in words: "6以上", "0到5". `known` are all values that were tried, in order."""
    if len(values) == len(known):
        return [_run(min(known), None, lang)]
    return [_run(first, after, lang) for first, after in _runs(values, sorted(known))]


def _runs(values: Sequence[Value], known: Sequence[Value]) -> Iterator[tuple[Value, Value | None]]:
    """Yield (first, the value after the last) of each run without a gap; None: there is no value after."""
    wanted = set(values)
    begin: Value | None = None
    for place, value in enumerate(known):
        if value in wanted and begin is None:
            begin = value
        if begin is not None and (place + 1 == len(known) or known[place + 1] not in wanted):
            yield begin, known[place + 1] if place + 1 < len(known) else None
            begin = None


def _run(first: Value, after: Value | None, lang: str) -> str:
    if after is None:
        return say("differences.from", lang, value=f"{first:g}")
    last = after - 1 if isinstance(after, int) else after
    if last <= first:
        return f"{first:g}"
    return say("differences.between", lang, first=f"{first:g}", last=f"{last:g}")


def person_stretches(numbers: Sequence[str], known: Sequence[str], today: date, lang: str) -> list[str]:
    """Return invented people by sex and age, "女，55岁以上"; by age alone where sex makes no difference."""
    meant, all_ = (_by_sex(each, today) for each in (numbers, known))
    if meant["woman"] == meant["man"]:
        return [_years(run, "", lang) for run in _runs(meant["man"], all_["man"])]
    return [
        _years(run, say(f"differences.{sex}", lang), lang)
        for sex in ("woman", "man")
        for run in _runs(meant[sex], all_[sex])
    ]


def _by_sex(numbers: Sequence[str], today: date) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {"woman": [], "man": []}
    for number in numbers:
        found["woman" if is_woman(number) else "man"].append(age(number, today))
    return {sex: sorted(ages) for sex, ages in found.items()}


def _years(run: tuple[Value, Value | None], sex: str, lang: str) -> str:
    first, after = run
    years = say("differences.years", lang, years=f"{first:g}")
    if after is None:
        words = say("differences.from", lang, value=years)
    else:
        words = say(
            "differences.between",
            lang,
            first=f"{first:g}",
            last=say("differences.years", lang, years=f"{after - 1:g}"),
        )
    return say("differences.age", lang, sex=sex, years=words)
