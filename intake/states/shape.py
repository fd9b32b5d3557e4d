"""What the table is made of: places to stand, ways between them, and promises that run meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["applicant", "reviewer", "supervisor", "system"]
Tone = Literal["primary", "plain", "danger"]


@dataclass(frozen=True, slots=True)
class Limit:
    """How long something may take. The day it starts on is not counted."""

    days: int
    kind: Literal["working", "calendar"] = "working"


@dataclass(frozen=True, slots=True)
class Clock:
    """A promise that runs while an application stands in a state.

    limit:   None means the application brought its own, under this clock's name, or a move names the day.
    watched: it is the reviewer's duty, so the list shows it green, yellow or red.
    law:     counted in the days of the ordinary week, however many days the office works.
    """

    name: str
    label: str
    limit: Limit | None = None
    watched: bool = True
    law: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """A place to stand.

    clock:  the clock whose end is the one to know here.
    also:   clocks that go on here in the background; all others stop when the state is entered.
    active: the same person may not open the same service again.
    """

    id: str
    label: str
    clock: str = ""
    also: tuple[str, ...] = ()
    active: bool = True


@dataclass(frozen=True, slots=True)
class Need:
    """A field whoever makes the move must or may fill in.

    default: taken when it is left empty.
    choices: values and their words; `closed` takes no others.
    check:   name of a check in `intake.cases.fields.CHECKS`.
    """

    name: str
    label: str
    help: str = ""
    required: bool = True
    multiline: bool = False
    default: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    closed: bool = False
    check: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """One way from some states to another.

    target:   the state it leads to; empty stays where it is.
    guards:   checks of `intake.cases.guards` that must pass first; they say why when they do not.
    when:     guards too, but where they fail the move is not even offered.
    instead:  (guard, action): where the guard passes, that row is carried out in place of this one.
    starts:   clocks that begin with this move.
    pauses, goes_on: clocks that stand still from here, and go on with what was left.
    prepares: steps of `intake.cases.steps` that find out the facts to tell, before the events.
    after:    steps that follow the events, in the same transaction.
    says:     facts this move always states.
    emits:    the events it causes, in order.
    on_due:   the system makes it when this clock has run out.
    items:    it brings a list of slots (a correction).
    """

    action: str
    label: str
    sources: tuple[str, ...]
    target: str
    role: Role
    emits: tuple[str, ...]
    tone: Tone = "plain"
    needs: tuple[Need, ...] = ()
    guards: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    instead: tuple[str, str] = ("", "")
    starts: tuple[str, ...] = ()
    pauses: tuple[str, ...] = ()
    goes_on: tuple[str, ...] = ()
    prepares: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    says: Mapping[str, str] = field(default_factory=dict)
    on_due: str = ""
    items: bool = False
