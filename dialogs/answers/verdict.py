"""What a reader returns, and what it is told about the question it reads for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, TypeVar

from dialogs.script import Question, Script

Q = TypeVar("Q", bound=Question)


@dataclass(frozen=True, slots=True)
class Accepted:
    """An answer, as it is kept: JSON. The shapes by kind are in docs/answer-kinds.md.

    flags: what a clerk should look at, though nothing is wrong: "area-unknown", "region-former".
    """

    value: Any
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """Not an answer. Say the sentence `reason` with `values`: it tells why, and how to do it.

    offers: (option, label) pairs worth showing as buttons: "which of these do you mean?" A tap on
            one comes back as `option` and is read like any other.
    """

    reason: str
    values: Mapping[str, str] = field(default_factory=dict)
    offers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Asked(Generic[Q]):
    """A question as it stands on the screen: in which script, on which day, in which language."""

    question: Q
    script: Script
    today: date
    lang: str


Answer = Accepted | Rejected


def no(name: str, **values: object) -> Rejected:
    """Return a refusal with the sentence `name` of wording/answers.yaml."""
    return Rejected(f"answers.{name}", {key: str(value) for key, value in values.items()})
