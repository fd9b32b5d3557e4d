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

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple

from cel_expr_python import cel

from dialogs.answers.identity import birth_date, is_woman
from dialogs.expression import Node, tree
from dialogs.problems import did_you_mean
from dialogs.script import Choice, Choices, Edition, Number, Script, edition_on

MAX_LENGTH = 1000  # characters; a longer condition is a program, and nobody can read it aloud
MAX_REMEMBERED = 1024  # results kept per condition; real ones have a handful of cases

Shape = Literal["choice", "choices", "confirm", "whole", "decimal", "money", "date", "month", "text"]


class Readable(NamedTuple):
    """What a condition may know of one question: the shape of its answer, and the options of a choice."""

    shape: Shape
    options: frozenset[str] = frozenset()


class Fault(NamedTuple):
    """One thing wrong with a condition's text. Line and column count from 1, in characters."""

    line: int
    column: int
    what: str
    remedy: str


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
_FORMS = {
    "date": (re.compile(r"\d{4}-\d\d-\d\d"), "2026-11-27"),
    "month": (re.compile(r"\d{4}-\d\d"), "2026-12"),
}
_DAY_FUNCTIONS = frozenset({"age", "days_since", "months_since", "number"})
FUNCTIONS = ("age", "is_woman", "days_since", "months_since", "number", "yuan")


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

    def __init__(
        self, readable: Mapping[str, Readable], tables: Mapping[str, Sequence[Edition]] | None = None
    ) -> None:
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
            raise ConditionError(_too_long(text))
        try:
            expression = self._env.compile(text)
        except (RuntimeError, TypeError) as error:  # TypeError: text that is not Unicode, a lone surrogate
            raise ConditionError(*self._explain(str(error), text)) from None
        if expression.return_type() != _BOOL:
            found = expression.return_type().name().lower()
            what = f"the condition is a value ({found}), not a yes or no"
            raise ConditionError(Fault(1, 1, what, "compare it with something: answers.x == 'y'"))
        root = tree(expression.serialize())
        if faults := [*self._misfits(root, text)]:
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

    def _misfits(self, root: Node, text: str) -> list[Fault]:
        """Return what the type checker cannot see: options, days and rows that do not exist."""
        faults = []
        for node in root.walk():
            if node.kind != "call":
                continue
            if node.text in ("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in"):
                faults += self._unfit_literals(node, text)
            elif node.text == "number":
                faults += self._unknown_rows(node, text)
        return faults

    def _unfit_literals(self, comparison: Node, text: str) -> list[Fault]:
        names = [each.text.removeprefix("answers.") for each in comparison.children if each.kind == "name"]
        known = [(name, self._readable[name]) for name in names if name in self._readable]
        if len(known) != 1:
            return []
        literals = [
            each
            for child in comparison.children
            for each in (child, *(child.children if child.kind == "other" else ()))
            if each.kind == "literal" and isinstance(each.value, str)
        ]
        return [fault for each in literals if (fault := _misfit(*known[0], each, text))]

    def _unknown_rows(self, call: Node, text: str) -> list[Fault]:
        table, rows = call.children[0], [each for each in call.children[1].walk() if each.kind == "literal"]
        if not isinstance(table.value, str) or table.value not in self._tables:
            where = _place(text, table.at)
            remedy = did_you_mean(str(table.value or ""), self._tables, "add the table under `tables:`")
            return [Fault(*where, "number() names a table that does not exist", remedy)]
        faults = []
        for edition in self._tables[table.value]:
            amounts = {row.id: row.amount for row in edition.rows}
            for row in rows:
                if isinstance(row.value, str) and not _whole(amounts.get(row.value)):
                    since = edition.valid.from_
                    what = f"table {table.value} from {since} has no whole amount in row {row.value!r}"
                    faults.append(Fault(*_place(text, row.at), what, "give that row an `amount:`"))
        return faults

    def _explain(self, message: str, text: str) -> list[Fault]:
        """Turn the CEL library's report into faults an author understands."""
        found = re.findall(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)", message)
        faults = [
            self._explain_one(max(1, int(line)), max(1, int(at)), what, text) for line, at, what in found
        ]
        if not faults:
            return [Fault(1, 1, "the condition cannot be read", "see docs/scripts.md, Conditions")]
        # After a syntax error the parser stumbles on; only the first report helps.
        return faults[:1] if "Syntax error" in found[0][2] else faults

    def _explain_one(self, line: int, column: int, what: str, text: str) -> Fault:
        if undeclared := re.match(r"undeclared reference to '([^']*)'", what):
            return self._unknown_name(undeclared[1], line, column)
        if overload := re.match(r"found no matching overload for '([^']*)' applied to '\((.*)\)'", what):
            return _mismatch(overload[1], overload[2], line, column)
        if re.search(r"(?<![=!<>])=(?!=)", text):
            return Fault(line, column, "a single = does not compare", "write == ")
        plain = re.sub(r"Syntax error: |<EOF>", lambda m: "the end" if "EOF" in m[0] else "", what)
        plain = plain.removesuffix(" [INVALID_ARGUMENT]").split(" expecting ")[0]
        return Fault(line, column, f"not a condition: {plain}", "see docs/scripts.md, Conditions")

    def _unknown_name(self, name: str, line: int, column: int) -> Fault:
        if not name.startswith("answers."):
            if name in self._readable:
                return Fault(line, column, f"{name} is not a name here", f"write answers.{name}")
            what = f"there is no name or function {name}"
            remedy = did_you_mean(
                name, (*FUNCTIONS, "today"), "answers are written answers.<id of the question>"
            )
            return Fault(line, column, what, remedy)
        answer = name.removeprefix("answers.")
        # CEL marks the dot; the author looks for the word.
        where = max(1, column - len("answers"))
        remedy = did_you_mean(answer, self._readable, "name a question of this script that is asked before")
        return Fault(line, where, f"no question with the id {answer} can be read here", remedy)


