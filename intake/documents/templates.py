"""The words of the documents, read from `templates.yaml` and filled with facts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

Facts = Mapping[str, Any]
Part = tuple[str, Any]
_HOLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of document. `number` names the fact that numbers it; "" has a number counted for it."""

    kind: str
    event: str
    title: str
    prefix: str
    parts: Sequence[Mapping[str, Any]]
    number: str = ""

    def fill(self, facts: Facts) -> Iterator[Part]:
        """Yield its parts with the facts in place: ("text" | "heading", str), ("rows", [[label, value]]),
        ("list", [str]). What would only hold an empty fact is left out.

        Raises: KeyError, a placeholder no fact is known for.
        """
        for part in self.parts:
            kind, value = _filled(part, facts)
            if value:
                yield kind, value


@cache
def templates() -> Mapping[str, Template]:
    """Every template, by the event it is made with."""
    text = resources.files("intake").joinpath("documents/templates.yaml").read_text("utf-8")
    return {found["event"]: Template(**found) for found in yaml.load(text, Loader=yaml.CSafeLoader)}


def _filled(part: Mapping[str, Any], facts: Facts) -> Part:
    if "items" in part:
        items = facts[part["items"]]
        if "list" in part:
            return "list", [_put(part["list"], item) for item in items]
        return "rows", [[_put(cell, item) for cell in part["row"]] for item in items]
    if "rows" in part:
        rows = [[label, _put(value, facts)] for label, value in part["rows"]]
        return "rows", [row for row in rows if row[1]]
    kind = "heading" if "heading" in part else "text"
    return kind, _put(part[kind], facts)


def _put(text: str, facts: Facts) -> str:
    names = _HOLE.findall(text)
    if names and not any(str(facts[name]) for name in names):
        return ""
    return _HOLE.sub(lambda hole: str(facts[hole[1]]), text)
