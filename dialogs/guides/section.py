"""A part of a sheet: a heading and lines below it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """`numbered`: the lines are steps, one after the other."""

    title: str
    lines: tuple[str, ...]
    numbered: bool = False
