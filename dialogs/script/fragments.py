"""Steps and papers that many scripts share, written once: `- include: identity`.

    form:
      - include: identity                       # the form steps of fragments/identity.yaml
      - {include: bank_card, when: answers.pay_by == 'debit'}
    materials:
      - include: identity                       # its papers

A fragment holds some of the lists of a script; each list is included where it is wanted.

What is published must stand by itself for as long as somebody is in the middle of it, whatever becomes of the
fragments' files. So a script is published *bundled*: behind its own text, each fragment after a line
`--- # fragment NAME`. Its version is the hash of all that, and a bundled text never looks at a file again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

from dialogs.script import source
from dialogs.script.problems import Marks, Problem, ScriptError, Spot, did_you_mean
from dialogs.script.problems import Path as Place

LISTS = ("situation", "form", "materials", "tells")  # what a fragment may hold, and where it is included
_BORDER = re.compile(r"^--- # fragment ([a-z][a-z0-9_]*)\n", re.MULTILINE)

Find = Callable[[str], str | None]  # the text of a fragment by its name, None where there is none
Texts = Mapping[str, str]


def shipped(name: str) -> str | None:
    """Return the text of a fragment that comes with the product, None where there is none."""
    file = resources.files("dialogs") / "scripts" / "fragments" / f"{name}.yaml"
    return file.read_text(encoding="utf-8") if name in shipped_names() else None


def shipped_names() -> list[str]:
    """Return the names of the fragments that come with the product."""
    folder = resources.files("dialogs") / "scripts" / "fragments"
    return sorted(each.name.removesuffix(".yaml") for each in folder.iterdir())


def beside(script: Path) -> Find:
    """Return a look-up in the folder `fragments` beside a script's file, then among the shipped ones."""

    def find(name: str) -> str | None:
        file = script.parent / "fragments" / f"{name}.yaml"
        return file.read_text(encoding="utf-8") if file.is_file() else shipped(name)

    return find


def bundled(text: str, find: Find = shipped) -> str:
    """Return a script's text with the fragments it includes behind it.

    What needs none, or cannot be read, comes back as it is: `loader.read` says what is wrong with it.
    """
    own, given = split(text)
    try:
        data, _ = source.read(own, "script")
        return joined(own, gathered(data, given, find))
    except ScriptError:
        return text


def split(text: str) -> tuple[str, Texts]:
    """Return a script's own text and the fragments that stand behind it, by name."""
    own, *rest = _BORDER.split(text)
    return own, dict(zip(rest[::2], rest[1::2], strict=True))


def joined(own: str, texts: Texts) -> str:
    """Return a script's own text with the texts of fragments behind it; the same for the same, always."""
    if not texts:
        return own
    return _line(own) + "".join(f"--- # fragment {name}\n{_line(texts[name])}" for name in sorted(texts))


def _line(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def gathered(data: Any, given: Texts, find: Find) -> Texts:
    """Return the texts of the fragments that a script's data includes, as far as they are there."""
    names = {name for item in _includes(data) if isinstance(name := item["include"], str)}
    found = {name: given.get(name) or _found(name, find) for name in names}
    return {name: text for name, text in found.items() if text is not None}


def spliced(data: Any, marks: Marks, texts: Texts) -> tuple[Any, Marks]:
    """Return a script's data with each include replaced by the steps it stands for, and their places.

    Raises:
        ScriptError: an include names nothing, or a fragment cannot be used; with all problems at once.
    """
    if not any(True for _ in _includes(data)):
        return data, marks
    return _Splice(marks, texts).whole(data)


def _includes(data: Any) -> Iterator[dict[str, Any]]:
    for part in LISTS:
        items = data.get(part) if isinstance(data, dict) else None
        yield from (item for item in items or () if isinstance(items, list) and _is_include(item))


def _is_include(item: Any) -> bool:
    return isinstance(item, dict) and "include" in item


def _found(name: str, find: Find) -> str | None:
    return find(name) if re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name) else None


