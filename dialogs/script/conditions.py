"""Conditions: the `when:` of a script, in CEL (https://cel.dev), typed against the declared answers.

    answers.hukou == 'elsewhere' && answers.paid_here >= 10
    age(answers.id_number) >= number('pension_age', is_woman(answers.id_number) ? 'woman' : 'man')

A name that does not exist, an option nobody can choose, a number compared with a word: each is an
error when the script is loaded, never a surprise in a conversation. The CEL library is used in this
module alone.

What a condition sees of an answer:

    choice text (the option's id)    choices list of ids     confirm true or false
    number int, or double where `whole: false`               money   int, in fen: yuan(3000)
    date   text "2026-11-27"         month   text "2026-12"  id-number, region   text

Written that way days compare in the order of the calendar. Names, phones, addresses, cards and free
text are not readable: which way a case goes may not hang on them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cel_expr_python import cel

from dialogs.answers.identity import birth_date, is_woman
from dialogs.script import Choice, Choices, Number, Script, edition_on
from dialogs.script.condition_faults import (
    FUNCTIONS,
    MAX_LENGTH,
    Fault,
    Readable,
    Readables,
    Shape,
    Tables,
    explain,
    misfits,
    too_long,
)
from dialogs.script.expression import Node, tree

__all__ = [
    "FUNCTIONS",
    "Condition",
    "ConditionError",
    "Fault",
    "Language",
    "Readable",
    "Unanswered",
    "age",
    "compile_condition",
    "months_between",
    "readables",
]

MAX_REMEMBERED = 1024  # results kept per condition; real ones have a handful of cases


class ConditionError(ValueError):
    """A condition's text cannot be used. Show `faults` to its author."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{each.line}:{each.column}: {each.what}" for each in faults))
        self.faults = faults


