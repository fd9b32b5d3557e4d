"""Stories as they are written, and how what was said is held against them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from dialogs.calendar import ZONE

STORIES = sorted(Path(__file__).parent.glob("*.yaml"))
ACTS = ("report", "office", "agent", "say", "tap", "photo", "intake", "wait")
SPANS = {"m": "minutes", "h": "hours", "d": "days"}
ACCEPTANCE = re.compile(r"\bA\d+\b")  # the acceptance stories a story tells, in its `about`

Step = dict[str, Any]


def read(file: Path) -> dict[str, Any]:
    story: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return story


def begins(story: dict[str, Any]) -> datetime:
    """Return when it begins, aware UTC."""
    return datetime.fromisoformat(story["begins"]).replace(tzinfo=ZONE).astimezone(UTC)


def act_of(step: Step) -> str:
    (name,) = [act for act in ACTS if act in step]
    return name


def span(text: str) -> timedelta:
    """Return what 30m, 2h or 3d means."""
    return timedelta(**{SPANS[text[-1]]: int(text[:-1])})


def wanted(step: Step) -> list[str]:
    """Return what must be heard, in this order unless the step says `order: any`."""
    hear: str | list[str] = step.get("hear", [])
    parts = [hear] if isinstance(hear, str) else hear
    return [] if parts == ["nothing"] else parts


def held_against(answer: str, step: Step, where: str) -> int:
    """Return where in `answer` that ends which the step wants to be heard. Raises: AssertionError."""
    parts = wanted(step)
    if step.get("order") == "any":
        return max(in_order(answer, [part], where) for part in parts)
    return in_order(answer, parts, where)


def in_order(answer: str, parts: list[str], where: str) -> int:
    """Return where the last of `parts` ends in `answer`.

    Raises:
        AssertionError: one of them was not said, or not in its turn.
    """
    place = 0
    for part in parts:
        found = answer.find(part, place)
        assert found >= 0, f"{where}: “{part}” was not said. It was:\n{answer}"
        place = found + len(part)
    return place
