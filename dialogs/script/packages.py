"""What can be wrong with a package (一件事): with its children, and with what it hands to whom.

problems   its parts do not agree with each other: it does not load
findings   somebody would be asked for what goes to nobody, or would hand in nothing at all
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dialogs.script import Ending, Script
from dialogs.script.filings import MOST, every, filing
from dialogs.script.problems import Marks, Path, Problem, did_you_mean
from dialogs.script.situations import Situation


def problems(script: Script, marks: Marks) -> Iterator[Problem]:
    """Yield in what the children of a package do not agree with each other and the rest."""
    if len(script.children) == 1:
        what = "a package with one child is no package"
        yield marks.problem(("children",), what, "Write its item as the script's own.", "one-child")
    yield from _ids(script, marks)
    questions = [step.id for step in (*script.situation, *script.form) if not isinstance(step, Ending)]
    papers = [paper.id for paper in script.materials]
    for place, child in enumerate(script.children):
        yield from _named(child.answers, questions, ("children", place, "answers"), "question", marks)
        yield from _named(child.materials, papers, ("children", place, "materials"), "paper", marks)


def _ids(script: Script, marks: Marks) -> Iterator[Problem]:
    seen: set[str] = set()
    for place, (child, made) in enumerate(zip(script.children, every(script), strict=False)):
        path: Path = ("children", place, "id")
        if child.id in seen:
            what = f"the id `{child.id}` is taken by another child"
            yield marks.problem(path, what, "Give each child an id of its own.", "duplicate-id")
        if len(made.service) > MOST:
            what = f"`{made.service}`, its name at the office, is longer than {MOST} characters"
            yield marks.problem(path, what, "Shorten this id.", "long-id")
        seen.add(child.id)


def _named(
    names: Sequence[str], known: Sequence[str], path: Path, what: str, marks: Marks
) -> Iterator[Problem]:
    for place, name in enumerate(names):
        if name not in known:
            remedy = did_you_mean(name, known, f"Name a {what} of this script.")
            yield marks.problem((*path, place), f"there is no {what} `{name}`", remedy, f"unknown-{what}")


def findings(script: Script, ways: Sequence[Situation], marks: Marks) -> Iterator[Problem]:
    """Yield what a package does wrong to somebody, each fault with one who meets it."""
    if not script.children:
        return
    yield from _unreached(script, ways, marks)
    yield from _promises(script, marks)
    submits = [each for each in ways if each.end == "submit"]
    for way in submits:
        if not way.children:
            what = f"nothing is handed in when {way.witness()}"
            remedy = "Let a child's `when:` hold, or end before with an outcome."
            yield marks.problem(("children",), what, remedy, "empty-package")
            break
    for path, name, way in _for_nobody(script, submits):
        what = f"`{name}` is asked for, but goes to no child when {way.witness()}"
        yield marks.problem(path, what, "Ask for it under the condition of its child.", "for-nobody")


def _unreached(script: Script, ways: Sequence[Situation], marks: Marks) -> Iterator[Problem]:
    met = {child for each in ways for child in each.children}
    for place, child in enumerate(script.children):
        if child.id not in met:
            path: Path = ("children", place)
            yield marks.problem(path, "nobody ever hands this in", "Look at its `when:`.", "unreachable")


def _promises(script: Script, marks: Marks) -> Iterator[Problem]:
    """Yield children that may take longer than what is promised for the whole."""
    whole = script.item.limits.promised
    for place, child in enumerate(script.children):
        own = child.item.limits.promised
        if own.in_days > whole.in_days:
            path: Path = ("children", place, "item", "limits", "promised")
            what = "this child is promised later than the whole package"
            yield marks.problem(path, what, "Lengthen the promise of the whole.", "late-child")


def _for_nobody(script: Script, submits: Sequence[Situation]) -> Iterator[tuple[Path, str, Situation]]:
    """Yield what somebody is asked for without need, once each: where it stands, its id, and who he is."""
    paths = _paths(script)
    for way in submits:
        ready = [filing(script, child) for child in way.children]
        asked = [name for name in (*way.steps, *way.materials) if name in paths]
        for name in asked:
            if ready and not any(each.takes(name) for each in ready):
                yield paths.pop(name), name, way


def _paths(script: Script) -> dict[str, Path]:
    """Return where each question of the form and each paper is written."""
    parts: Mapping[str, Sequence[str]] = {
        "form": [step.id for step in script.form],
        "materials": [paper.id for paper in script.materials],
    }
    return {name: (part, place) for part, names in parts.items() for place, name in enumerate(names)}
