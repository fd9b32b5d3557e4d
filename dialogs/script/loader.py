"""From a YAML text to a Script, or to everything that is wrong with it.

    script = load(text, "flexible_enrolment.yaml")     raises ScriptError with all problems at once

Three looks, each only after the one before it found nothing: can it be read (dialogs.script.source, and
dialogs.script.fragments for what it includes), has it the shape of a script (dialogs.script), do its parts
agree with each other (dialogs.script.coherence). What a loaded script may still do wrong to people is the
business of `dialogs.script.check`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dialogs.script import Script, coherence, fragments, source
from dialogs.script.problems import Marks, Path, Problem, ScriptError, did_you_mean

__all__ = ["Marks", "Problem", "ScriptError", "load", "read", "shipped", "shipped_texts"]

Parts = Mapping[str, type[BaseModel]]  # by discriminator; one entry "" where there is no choice


def load(text: str, name: str, find: fragments.Find = fragments.shipped) -> Script:
    """Return the script written as `text`; `name` is how messages call the file.

    find: where the fragments are that it includes and that do not stand behind it already.

    Raises:
        ScriptError: with all problems at once.
    """
    return read(text, name, find)[0]


def read(text: str, name: str, find: fragments.Find = fragments.shipped) -> tuple[Script, Marks]:
    """Return the script and the places of its values, for messages about it.

    Raises:
        ScriptError: with all problems at once.
    """
    own, given = fragments.split(text)
    data, marks = source.read(own, name)
    if not isinstance(data, dict):
        raise ScriptError(
            [marks.problem((), "a script is a mapping", "Begin with `format: 1`.", "not-a-script")]
        )
    if "version" in data:
        what, remedy = "the version is worked out from the content", "Delete this line."
        raise ScriptError([marks.problem(("version",), what, remedy, "version-given")])
    texts = fragments.gathered(data, given, find)
    version = sha256(fragments.joined(own, texts).encode()).hexdigest()[:16]
    data, marks = fragments.spliced(data, marks, texts)
    try:
        script = Script.model_validate({**data, "version": version})
    except ValidationError as error:
        raise ScriptError(
            _in_order((_explain(each, data, marks) for each in error.errors()), marks)
        ) from None
    if problems := _in_order(coherence.problems(script, marks), marks):
        raise ScriptError(problems)
    return script, marks


@cache
def shipped() -> list[Script]:
    """Return the scripts that come with the product, by file name."""
    return [load(text, name) for text, name in shipped_texts()]


@cache
def shipped_texts() -> list[tuple[str, str]]:
    """Return the texts, bundled, and file names of the scripts that come with the product, by name."""
    folder = resources.files("dialogs") / "scripts"
    files = sorted((each for each in folder.iterdir() if each.name.endswith(".yaml")), key=lambda f: f.name)
    return [(fragments.bundled(each.read_text(encoding="utf-8")), each.name) for each in files]


def _in_order(problems: Iterator[Problem], marks: Marks) -> list[Problem]:
    return sorted(problems, key=lambda each: (*marks.order(each), each.what))


def _explain(error: ErrorDetails, data: Any, marks: Marks) -> Problem:
    """Turn one of pydantic's errors into a problem its author can act on."""
    path, parts = _locate(error["loc"], data)
    kind, said = error["type"], error.get("ctx", {})
    last = str(error["loc"][-1]) if error["loc"] else ""
    match kind:
        case "missing":
            return marks.problem(
                path, f"`{last}` is missing", _ADD.get(last, f"Add `{last}:`."), f"no-{last}"
            )
        case "extra_forbidden":
            known = _keys(parts)
            remedy = _sentence(did_you_mean(last, known, f"known here: {', '.join(sorted(known))}"))
            return marks.problem(path, f"there is no key `{last}`", remedy, "unknown-key")
        case "union_tag_not_found":
            return marks.problem(
                path, "`kind` is missing", "Add `kind:`, for instance `kind: choice`.", "no-kind"
            )
        case "union_tag_invalid":
            kinds = said["expected_tags"].replace("'", "").split(", ")
            remedy = _sentence(did_you_mean(said["tag"], kinds, f"write one of {', '.join(kinds)}"))
            return marks.problem((*path, "kind"), f"`{said['tag']}` is not a kind", remedy, "unknown-kind")
        case "literal_error":
            what, remedy = f"{_shown(error['input'])} is not allowed", f"Write {said['expected']}."
            return marks.problem(path, what, remedy, "not-allowed")
        case "string_pattern_mismatch":
            return marks.problem(
                path, f"{_shown(error['input'])} is not written rightly", _PATTERN, "bad-form"
            )
        case "string_type":
            what = f"a text is wanted, not {_shown(error['input'])}"
            return marks.problem(path, what, "Put it in quotes, or write the words.", "not-text")
    what = f"{_shown(error['input'])}: {error['msg'].lower()}"
    return marks.problem(path, what, "See docs/scripts.md for what belongs here.", kind.replace("_", "-"))


_ADD = {
    "zh-CN": "Add the Chinese words, `zh-CN: ...`.",
    "why": "Add `why:`, why it cannot go on. Both why and how must be told (双告知).",
    "how": "Add `how:`, what the applicant can do then. Both why and how must be told (双告知).",
    "source": "Add `source:`, where this fact can be looked up.",
}
_PATTERN = "An id has small letters a-z, digits and _, begins with a letter, and is at most 40 long."


def _shown(value: Any) -> str:
    text = str(value)
    return f"`{text}`" if len(text) <= 40 else f"`{text[:40]}...`"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith(("?", ".")) else ".")


def _locate(location: Sequence[int | str], data: Any) -> tuple[Path, Parts]:
    """Follow pydantic's location into the data. Return the path there and the parts it lies in.

    Pydantic also names the discriminator it chose ("choice") and "[key]"; neither is a place.
    """
    path: Path = ()
    parts: Parts = {"": Script}
    for place, step in enumerate(location):
        if isinstance(step, str) and step in parts and step not in _in(data):
            parts = {"": parts[step]}
        elif step in _in(data):
            last = place == len(location) - 1
            parts = parts if last else _parts_below(parts, step)
            path, data = (*path, step), data[step]
    return path, parts


def _in(data: Any) -> Any:
    if isinstance(data, dict):
        return data
    return range(len(data)) if isinstance(data, list) else ()


def _parts_below(parts: Parts, step: str | int) -> Parts:
    """Return the parts that may stand under the key `step`; the same ones for a place in a list."""
    for part in parts.values():
        by_key = {each.alias or name: each for name, each in part.model_fields.items()}
        if isinstance(step, str) and step in by_key:
            return {_tag(each): each for each in _models(by_key[step].annotation)}
    return parts


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Annotated, Union, list, dict, type(int | str)):
        for each in get_args(annotation):
            yield from _models(each)


def _tag(part: type[BaseModel]) -> str:
    kind = part.model_fields.get("kind")
    values = get_args(kind.annotation) if kind and "when" in part.model_fields else ()
    return str(values[0]) if values else ""


def _keys(parts: Parts) -> set[str]:
    return {each.alias or name for part in parts.values() for name, each in part.model_fields.items()} - {
        "version"
    }