class Unanswered(LookupError):
    """A condition needs answers that are not there. `check` proves this cannot happen on the road."""

    def __init__(self, text: str, missing: frozenset[str]) -> None:
        super().__init__(f"{text}: {', '.join(sorted(missing)) or 'an answer'} has no usable answer")
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition. `reads` are the ids of the answers it looks at."""

    text: str
    reads: frozenset[str]
    root: Node = field(repr=False, compare=False)
    _expression: Any = field(repr=False, compare=False)
    _names: tuple[tuple[str, str, type | None], ...] = field(repr=False, compare=False)
    _dated: bool = field(repr=False, compare=False)
    _remembered: dict[tuple[Any, ...], bool] | None = field(repr=False, compare=False)

    def holds(self, answers: Mapping[str, Any], today: date) -> bool:
        """Say whether the condition is true of these answers.

        Raises:
            Unanswered: it needs an answer that is not there.
        """
        remembered = self._remembered
        if remembered is None:
            return self._evaluate(answers, today)
        case = tuple([answers.get(name) for name, _, _ in self._names])
        known = remembered.get(case)
        if known is None:
            known = self._evaluate(answers, today)
            if len(remembered) < MAX_REMEMBERED:
                remembered[case] = known
        return known

    def _evaluate(self, answers: Mapping[str, Any], today: date) -> bool:
        given = {
            path: answers[name] if cast is None else cast(answers[name])
            for name, path, cast in self._names
            if name in answers
        }
        if self._dated:
            given["today"] = today.isoformat()
            _day.today = today
        try:
            value = self._expression.eval(data=given).value()
        except (RuntimeError, TypeError, ValueError):  # RuntimeError: CEL's iteration budget is spent
            value = None
        if value is True or value is False:
            return value
        # CEL's own words are left out: they may quote the answer, and errors reach logs.
        raise Unanswered(self.text, self.reads.difference(answers))


class _Day(threading.local):
    """The day an evaluation stands on, for functions that count from it. Set before each evaluation."""

    today: date = date.min


_day = _Day()
_TEXT, _INT, _BOOL = cel.Type.STRING, cel.Type.INT, cel.Type.BOOL
_TYPES: Mapping[Shape, Any] = {
    "choice": _TEXT,
    "choices": cel.Type.List(_TEXT),
    "confirm": _BOOL,
    "whole": _INT,
    "decimal": cel.Type.DOUBLE,
    "money": _INT,
    "date": _TEXT,
    "month": _TEXT,
    "text": _TEXT,
}
_SHAPES: Mapping[str, Shape] = {
    "choice": "choice",
    "choices": "choices",
    "confirm": "confirm",
    "money": "money",
    "date": "date",
    "month": "month",
    "id-number": "text",
    "region": "text",
}
_DAY_FUNCTIONS = frozenset({"age", "days_since", "months_since", "number"})


def age(id_number: str, today: date) -> int:
    """Return the full years of age on `today` of the person with this identity number."""
    born = birth_date(id_number)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def months_between(first: date, last: date) -> int:
    """Return how many full months lie between two days, negative when `last` is earlier."""
    months = (last.year - first.year) * 12 + last.month - first.month
    return months - (last.day < first.day)


def _day_of(text: str) -> date:
    return date.fromisoformat(text if len(text) > 7 else f"{text}-01")


def readables(script: Script) -> dict[str, Readable]:
    """Return what conditions of this script may read: question id -> its shape and options."""
    found: dict[str, Readable] = {}
    for step in (*script.situation, *script.form):
        if isinstance(step, Number):
            found[step.id] = Readable("whole" if step.whole else "decimal")
        elif step.kind in _SHAPES:
            options = _option_ids(script, step) if isinstance(step, Choice | Choices) else frozenset()
            found[step.id] = Readable(_SHAPES[step.kind], options)
    return found


def _option_ids(script: Script, question: Choice | Choices) -> frozenset[str]:
    """Return the ids a question has ever offered: those of every edition, old answers name them."""
    if question.options_from is None:
        return frozenset(question.options)
    editions = script.tables.get(question.options_from.removeprefix("tables."), ())
    return frozenset(row.id for edition in editions for row in edition.rows)


class Language:
    """The names and functions one script's conditions are written in."""

    def __init__(self, readable: Readables, tables: Tables | None = None) -> None:
        self._readable = readable
        self._tables = tables or {}
        self._amounts: dict[tuple[str, date], dict[str, int]] = {}
        variables = {f"answers.{name}": _TYPES[each.shape] for name, each in readable.items()}
        self._env = cel.NewEnv(variables={**variables, "today": _TEXT}, functions=self._functions())

    def compile(self, text: str) -> Condition:
        """Return the condition written as `text`.

        Raises:
            ConditionError: with everything that is wrong with it.
        """
        if len(text) > MAX_LENGTH:
            raise ConditionError(too_long(text))
        try:
            expression = self._env.compile(text)
        except (RuntimeError, TypeError) as error:  # TypeError: text that is not Unicode, a lone surrogate
            raise ConditionError(*explain(str(error), text, self._readable)) from None
        if expression.return_type() != _BOOL:
            found = expression.return_type().name().lower()
            what = f"the condition is a value ({found}), not a yes or no"
            raise ConditionError(Fault(1, 1, what, "compare it with something: answers.x == 'y'"))
        root = tree(expression.serialize())
        if faults := [*misfits(root, text, self._readable, self._tables)]:
            raise ConditionError(*faults)
        return self._condition(text, expression, root)

    def _condition(self, text: str, expression: Any, root: Node) -> Condition:
        paths = {node.text for node in root.walk() if node.kind == "name"}
        reads = sorted(name for name in self._readable if f"answers.{name}" in paths)
        called = {node.text for node in root.walk() if node.kind == "call"}
        dated = "today" in paths or bool(called & _DAY_FUNCTIONS)
        finite = not dated and all(self._readable[name].shape in ("choice", "confirm") for name in reads)
        casts = {"decimal": float}
        return Condition(
            text=text,
            reads=frozenset(reads),
            root=root,
            _expression=expression,
            _names=tuple((n, f"answers.{n}", casts.get(self._readable[n].shape)) for n in reads),
            _dated=dated,
            # A choice has few answers, so each case is evaluated once: 0.3 µs instead of 4.
            # Whatever is personal (numbers, days) is evaluated each time and never remembered.
            _remembered={} if finite else None,
        )

    def number(self, table: str, row: str, today: date) -> int:
        """Return the number in a row of a dated table, in the edition in force on `today`."""
        amounts = self._amounts.get((table, today))
        if amounts is None:
            edition = edition_on(self._tables[table], today)
            amounts = {each.id: int(each.amount or 0) for each in edition.rows}
            # Kept for the day: sorting editions again costs more than the rest of the condition.
            self._amounts = {**self._amounts, (table, today): amounts} if len(self._amounts) < 64 else {}
        return amounts[row]

    def _functions(self) -> list[Any]:
        table: tuple[tuple[str, Any, list[Any], Callable[..., Any]], ...] = (
            ("age", _INT, [_TEXT], lambda id_number: age(id_number, _day.today)),
            ("is_woman", _BOOL, [_TEXT], is_woman),
            ("days_since", _INT, [_TEXT], lambda day: (_day.today - _day_of(day)).days),
            ("months_since", _INT, [_TEXT], lambda day: months_between(_day_of(day), _day.today)),
            ("number", _INT, [_TEXT, _TEXT], lambda name, row: self.number(name, row, _day.today)),
            ("yuan", _INT, [_INT], lambda amount: amount * 100),
        )
        return [
            cel.FunctionDecl(name, [cel.Overload(name, returns, takes, impl=run)])
            for name, returns, takes, run in table
        ]


def compile_condition(
    text: str,
    readable: Readables,
    tables: Tables | None = None,
) -> Condition:
    """Return the condition written as `text`. To compile several, keep one `Language`.

    Raises:
        ConditionError: with everything that is wrong with it.
    """
    return Language(readable, tables).compile(text)
