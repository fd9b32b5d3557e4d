"""YAML as scripts use it: plain data with the place of every value.

Less than YAML 1.1, on purpose: `no`, `0571`, `12:30` and 2026-01-01 stay text, and what could
surprise or harm a reader is refused: anchors and aliases, tags, a key written twice, nesting without end.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml
from yaml import nodes
from yaml.cyaml import CParser  # type: ignore[attr-defined]

from dialogs.script.problems import Marks, Path, Problem, ScriptError, Spot

MAX_BYTES = 1_000_000
MAX_NODES = 40_000  # a thousand steps; the largest real guide found has 27 questions, about 1,500 values
MAX_DEPTH = 40

_SCALARS: tuple[tuple[str, str, str], ...] = (
    ("null", r"~|null|", "~n"),
    ("bool", r"true|false", "tf"),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,17})", "-+0123456789"),
    ("float", r"[-+]?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}", "-+0123456789"),
)


class _Resolver(yaml.resolver.BaseResolver):
    """Which plain words are no text: close to the core schema of YAML 1.2."""


for _name, _pattern, _first in _SCALARS:
    _Resolver.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(f"^(?:{_pattern})$"), [*_first])
_Resolver.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^$"), [""])


class _Loader(CParser, _Resolver):
    """PyYAML over libyaml, which its wheels bring along: ten times faster than in Python."""

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        _Resolver.__init__(self)


_LOADER: Any = _Loader  # the stubs know PyYAML's own loaders only
_PLAIN: dict[str, Callable[[str], Any]] = {
    "null": lambda text: None,
    "bool": lambda text: text == "true",
    "int": int,
    "float": float,
    "str": str,
}


def read(text: str, file: str) -> tuple[Any, Marks]:
    """Return the data of a YAML text and the places of its values.

    Raises:
        ScriptError: not YAML, or YAML of the refused sort.
    """
    if (size := len(text.encode("utf-8", "replace"))) > MAX_BYTES:
        what = f"the file has {size:,} bytes, {MAX_BYTES:,} are allowed"
        raise ScriptError([Problem(file, 1, 1, "", what, "Split it into several services.", "too-big")])
    try:
        if refused := _refused(text, file):
            raise ScriptError(refused)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        raise ScriptError([_unreadable(error, file)]) from None
    except yaml.reader.ReaderError as error:
        raise ScriptError([_unprintable(text, error.position, error.character, file)]) from None
    except UnicodeEncodeError as error:
        raise ScriptError([_unprintable(text, error.start, ord(text[error.start]), file)]) from None
    return _Reader(file).read(root)


def _unprintable(text: str, position: int, character: int, file: str) -> Problem:
    line = text.count("\n", 0, position) + 1
    what = f"character U+{character:04X} may not stand in a script"
    return Problem(file, line, 1, "", what, "Delete it.", "bad-character")


def _refused(text: str, file: str) -> list[Problem]:
    """Look at the parser's events, before anything is built of them."""
    found: list[Problem] = []
    count = depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        where = (file, *_place(event.start_mark), "")
        count += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if count > MAX_NODES or depth > MAX_DEPTH:
            what = f"more than {MAX_NODES:,} values, or nested more than {MAX_DEPTH} deep"
            return [*found, Problem(*where, what, "Split it into several services.", "too-big")]
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            found.append(
                Problem(*where, "anchors and aliases (&, *) are not allowed", "Write it out.", "alias")
            )
        if getattr(event, "tag", None):
            found.append(Problem(*where, "tags (!) are not allowed", "Delete the tag.", "tag"))
    return found


def _unreadable(error: yaml.MarkedYAMLError, file: str) -> Problem:
    line, column = _place(error.problem_mark or error.context_mark)
    what = f"not YAML: {error.problem or error.context}"
    remedy = "Look at the indentation, the colons and the quotes here and one line above."
    if "mapping values are not allowed" in what:
        remedy = "Put a text with ': ' in it in quotes, or below `>-` on a line of its own."
    elif "',' or '}'" in what:
        remedy = "Inside {...} a text with ': ' or ', ' in it stands in quotes."
    return Problem(file, line, column, "", what, remedy, "not-yaml")


def _place(mark: Any) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


class _Reader:
    """Turns a composed document into data, writing down places on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.spots: dict[Path, Spot] = {}
        self.names: dict[Path, str] = {}
        self.problems: list[Problem] = []

    def read(self, root: nodes.Node | None) -> tuple[Any, Marks]:
        data = None if root is None else self._value(root, (), root)
        if self.problems:
            raise ScriptError(self.problems)
        return data, Marks(self.file, self.spots, self.names)

    def _value(self, node: nodes.Node, path: Path, key: nodes.Node) -> Any:
        style = getattr(node, "style", None) or None
        self.spots[path] = Spot(*_place(key.start_mark), *_place(node.start_mark), style)
        if isinstance(node, nodes.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, nodes.SequenceNode):
            return [self._value(each, (*path, place), each) for place, each in enumerate(node.value)]
        return _PLAIN[node.tag.rpartition(":")[2]](node.value)

    def _mapping(self, node: nodes.MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, nodes.ScalarNode) else ""
            if not name or name in found:
                self.problems.append(self._bad_key(key, path, name))
                continue
            if node.flow_style and value.value == "" and not value.style:
                self.problems.append(self._cut_short(key, path, name))
            found[name] = self._value(value, (*path, name), key)
        if isinstance(found.get("id"), str) and path:
            self.names[path] = found["id"]
        return found

    def _bad_key(self, key: nodes.Node, path: Path, name: str) -> Problem:
        place = Marks(self.file, self.spots, self.names).node((*path, name))
        line, column = _place(key.start_mark)
        if not name:
            return Problem(
                self.file, line, column, place, "a key must be a word", "Write `word: ...`.", "bad-key"
            )
        what, remedy = f"the key `{name}` stands here twice", "Delete one of the two."
        return Problem(self.file, line, column, place, what, remedy, "duplicate-key")

    def _cut_short(self, key: nodes.Node, path: Path, name: str) -> Problem:
        """Inside {...} a comma ends a text; the rest of the sentence then stands there as a key."""
        place = Marks(self.file, self.spots, self.names).node(path)
        remedy = "A text with a comma in it needs quotes inside {...}."
        what = f"`{name}` has no value"
        return Problem(self.file, *_place(key.start_mark), place, what, remedy, "comma")
