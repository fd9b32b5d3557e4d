"""What the shape of a script cannot say: that its parts agree with each other.

Ids are unique and usable in conditions, references point somewhere, every text has Chinese words,
borders are in order, and conditions read only what has been asked before them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from dialogs.script import (
    Choice,
    Choices,
    Date,
    Ending,
    Guide,
    Handoff,
    Money,
    Month,
    Number,
    Outcome,
    Scenario,
    Script,
    packages,
)
from dialogs.script.conditions import ConditionError, Language, readables
from dialogs.script.expression import Node
from dialogs.script.problems import Marks, Path, Problem, did_you_mean

# Words with a meaning of their own: stations of the road, and what CEL keeps for itself.
_STATIONS = {"consent", "read_back", "answers", "today"}
_CEL = {"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let"}
_CEL |= {"loop", "namespace", "null", "package", "return", "true", "var", "void", "while"}
RESERVED = frozenset(_STATIONS | _CEL)


def problems(script: Script, marks: Marks) -> Iterator[Problem]:
    """Yield everything in which the parts of `script` do not agree."""
    yield from _ids(script, marks)
    yield from _languages(script, marks)
    yield from _options(script, marks)
    yield from _borders(script, marks)
    yield from _tables(script, marks)
    yield from packages.problems(script, marks)
    yield from _scenarios(script, marks)
    yield from _conditions(script, marks)


def texts(value: Any, path: Path = ()) -> Iterator[tuple[Path, Mapping[str, str]]]:
    """Yield every text of a part with its place: language -> words."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from texts(getattr(value, name), (*path, name))
    elif isinstance(value, dict):
        if {"zh-CN", "en"} & value.keys():
            yield path, value
        else:
            for key, each in value.items():
                yield from texts(each, (*path, key))
    elif isinstance(value, list | tuple):
        for place, each in enumerate(value):
            yield from texts(each, (*path, place))


def _steps(script: Script) -> Iterator[tuple[Path, Any]]:
    for part in ("situation", "form", "materials"):
        for place, step in enumerate(getattr(script, part)):
            yield (part, place), step


def _ids(script: Script, marks: Marks) -> Iterator[Problem]:
    seen: dict[str, Path] = {}
    for path, step in _steps(script):
        if step.id in RESERVED:
            what = f"the id `{step.id}` has a meaning of its own"
            yield marks.problem((*path, "id"), what, "Choose another word.", "reserved-id")
        if step.id in seen:
            what = f"the id `{step.id}` is taken by {_line(marks, seen[step.id], path)}"
            yield marks.problem((*path, "id"), what, "Give each step an id of its own.", "duplicate-id")
        seen.setdefault(step.id, path)


def _line(marks: Marks, first: Path, second: Path) -> str:
    """Return where the first of two stands, with its file where that is another than the second's."""
    file, line = marks.file_of(first), f"line {marks.at(first)[0]}"
    return line if file == marks.file_of(second) else f"{file}, {line}"


def _languages(script: Script, marks: Marks) -> Iterator[Problem]:
    for path, words in texts(script):
        if "zh-CN" not in words:
            yield marks.problem(path, "the Chinese words are missing", "Add `zh-CN: ...`.", "no-zh-cn")


def _options(script: Script, marks: Marks) -> Iterator[Problem]:
    for path, step in _steps(script):
        if not isinstance(step, Choice | Choices):
            continue
        if bool(step.options) == bool(step.options_from):
            what = "a choice has either `options:` or `options_from:`"
            yield marks.problem(path, what, "Write exactly one of the two.", "options")
        elif step.options_from and step.options_from.removeprefix("tables.") not in script.tables:
            remedy = did_you_mean(step.options_from, [f"tables.{name}" for name in script.tables], "Add it.")
            what = f"there is no table `{step.options_from}`"
            yield marks.problem((*path, "options_from"), what, remedy, "unknown-table")
        elif len(step.options) == 1:
            what = "a choice with one option is no choice"
            yield marks.problem((*path, "options"), what, "Add options, or drop the question.", "options")


def _borders(script: Script, marks: Marks) -> Iterator[Problem]:
    for path, step in _steps(script):
        if isinstance(step, Number | Money) and step.between and step.between[0] > step.between[1]:
            what = "`between` begins after it ends"
            yield marks.problem((*path, "between"), what, "Write the smaller one first.", "borders")
        if isinstance(step, Choices) and step.at_least > step.at_most:
            what = "`at_least` is more than `at_most`"
            yield marks.problem((*path, "at_least"), what, "Write a smaller one.", "borders")
        if isinstance(step, Date | Month):
            yield from _days(path, step, marks)
    for place, paper in enumerate(script.materials):
        sides = [page for page in paper.pages if page != "page"]
        if len(sides) != len(set(sides)):
            what, remedy = "the same side stands here twice", "Name front and back once each."
            yield marks.problem(("materials", place, "pages"), what, remedy, "pages")


def _days(path: Path, step: Date | Month, marks: Marks) -> Iterator[Problem]:
    for name in ("not_before", "not_after"):
        text = getattr(step, name)
        if text is None or text[0] == "t":  # today, this-month
            continue
        try:
            date.fromisoformat(f"{text}-01"[:10])
        except ValueError:
            what = f"`{text}` is not a day of the calendar"
            yield marks.problem(
                (*path, name), what, "Write it like 2026-11-27, a month like 2026-12.", "borders"
            )


