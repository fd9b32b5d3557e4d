"""Which answers to a question can make a difference: the few that stand for all of them.

A choice has its options. A number, a day, an amount or an age is cut where some condition compares
it, and the first value of each stretch stands for the stretch: between two borders nothing changes.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dialogs.answers.identity import check_character
from dialogs.script import (
    AnyQuestion,
    Choice,
    Choices,
    Confirm,
    Date,
    Ending,
    IdNumber,
    Money,
    Month,
    Number,
    Script,
)
from dialogs.script.conditions import Condition, Language, Unanswered
from dialogs.script.expression import Node

Cut = tuple[str, int | float | str, bool]  # measure, border, whether the border begins the upper stretch
_COMPARED = {"_<_": (True,), "_>=_": (True,), "_<=_": (False,), "_>_": (False,), "_==_": (True, False)}
_COMPARED["_!=_"] = _COMPARED["_==_"]
_MIRRORED = {"_<_": "_>_", "_>_": "_<_", "_<=_": "_>=_", "_>=_": "_<=_"}
_MEASURES = frozenset({"age", "days_since", "months_since"})
YOUNGEST, OLDEST = 16, 110  # years; who may work, and beyond whom nobody has been seen
_SAMPLES: Mapping[str, Any] = {  # of kinds no condition can read; drawn, nobody's
    "person-name": "张三",
    "phone": "13800000000",
    "address": "样本路1号",
    "bank-card": "6200000000000000003",
    "text": "样本",
    "region": "330822",
}


@dataclass(frozen=True, slots=True)
class Domains:
    """Representative answers of a script's questions on one day.

    every:    all options of the situation's choices, and what conditions tell apart elsewhere.
    distinct: only what conditions tell apart, everywhere.
    """

    every: Mapping[str, tuple[Any, ...]]
    distinct: Mapping[str, tuple[Any, ...]]


def domains(script: Script, language: Language, conditions: Sequence[Condition], today: date) -> Domains:
    """Return the answers that stand for all answers, for each question."""
    every: dict[str, tuple[Any, ...]] = {}
    distinct: dict[str, tuple[Any, ...]] = {}
    for part in ("situation", "form"):
        for step in getattr(script, part):
            if isinstance(step, Ending):
                continue
            readers = [each for each in conditions if step.id in each.reads]
            values = tuple(representatives(script, step, readers, language, today))
            distinct[step.id] = _told_apart(step.id, values, readers, today)
            chosen = part == "situation" and isinstance(step, Choice | Confirm)
            every[step.id] = values if chosen else distinct[step.id]
    return Domains(every, distinct)


def representatives(
    script: Script, step: AnyQuestion, readers: Sequence[Condition], language: Language, today: date
) -> Iterator[Any]:
    """Yield the answers to a question that stand for all, as far as the conditions reading it tell."""
    return _values(script, step, _cuts(step.id, readers, language, today), today)


def _told_apart(
    name: str, values: tuple[Any, ...], readers: Sequence[Condition], today: date
) -> tuple[Any, ...]:
    """Keep one value of those that every condition treats alike."""
    if any(len(each.reads) > 1 for each in readers):
        return values
    kept: dict[tuple[bool | None, ...], Any] = {}
    for value in values:
        kept.setdefault(tuple(_holds(each, {name: value}, today) for each in readers), value)
    return tuple(kept.values())


def _holds(condition: Condition, answers: Mapping[str, Any], today: date) -> bool | None:
    try:
        return condition.holds(answers, today)
    except Unanswered:
        return None


def _values(script: Script, step: AnyQuestion, cuts: Sequence[Cut], today: date) -> Iterator[Any]:
    match step:
        case Choice():
            yield from script.options(step, today)
        case Choices():
            yield from _selections(list(script.options(step, today)), step.at_least, step.at_most)
        case Confirm():
            yield from (True, False)
        case Number():
            least, most = step.between or (None, None)
            yield from _stretches(cuts, least, most, grain=1 if step.whole else 0.01)
        case Money():
            low, high = (None if yuan is None else round(yuan * 100) for yuan in step.between or (None, None))
            yield from _stretches(cuts, low, high, grain=1)
        case Date():
            yield from _days(step, cuts, today)
        case Month():
            yield from _months(step, cuts, today)
        case IdNumber():
            yield from _persons(cuts, today)
        case _:
            yield _SAMPLES[step.kind]


def _selections(options: list[str], at_least: int, at_most: int) -> Iterator[list[str]]:
    """Yield none (where allowed), each alone, and all: what one option does, and what they do together."""
    if at_least == 0:
        yield []
    if at_least <= 1:
        yield from ([option] for option in options)
    together = options[:at_most]
    if len(together) > 1 or at_least > 1:
        yield together


def _stretches(
    cuts: Sequence[Cut], low: float | None, high: float | None, grain: float
) -> Iterator[int | float]:
    """Yield the first value of each stretch between `low` and `high`."""
    borders = [(at, first) for _, at, first in cuts if not isinstance(at, str)]
    starts = sorted({at if first else at + grain for at, first in borders})
    begin = low if low is not None else min([0, *(at - grain for at in starts)])
    for start in (begin, *(at for at in starts if at > begin and (high is None or at <= high))):
        yield int(start) if grain == 1 else round(float(start), 6)


def _days(step: Date, cuts: Sequence[Cut], today: date) -> Iterator[str]:
    low, high = (_border(text, today) for text in (step.not_before, step.not_after))
    starts = {start for cut in cuts if (start := _day_start(cut, today)) is not None}
    begin = low or min([high or today, *(start - timedelta(1) for start in starts)])
    for start in (begin, *sorted(at for at in starts if at > begin and (high is None or at <= high))):
        yield start.isoformat()


def _border(text: str | None, today: date) -> date | None:
    if text is None:
        return None
    return today if text[0] == "t" else date.fromisoformat(f"{text}-01"[:10])


def _day_start(cut: Cut, today: date) -> date | None:
    """Return the first day of the later stretch of a cut. Days since something run backwards."""
    measure, at, first = cut
    if isinstance(at, str):
        try:
            return date.fromisoformat(f"{at}-01"[:10]) + timedelta(0 if first else 1)
        except ValueError:
            return None
    since = int(at) if first else int(at) + 1
    if measure == "days_since":
        return today - timedelta(since - 1)
    if measure == "months_since":
        return _months_before(today, since) + timedelta(1)
    return None


def _months(step: Month, cuts: Sequence[Cut], today: date) -> Iterator[str]:
    low, high = (_border(text, today) for text in (step.not_before, step.not_after))
    days = sorted({start for cut in cuts if (start := _day_start(cut, today)) is not None})
    # A stretch may begin inside a month; the month after it is the first that lies in it whole.
    months = [each if each.day == 1 else _months_before(each.replace(day=1), -1) for each in days]
    begin = (low or min([high or today, *(_months_before(at, 1) for at in months)])).replace(day=1)
    for start in dict.fromkeys([begin, *(at for at in months if at > begin and not (high and at > high))]):
        yield start.isoformat()[:7]


def _months_before(day: date, months: int) -> date:
    total = day.year * 12 + day.month - 1 - months
    year, month = divmod(total, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _persons(cuts: Sequence[Cut], today: date) -> Iterator[str]:
    """Yield identity numbers of invented people, a woman and a man of each age that matters."""
    ages = [cut for cut in cuts if cut[0] == "age"]
    for years in _stretches(ages, YOUNGEST, OLDEST, grain=1):
        for order in ("024", "015"):  # even for a woman, odd for a man
            yield person(today, int(years), order)


def person(today: date, years: int, order: str = "015") -> str:
    """Return the identity number of an invented person who turned `years` this month.

    Area 999901 is given to nobody.
    """
    born = f"{today.year - years:04}{today.month:02}{min(today.day, 28):02}"
    first17 = f"999901{born}{order}"
    return first17 + check_character(first17)


def _cuts(name: str, readers: Sequence[Condition], language: Language, today: date) -> list[Cut]:
    """Return where conditions cut the answers to `name`."""
    return [
        cut
        for condition in readers
        for node in condition.root.walk()
        if node.kind == "call" and node.text in _COMPARED and len(node.children) == 2
        for cut in _cuts_of(name, node, language, today)
    ]


def _cuts_of(name: str, comparison: Node, language: Language, today: date) -> Iterator[Cut]:
    left, right = comparison.children
    operator = comparison.text
    if not _mentions(left, name):
        left, right = right, left
        operator = _MIRRORED.get(operator, operator)
    if not _mentions(left, name):
        return
    measure = left.text if left.kind == "call" and left.text in _MEASURES else ""
    inner = [] if measure or left.kind == "name" else list(_borders(left, language, today))
    for border in _borders(right, language, today):
        shifted: list[int | float | str] = [border]
        if not isinstance(border, str):  # answers.a + 2 >= 10: the border moves by what is beside it
            shifted += [border + by for each in inner if not isinstance(each, str) for by in (each, -each)]
        for at in shifted:
            yield from ((measure, at, first) for first in _COMPARED[operator])


def _mentions(node: Node, name: str) -> bool:
    return any(each.text == f"answers.{name}" for each in node.walk())


def _borders(node: Node, language: Language, today: date) -> Iterator[int | float | str]:
    """Yield the values an expression without answers may have, as far as literals tell."""
    if node.kind == "literal" and not isinstance(node.value, bool) and node.value is not None:
        yield node.value
    elif node.kind == "name" and node.text == "today":
        yield today.isoformat()
    elif node.kind == "call" and node.text == "number":
        table = str(node.children[0].value)
        rows = (each.value for each in node.children[1].walk() if each.kind == "literal")
        yield from (language.number(table, row, today) for row in rows if isinstance(row, str))
    else:
        change: Callable[[Any], Any] = {"yuan": lambda n: n * 100, "-_": lambda n: -n}.get(
            node.text, lambda n: n
        )
        for child in node.children:
            yield from (
                change(each) if not isinstance(each, str) else each
                for each in _borders(child, language, today)
            )
