"""What is wrong with a condition, in words its author can act on.

The CEL library reports in its own terms; `explain` turns them into ours. And it checks types only:
`misfits` finds options, days and rows of tables that do not exist.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from dialogs.script import Edition
from dialogs.script.expression import Node
from dialogs.script.problems import did_you_mean

MAX_LENGTH = 1000  # characters; a longer condition is a program, and nobody can read it aloud
FUNCTIONS = ("age", "is_woman", "days_since", "months_since", "number", "yuan")

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


Readables = Mapping[str, Readable]
Tables = Mapping[str, Sequence[Edition]]

_FORMS = {
    "date": (re.compile(r"\d{4}-\d\d-\d\d"), "2026-11-27"),
    "month": (re.compile(r"\d{4}-\d\d"), "2026-12"),
}


def misfits(root: Node, text: str, readable: Readables, tables: Tables) -> list[Fault]:
    """Return what the type checker cannot see: options, days and rows that do not exist."""
    faults = []
    for node in root.walk():
        if node.kind != "call":
            continue
        if node.text in ("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in"):
            faults += _unfit_literals(node, text, readable)
        elif node.text == "number":
            faults += _unknown_rows(node, text, tables)
    return faults


def _unfit_literals(comparison: Node, text: str, readable: Readables) -> list[Fault]:
    names = [each.text.removeprefix("answers.") for each in comparison.children if each.kind == "name"]
    known = [(name, readable[name]) for name in names if name in readable]
    if len(known) != 1:
        return []
    literals = [
        each
        for child in comparison.children
        for each in (child, *(child.children if child.kind == "other" else ()))
        if each.kind == "literal" and isinstance(each.value, str)
    ]
    return [fault for each in literals if (fault := _misfit(*known[0], each, text))]


def _unknown_rows(call: Node, text: str, tables: Tables) -> list[Fault]:
    table, rows = call.children[0], [each for each in call.children[1].walk() if each.kind == "literal"]
    if not isinstance(table.value, str) or table.value not in tables:
        where = _place(text, table.at)
        remedy = did_you_mean(str(table.value or ""), tables, "add the table under `tables:`")
        return [Fault(*where, "number() names a table that does not exist", remedy)]
    faults = []
    for edition in tables[table.value]:
        amounts = {row.id: row.amount for row in edition.rows}
        for row in rows:
            if isinstance(row.value, str) and not _whole(amounts.get(row.value)):
                since = edition.valid.from_
                what = f"table {table.value} from {since} has no whole amount in row {row.value!r}"
                faults.append(Fault(*_place(text, row.at), what, "give that row an `amount:`"))
    return faults


def explain(message: str, text: str, readable: Readables) -> list[Fault]:
    """Turn the CEL library's report into faults an author understands."""
    found = re.findall(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)", message)
    faults = [
        _explain_one(max(1, int(line)), max(1, int(at)), what, text, readable) for line, at, what in found
    ]
    if not faults:
        return [Fault(1, 1, "the condition cannot be read", "see docs/scripts.md, Conditions")]
    # After a syntax error the parser stumbles on; only the first report helps.
    return faults[:1] if "Syntax error" in found[0][2] else faults


def _explain_one(line: int, column: int, what: str, text: str, readable: Readables) -> Fault:
    if undeclared := re.match(r"undeclared reference to '([^']*)'", what):
        return _unknown_name(undeclared[1], line, column, readable)
    if overload := re.match(r"found no matching overload for '([^']*)' applied to '\((.*)\)'", what):
        return _mismatch(overload[1], overload[2], line, column)
    if re.search(r"(?<![=!<>])=(?!=)", text):
        return Fault(line, column, "a single = does not compare", "write == ")
    plain = re.sub(r"Syntax error: |<EOF>", lambda m: "the end" if "EOF" in m[0] else "", what)
    plain = plain.removesuffix(" [INVALID_ARGUMENT]").split(" expecting ")[0]
    return Fault(line, column, f"not a condition: {plain}", "see docs/scripts.md, Conditions")


def _unknown_name(name: str, line: int, column: int, readable: Readables) -> Fault:
    if not name.startswith("answers."):
        if name in readable:
            return Fault(line, column, f"{name} is not a name here", f"write answers.{name}")
        what = f"there is no name or function {name}"
        remedy = did_you_mean(name, (*FUNCTIONS, "today"), "answers are written answers.<id of the question>")
        return Fault(line, column, what, remedy)
    answer = name.removeprefix("answers.")
    # CEL marks the dot; the author looks for the word.
    where = max(1, column - len("answers"))
    remedy = did_you_mean(answer, readable, "name a question of this script that is asked before")
    return Fault(line, where, f"no question with the id {answer} can be read here", remedy)


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


def too_long(text: str) -> Fault:
    what = f"the condition has {len(text)} characters, {MAX_LENGTH} are allowed"
    return Fault(1, 1, what, "ask one more question, or split the step")


def _whole(amount: float | None) -> bool:
    return amount is not None and amount == int(amount)


def _place(text: str, at: int) -> tuple[int, int]:
    before = text[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1
