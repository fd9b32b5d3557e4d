"""`openapi.yaml` at work: the schemas that are published are the ones every body is held to."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

import jsonschema_rs
import yaml

from intake.problems import invalid, unreadable


@cache
def document() -> dict[str, Any]:
    text = resources.files("intake").joinpath("openapi.yaml").read_text("utf-8")
    # libyaml's loader: PyYAML's own takes ten times as long, and every start waits for it.
    loaded: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return loaded


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    root = {"$ref": f"#/components/schemas/{schema}", "components": document()["components"]}
    return jsonschema_rs.Draft202012Validator(root, validate_formats=True)


def parse(raw: bytes) -> Any:
    """Read JSON as the contract means it: UTF-8, no doubled keys, no NaN. Raises: Problem 400."""
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate is no text
    except (ValueError, RecursionError) as error:
        raise unreadable("The body is not JSON in UTF-8.") from error
    return value


def hold_to(schema: str, value: Any) -> None:
    """Raise Problem 422 with the place of the first fault, unless `value` is a `schema`."""
    try:
        error = next(iter(_validator(schema).iter_errors(value)), None)
    except (ValueError, OverflowError) as fault:  # numbers beyond what JSON Schema can weigh
        raise unreadable("The body holds a number that is too large.") from fault
    if error is None:
        return
    place = "/" + "/".join(str(step) for step in error.instance_path)
    # The library's message quotes the value, which may be somebody's name: the rule alone is told.
    raise invalid(f"{place} breaks the rule {error.schema_path[-1]!r} of {schema}.", place)


def fits(schema: str, value: Any) -> bool:
    return bool(_validator(schema).is_valid(value))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A key is there twice.")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON.")
