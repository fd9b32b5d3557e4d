"""A problem of a script, as its author meets it: where, what, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

Path = tuple[str | int, ...]
Tier = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. Lines and columns count from 1; both are 0 when the place is not known.

    node: the place in words, "situation.hukou.options.local".
    code: for machines, stable across releases: "unknown-key", "no-how".
    """

    file: str
    line: int
    column: int
    node: str
    what: str
    remedy: str
    code: str
    tier: Tier = "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.what} ({self.node or 'script'}). {self.remedy}"


class ScriptError(Exception):
    """A script cannot be used. `problems` holds everything that is wrong with it, in reading order."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a value stands: its key (or itself, in a list), its text, and how that text is quoted.

    style: ' or " or | or >, None for plain; "joined" where the text was put together from two places.
    """

    line: int
    column: int
    text_line: int
    text_column: int
    style: str | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """The places of a script's values in its file, and the ids by which people call them.

    files: what stands in another file, a fragment that the script includes.
    """

    file: str = "script"
    spots: Mapping[Path, Spot] = field(default_factory=dict)
    names: Mapping[Path, str] = field(default_factory=dict)
    files: Mapping[Path, str] = field(default_factory=dict)

    def file_of(self, path: Path) -> str:
        """Return the file in which the value at `path` is written."""
        above = (path[:length] for length in range(len(path), 0, -1))
        return next((self.files[each] for each in above if each in self.files), self.file)

    def order(self, problem: Problem) -> tuple[bool, str, int, int]:
        """Return what sorts problems as they are read: the script first, then its fragments."""
        return problem.file != self.file, problem.file, problem.line, problem.column

    def at(self, path: Path) -> tuple[int, int]:
        """Return line and column of the value at `path`, or of the nearest one above it."""
        for length in range(len(path), -1, -1):
            if spot := self.spots.get(path[:length]):
                return spot.line, spot.column
        return 0, 0

    def inside(self, path: Path, line: int, column: int) -> tuple[int, int]:
        """Return the place of a character inside the text at `path`; line and column count from 1."""
        spot = self.spots.get(path)
        if spot is None:
            return self.at(path)
        if spot.style == "joined":
            return spot.text_line, spot.text_column
        if spot.style in ("|", ">"):  # the text begins on the next line, its indentation is gone
            return spot.text_line + line, column
        if line > 1:
            return spot.text_line + line - 1, column
        quote = 1 if spot.style in ("'", '"') else 0
        return spot.text_line, spot.text_column + quote + column - 1

    def node(self, path: Path) -> str:
        """Return the place in words: list places by the id of what stands there."""
        return ".".join(self.names.get(path[: end + 1], str(part)) for end, part in enumerate(path))

    def problem(self, path: Path, what: str, remedy: str, code: str, tier: Tier = "error") -> Problem:
        """Return a problem of the value at `path`."""
        return Problem(self.file_of(path), *self.at(path), self.node(path), what, remedy, code, tier)


def did_you_mean(word: str, known: Any, otherwise: str) -> str:
    """Return a remedy: the known word nearest to `word`, or `otherwise` when none is near."""
    close = get_close_matches(word, [str(each) for each in known], n=1)
    return f"did you mean {close[0]}?" if close else otherwise
