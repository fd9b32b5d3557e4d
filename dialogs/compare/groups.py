"""Who is meant: a group of people named by the fewest answers that tell it from everybody else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dialogs.compare.fates import Answers

NOT_ASKED = "\x00not asked"  # stands for the answer to a question that somebody is never asked
_UNASKED = repr(NOT_ASKED)

Who = Mapping[str, tuple[Any, ...]]  # question id -> the answers that belong to the group
Row = Mapping[str, str]  # question id -> its answer, as comparable text


def named(group: Sequence[Answers], everybody: Sequence[Answers]) -> list[tuple[Who, int]]:
    """Return descriptions that together name `group` and nobody else, each with how many it names.

    A description is a set of answers per question; whoever gave one of them to each is meant. {} means all.
    """
    names = list(dict.fromkeys(name for each in everybody for name in each))
    rows = [_row(each, names) for each in everybody]
    chosen = {id(each) for each in group}
    members = [row for row, each in zip(rows, everybody, strict=True) if id(each) in chosen]
    values = {
        f"{name}={row[name]}": each.get(name, NOT_ASKED)
        for row, each in zip(rows, everybody, strict=True)
        for name in names
    }
    return [
        ({name: tuple(values[f"{name}={text}"] for text in texts) for name, texts in clauses.items()}, count)
        for clauses, count in _described(members, rows, names)
    ]


def _row(answers: Answers, names: Sequence[str]) -> Row:
    return {name: repr(answers.get(name, NOT_ASKED)) for name in names}


def _described(
    members: Sequence[Row], rows: Sequence[Row], names: Sequence[str]
) -> list[tuple[dict[str, tuple[str, ...]], int]]:
    clauses = {name: tuple(dict.fromkeys(row[name] for row in members)) for name in names}
    if len(_covered(clauses, rows)) == len(members):
        short = _shortened(clauses, rows, len(members))
        # "Not asked, or 6 and more" is no way to speak of people: those not asked are named by themselves.
        apart = next((name for name, texts in short.items() if len(texts) > 1 and _UNASKED in texts), "")
        if not apart:
            return [(short, len(members))]
        parts = _split(members, lambda row: row[apart] == _UNASKED)
    else:
        name = min((each for each in names if len(clauses[each]) > 1), key=lambda each: len(clauses[each]))
        parts = _split(members, lambda row: row[name])
    return [found for part in parts for found in _described(part, rows, names)]


def _split(members: Sequence[Row], by: Callable[[Row], object]) -> list[list[Row]]:
    parts: dict[object, list[Row]] = {}
    for row in members:
        parts.setdefault(by(row), []).append(row)
    return list(parts.values())


def _covered(clauses: Mapping[str, tuple[str, ...]], rows: Sequence[Row]) -> list[Row]:
    wanted = [(name, frozenset(texts)) for name, texts in clauses.items()]
    return [row for row in rows if all(row[name] in texts for name, texts in wanted)]


def _shortened(
    clauses: Mapping[str, tuple[str, ...]], rows: Sequence[Row], count: int
) -> dict[str, tuple[str, ...]]:
    """Leave out what names nobody less: first "was not asked", then from the last question on."""
    left = dict(clauses)
    last_first = list(reversed(left))
    for name in sorted(last_first, key=lambda each: _UNASKED not in left[each]):
        shorter = {each: texts for each, texts in left.items() if each != name}
        if len(_covered(shorter, rows)) == count:
            left = shorter
    return left
