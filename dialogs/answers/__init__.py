"""Reading answers, and showing them again: one reader and one shower for every kind of question.

    read(question, text, option, ...) -> Accepted(value) | Rejected(reason)
    show(question, value, ...)        -> the words of the read-back

An applicant's mistake is part of the conversation: `read` never raises, whatever the text. A refusal
names a sentence of wording/answers.yaml that tells why, and how to do it. docs/answer-kinds.md
has the kinds with what they take and what they keep.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from dialogs.answers.choosing import (
    read_choice,
    read_choices,
    read_confirm,
    show_choice,
    show_choices,
    show_confirm,
)
from dialogs.answers.cleaning import LONGEST, SHORT, plain, tidy
from dialogs.answers.counting import read_money, read_number, show_money, show_number
from dialogs.answers.days import read_date, read_month, show_date, show_month
from dialogs.answers.identity import (
    birth_date,
    check_character,
    is_woman,
    read_id_number,
    read_name,
    show_id_number,
    show_name,
)
from dialogs.answers.matching import is_place, yes_or_no
from dialogs.answers.places import read_region, show_region
from dialogs.answers.reaching import (
    read_address,
    read_card,
    read_phone,
    read_text,
    show_address,
    show_card,
    show_phone,
    show_text,
)
from dialogs.answers.verdict import Accepted, Asked, Rejected, no
from dialogs.script import AnyQuestion, Script

__all__ = [
    "KINDS",
    "Accepted",
    "Rejected",
    "birth_date",
    "check_character",
    "is_place",
    "is_woman",
    "plain",
    "read",
    "show",
    "tidy",
    "yes_or_no",
]

AT_LENGTH = frozenset({"text", "address"})

Reader = Callable[[Asked[Any], str, str], Accepted | Rejected]
Shower = Callable[[Asked[Any], Any, bool], str]

KINDS: Mapping[str, tuple[Reader, Shower]] = {
    "choice": (read_choice, show_choice),
    "choices": (read_choices, show_choices),
    "text": (read_text, show_text),
    "person-name": (read_name, show_name),
    "number": (read_number, show_number),
    "money": (read_money, show_money),
    "date": (read_date, show_date),
    "month": (read_month, show_month),
    "id-number": (read_id_number, show_id_number),
    "phone": (read_phone, show_phone),
    "region": (read_region, show_region),
    "address": (read_address, show_address),
    "bank-card": (read_card, show_card),
    "confirm": (read_confirm, show_confirm),
}


def read(
    question: AnyQuestion, text: str, option: str = "", *, script: Script, today: date, lang: str
) -> Accepted | Rejected:
    """Return the answer in what he typed (`text`) or tapped (`option`, its id), or why there is none."""
    if len(text) + len(option) > (LONGEST if question.kind in AT_LENGTH else SHORT):
        return no("too_long")  # somebody pasted a document, or worse
    reader, _ = KINDS[question.kind]
    return reader(Asked(question, script, today, lang), text, option)


def show(
    question: AnyQuestion, value: Any, *, script: Script, today: date, lang: str, masked: bool = True
) -> str:
    """Return a kept answer in words. `masked` hides the middle of numbers that belong to a person."""
    _, shower = KINDS[question.kind]
    return shower(Asked(question, script, today, lang), value, masked)