def compile_condition(
    text: str,
    readable: Mapping[str, Readable],
    tables: Mapping[str, Sequence[Edition]] | None = None,
) -> Condition:
    """Return the condition written as `text`. To compile several, keep one `Language`.

    Raises:
        ConditionError: with everything that is wrong with it.
    """
    return Language(readable, tables).compile(text)


def _misfit(name: str, readable: Readable, literal: Node, text: str) -> Fault | None:
    value = str(literal.value)
    if readable.options and value not in readable.options:
        remedy = did_you_mean(
            value, readable.options, f"its options are {', '.join(sorted(readable.options))}"
        )
        return Fault(*_place(text, literal.at), f"{name} has no option {value!r}", remedy)
    form, sample = _FORMS.get(readable.shape, (None, ""))
    if form and not form.fullmatch(value):
        return Fault(
            *_place(text, literal.at), f"{value!r} is not a {readable.shape}", f"write it like '{sample}'"
        )
    return None


def _mismatch(operator: str, types: str, line: int, column: int) -> Fault:
    what = f"{operator.strip('_')} does not fit ({types})"
    if {"double", "int"} <= set(re.split(r"[^a-z]+", types)):
        return Fault(line, column, what, "write the number with a point: 1.0")
    if operator == "@in" or "list" in types:
        return Fault(line, column, what, "for an answer of several: 'option' in answers.x")
    return Fault(line, column, what, "compare like with like: words in quotes, numbers without")


def _too_long(text: str) -> Fault:
    what = f"the condition has {len(text)} characters, {MAX_LENGTH} are allowed"
    return Fault(1, 1, what, "ask one more question, or split the step")


def _whole(amount: float | None) -> bool:
    return amount is not None and amount == int(amount)


def _place(text: str, at: int) -> tuple[int, int]:
    before = text[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1