def _tables(script: Script, marks: Marks) -> Iterator[Problem]:
    for name, editions in script.tables.items():
        path: Path = ("tables", name)
        if not editions:
            yield marks.problem(
                path, "the table has no edition", "Add `- valid: ...` with rows.", "empty-table"
            )
        for place, edition in enumerate(editions):
            ids = [row.id for row in edition.rows]
            if len(ids) != len(set(ids)):
                what, remedy = "two rows have the same id", "Give each row an id of its own."
                yield marks.problem((*path, place, "rows"), what, remedy, "duplicate-id")
            if edition.valid.from_ > edition.valid.to:
                what = "`valid` begins after it ends"
                yield marks.problem((*path, place, "valid"), what, "Write the earlier day first.", "borders")
        ordered = sorted(editions, key=lambda each: each.valid.from_)
        if any(later.valid.from_ <= earlier.valid.to for earlier, later in pairwise(ordered)):
            what, remedy = (
                "two editions are in force on the same day",
                "End one the day before the next begins.",
            )
            yield marks.problem(path, what, remedy, "overlap")


def _scenarios(script: Script, marks: Marks) -> Iterator[Problem]:
    questions = {step.id for step in (*script.situation, *script.form) if not isinstance(step, Ending)}
    for place, scenario in enumerate(script.scenarios):
        path: Path = ("scenarios", place)
        for answer in scenario.given.keys() - questions:
            remedy = did_you_mean(answer, questions, "Name questions of this script.")
            what = f"there is no question `{answer}`"
            yield marks.problem((*path, "given", answer), what, remedy, "unknown-answer")
        yield from _expected(script, scenario, path, marks)


def _expected(script: Script, scenario: Scenario, path: Path, marks: Marks) -> Iterator[Problem]:
    expect = scenario.expect
    if sum(each is not None for each in (expect.outcome, expect.handoff, expect.guide, expect.submit)) != 1:
        what = "a scenario expects exactly one of outcome, handoff, guide and submit"
        yield marks.problem((*path, "expect"), what, "Write one of them.", "expect")
    steps = (*script.situation, *script.form)
    for name, kind in (("outcome", Outcome), ("handoff", Handoff), ("guide", Guide)):
        wanted, known = getattr(expect, name), [step.id for step in steps if isinstance(step, kind)]
        if wanted is not None and wanted not in known:
            remedy = did_you_mean(wanted, known, f"known: {', '.join(known)}")
            yield marks.problem(
                (*path, "expect", name), f"there is no {name} `{wanted}`", remedy, "unknown-end"
            )
    for wanted in set(expect.materials or ()) - {paper.id for paper in script.materials}:
        remedy = did_you_mean(wanted, [paper.id for paper in script.materials], "Name papers of this script.")
        where = (*path, "expect", "materials")
        yield marks.problem(where, f"there is no paper `{wanted}`", remedy, "unknown-paper")
    for wanted in set(expect.children or ()) - {child.id for child in script.children}:
        remedy = did_you_mean(
            wanted, [child.id for child in script.children], "Name children of this package."
        )
        where = (*path, "expect", "children")
        yield marks.problem(where, f"there is no child `{wanted}`", remedy, "unknown-child")


def guarded(script: Script) -> Iterator[tuple[Path, str, frozenset[str]]]:
    """Yield every condition with its place and the answers it may read: those given before it.

    Papers, things to tell and the children of a package are said in the notice, which comes before the
    form: they may read the answers about the situation only.
    """
    asked: list[str] = []
    before_form: frozenset[str] = frozenset(step.id for step in script.situation)
    for path, step in _steps(script):
        allowed = before_form if path[0] == "materials" else frozenset(asked)
        if step.when is not None:
            yield (*path, "when"), step.when, allowed
        asked.append(step.id)
    for part in ("tells", "children"):
        for place, each in enumerate(getattr(script, part)):
            if each.when is not None:
                yield (part, place, "when"), each.when, before_form
    video = script.verification.video if script.verification else None
    if video and video.when is not None:
        yield ("verification", "video", "when"), video.when, frozenset(asked)


def _conditions(script: Script, marks: Marks) -> Iterator[Problem]:
    language = Language(readables(script), script.tables)
    kinds = {step.id: step.kind for step in (*script.situation, *script.form)}
    for path, text, allowed in guarded(script):
        try:
            condition = language.compile(text)
        except ConditionError as error:
            for fault in error.faults:
                where = marks.inside(path, fault.line, fault.column)
                what, remedy = _unreadable(fault.what, fault.remedy, kinds)
                yield Problem(marks.file_of(path), *where, marks.node(path), what, remedy, "condition")
            continue
        for name in sorted(condition.reads - allowed):
            where = marks.inside(path, 1, _place_of(condition.root, name))
            what, remedy = f"answers.{name} is not given yet here", _LATER[str(path[0])]
            yield Problem(marks.file_of(path), *where, marks.node(path), what, remedy, "read-too-early")


_LATER = {
    "situation": "Move that question above this step.",
    "form": "Move that question above this step.",
    "materials": "The notice is told before the form: move that question to `situation:`.",
    "tells": "The notice is told before the form: move that question to `situation:`.",
    "children": "The notice is told before the form: move that question to `situation:`.",
    "verification": "Name a question of this script.",
}


def _unreadable(what: str, remedy: str, kinds: Mapping[str, str]) -> tuple[str, str]:
    """Say more of a name that exists, but is of a kind no condition may read."""
    name = what.removeprefix("no question with the id ").removesuffix(" can be read here")
    if name != what and name in kinds:
        return f"a condition cannot read answers.{name}, it is of kind {kinds[name]}", "Ask a choice instead."
    return what, remedy[:1].upper() + remedy[1:] + ("" if remedy.endswith(("?", ".")) else ".")


def _place_of(root: Node, name: str) -> int:
    """Return the column, from 1, of the first reading of an answer. CEL marks the dot before its name."""
    at = next(node.at for node in root.walk() if node.text == f"answers.{name}")
    return max(1, at + 1 - len("answers"))