class _Splice:
    """Puts the items of fragments where they are included, and remembers where each is written."""

    def __init__(self, marks: Marks, texts: Texts) -> None:
        self._marks, self._texts = marks, texts
        self._read: dict[str, tuple[dict[str, Any], Marks]] = {}
        self._spots: dict[Place, Spot] = {}
        self._names: dict[Place, str] = {}
        self._files: dict[Place, str] = {}
        self._items: dict[str, defaultdict[Place, list[Place]]] = {}
        self._problems: list[Problem] = []

    def whole(self, data: dict[str, Any]) -> tuple[Any, Marks]:
        lists = {part for part in LISTS if isinstance(data.get(part), list)}
        apart = {part: self._list(part, data[part]) for part in LISTS if part in lists}
        if self._problems:
            raise ScriptError(self._problems)
        kept = {path for path in self._marks.spots if len(path) < 2 or path[0] not in lists}
        spots = {path: self._marks.spots[path] for path in kept} | self._spots
        names = {path: name for path, name in self._marks.names.items() if path in kept} | self._names
        marks = replace(self._marks, spots=spots, names=names, files=self._files)
        return {key: apart.get(key, value) for key, value in data.items()}, marks

    def _list(self, part: str, items: list[Any]) -> list[Any]:
        found: list[Any] = []
        included: set[str] = set()
        for place, item in enumerate(items):
            if not _is_include(item):
                self._take(self._marks, (part, place), (part, len(found)))
                found.append(item)
                continue
            name = str(item["include"])
            if name in included:
                self._wrong((part, place), f"`{name}` is included here twice", "Delete one.", "duplicate-id")
            included.add(name)
            found += self._included(part, place, item, len(found))
        return found

    def _included(self, part: str, place: int, item: dict[str, Any], start: int) -> list[Any]:
        """Return the items an include stands for; the first will stand at `start`."""
        if wrong := self._refused(part, item):
            self._wrong((part, place), *wrong)
            return []
        data, marks = self._fragment(item["include"])
        found = []
        for at, each in enumerate(data.get(part, ())):
            new: Place = (part, start + at)
            self._files[new] = marks.file
            self._take(marks, (part, at), new)
            found.append(self._guarded(each, item["when"], (part, place), new) if "when" in item else each)
        return found

    def _refused(self, part: str, item: dict[str, Any]) -> tuple[str, str, str] | None:
        """Return what is wrong with an include, what to do, and its code."""
        name = str(item["include"])
        if extra := sorted(item.keys() - {"include", "when"}):
            remedy = "An include has `include:` and perhaps `when:`."
            return f"there is no key `{extra[0]}` beside `include`", remedy, "unknown-key"
        if not isinstance(item.get("when", ""), str):
            return "`when` is a condition in words", "Write it like answers.hukou == 'local'.", "not-text"
        if name not in self._texts:
            known = shipped_names()
            remedy = did_you_mean(name, known, f"known here: {', '.join(known)}.")
            return f"there is no fragment `{name}`", remedy[:1].upper() + remedy[1:], "unknown-fragment"
        data, _ = self._fragment(name)
        if data and part not in data:
            remedy = f"It has {', '.join(each for each in LISTS if each in data)}."
            return f"the fragment `{name}` has no `{part}`", remedy, "unknown-fragment"
        return None

    def _fragment(self, name: str) -> tuple[dict[str, Any], Marks]:
        """Return a fragment's lists and their places; nothing, where it cannot be used."""
        if name not in self._read:
            file = f"fragments/{name}.yaml"
            try:
                data, marks = source.read(self._texts[name], file)
                self._problems += (wrong := list(_misshapen(data, marks)))
                self._read[name] = ({} if wrong else data, marks)
            except ScriptError as error:
                self._problems += error.problems
                self._read[name] = ({}, Marks(file))
        return self._read[name]

    def _guarded(self, each: Any, when: str, include: Place, new: Place) -> Any:
        """Return an item of a fragment under the include's own condition too."""
        spot = self._marks.spots[(*include, "when")]
        own = each.get("when") if isinstance(each, dict) else None
        self._files[(*new, "when")] = self._marks.file
        self._spots[(*new, "when")] = spot if own is None else replace(spot, style="joined")
        return {**each, "when": when if own is None else f"({when}) && ({own})"}

    def _take(self, marks: Marks, old: Place, new: Place) -> None:
        """Remember the places of what stood at `old`, an item of a list, and stands at `new` now."""
        for path in self._below(marks)[old]:
            self._spots[(*new, *path[2:])] = marks.spots[path]
            if path in marks.names:
                self._names[(*new, *path[2:])] = marks.names[path]

    def _below(self, marks: Marks) -> Mapping[Place, list[Place]]:
        """Return all places of a file, by the item of a list in which they lie."""
        if marks.file not in self._items:
            items: defaultdict[Place, list[Place]] = defaultdict(list)
            for path in marks.spots:
                items[path[:2]].append(path)
            self._items[marks.file] = items
        return self._items[marks.file]

    def _wrong(self, path: Place, what: str, remedy: str, code: str) -> None:
        self._problems.append(self._marks.problem(path, what, remedy, code))


def _misshapen(data: Any, marks: Marks) -> Iterator[Problem]:
    """Yield why a fragment's data cannot be used."""
    if not isinstance(data, dict) or not data:
        what, remedy = "a fragment is a mapping of lists", f"Begin with one of {', '.join(LISTS)}."
        yield marks.problem((), what, remedy, "not-a-fragment")
        return
    for key, items in data.items():
        if key not in LISTS:
            remedy = f"A fragment may have {', '.join(LISTS)}."
            yield marks.problem((key,), f"there is no key `{key}` in a fragment", remedy, "unknown-key")
        elif not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
            yield marks.problem((key,), f"`{key}` is a list of steps", "Write `- id: ...`.", "not-a-fragment")
        elif any(map(_is_include, items)):
            remedy = "Include that one in the script itself."
            yield marks.problem((key,), "a fragment includes no other", remedy, "not-a-fragment")
