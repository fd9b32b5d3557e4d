"""What is handed in once the applicant has said yes: one application, or one for each child of a package.

A package (一件事) asks once what several offices want to know. What comes out are applications like any
other: each with a service, an item and an office of its own, and with the answers and papers that concern it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dialogs.script import Child, Item, Script, Words
from dialogs.script.road import Road

MOST = 60  # characters of a service's id; the intake contract has room for 64


@dataclass(frozen=True, slots=True)
class Filing:
    """One application: a whole service, or a child of a package.

    service: under which id the intake service knows it. child: its id in the script, "" for a whole service.
    others:  questions and papers of the script that go to other children only.
    """

    service: str
    title: Words
    item: Item
    child: str = ""
    others: frozenset[str] = frozenset()

    def takes(self, name: str) -> bool:
        """Say whether the question or paper with this id is handed in here."""
        return name not in self.others


def filings(script: Script, road: Road, answers: Mapping[str, Any], today: date) -> tuple[Filing, ...]:
    """Return what these answers hand in, in the script's order. Known once the situation is."""
    if not script.children:
        return (_whole(script),)
    return tuple(_of(script, child) for child in road.handed_in(answers, today))


def filing(script: Script, child: str) -> Filing:
    """Return the application that is the whole script, or its `child`.

    Raises:
        KeyError: this version of the script has no such child.
    """
    return _of(script, {each.id: each for each in script.children}[child]) if child else _whole(script)


def every(script: Script) -> tuple[Filing, ...]:
    """Return all that a script may hand in: one for each service the intake service has to know."""
    return tuple(_of(script, child) for child in script.children) or (_whole(script),)


def _whole(script: Script) -> Filing:
    return Filing(script.id, script.title, script.item)


def _of(script: Script, child: Child) -> Filing:
    named = {name for each in script.children for name in (*each.answers, *each.materials)}
    routing = {step.id for step in script.situation}  # an office learns of it what its child names
    others = frozenset(named | routing) - {*child.answers, *child.materials}
    return Filing(f"{script.id}_{child.id}", child.title, child.item, child.id, others)
