"""A way that was played becomes a scenario: the author's own test, in the script's own file."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import yaml

from bot.commands.rehearsal import Impossible, Way
from dialogs.answers import check_character
from dialogs.script import Script
from dialogs.script.road import Road

DATED = ("id-number", "date", "month")  # their meaning changes with the day


def scenario(name: str, way: Way | None, script: Script, road: Road, today: date) -> str:
    """Return the way just played as YAML, one item of `scenarios`.

    Only answers that decide something are written down: names, addresses and cards never are.

    Raises:
        Impossible: the way has not come to an end yet.
    """
    if way is None or not way.end:
        raise Impossible("This way has no end yet: play on to an outcome, a handoff or the read-back.")
    deciding = {name for station in road.stations if station.when for name in station.when.reads}
    deciding |= {name for _, when in road.children if when for name in when.reads}
    deciding |= {step.id for step in script.situation}
    given = {key: value for key, value in way.answers.items() if key in deciding}
    kinds = {step.id: step.kind for step in (*script.situation, *script.form)}
    given = {key: nobody(value) if kinds[key] == "id-number" else value for key, value in given.items()}
    expect: dict[str, Any] = {way.end: way.at or True}
    if way.needs:
        expect["materials"] = list(way.needs)
    if way.children:
        expect["children"] = list(way.children)
    lines = [f"- name: {_flow(name)}", f"  given: {_flow(given)}"]
    if any(kinds[key] in DATED for key in given):
        lines.append(f"  today: {today.isoformat()}")
    return "\n".join([*lines, f"  expect: {_flow(expect)}"])


def nobody(number: str) -> str:
    """Return the identity number of nobody, of the same birthday and sex: scripts hold no real person's."""
    first = f"999901{number[6:14]}00{2 - int(number[16]) % 2}"
    return first + check_character(first)


def _flow(value: Any) -> str:
    """Write a value in one line of YAML, texts quoted only where they must be."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    bare = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, width=10_000).splitlines()[0]
    return (
        bare if not set(bare) & set(",:{}[]") or bare[0] in "'\"" else json.dumps(value, ensure_ascii=False)
    )


def added(text: str, item: str) -> str:
    """Return the script's text with one more scenario at the end of its list; every comment stays."""
    lines = text.rstrip("\n").split("\n")
    node = _scenarios(text)
    if node is None:
        return "\n".join([*lines, "", "scenarios:", *_indented(item, 2), ""])
    if node.flow_style or not node.value:
        raise Impossible("`scenarios` is written in one line; write it as a list, one `- name:` each.")
    last = node.value[-1].end_mark
    end = last.line + (1 if last.column and lines[last.line].strip() else 0)
    while end and not lines[end - 1].strip():
        end -= 1
    return "\n".join([*lines[:end], *_indented(item, node.start_mark.column), *lines[end:], ""])


def _scenarios(text: str) -> yaml.SequenceNode | None:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    for key, value in pairs:
        if key.value == "scenarios" and isinstance(value, yaml.SequenceNode):
            return value
    return None


def _indented(item: str, by: int) -> list[str]:
    return [" " * by + line for line in item.split("\n")]
