"""What an applicant does beside the road: finding a service, picking what to edit, confirming."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.engine import (
    browsing,
    deferring,
    detours,
    erasing,
    guardian,
    handover,
    looking_up,
    on_behalf,
    profile,
)
from dialogs.engine.cases import calls, marking, owing, supplement, withdrawing
from dialogs.engine.flow import leave
from dialogs.engine.stations import edit, edit_named, editable, read_yes_no
from dialogs.engine.talk import Floor, Said, Talk, meant

# Picking what to edit


def _to_edit(talk: Talk) -> list[tuple[str, str]]:
    items = [(station.key, label) for station, label in editable(talk)]
    return [*items, *on_behalf.editable(talk), ("nothing", talk.words("engine.edit_nothing"))]


def _ask_edit_which(talk: Talk) -> None:
    talk.ask(talk.words("engine.edit_which"), _to_edit(talk))


def _hear_edit_which(talk: Talk, said: Said) -> None:
    items = _to_edit(talk)
    word = meant(said, items)
    if word == "nothing" or (not word and read_yes_no(said) == "no"):
        talk.change(aside=None)
        talk.next()
    elif word in dict(items):
        edit(talk, word)
    elif not edit_named(talk, said.text):
        talk.reject(talk.words("engine.edit_unclear"), items)


# Confirming something that cannot be undone


def _sure(talk: Talk, what: str) -> list[tuple[str, str]]:
    """Return the two answers to "are you sure", each saying what it does."""
    return [(each, talk.words(f"engine.{what}_{each}")) for each in ("yes", "no")]


def _is_sure(talk: Talk, what: str, said: Said) -> str:
    """Return "yes", "no" or "" for a tap, a typed label, or a plain yes or no."""
    labels = {label: option for option, label in _sure(talk, what)}
    return said.option or labels.get(said.text, "") or read_yes_no(said)


def _ask_restart(talk: Talk) -> None:
    talk.ask(talk.words("engine.restart_sure"), _sure(talk, "restart"))


def _hear_restart(talk: Talk, said: Said) -> None:
    word = _is_sure(talk, "restart", said)
    if word == "yes":
        leave(talk)
        talk.change(aside={"is": "choose"})
    elif word == "no":
        talk.change(aside=None)
        talk.say("engine.go_on")
    else:
        talk.reject(talk.words("engine.yes_or_no"), _sure(talk, "restart"))
        return
    talk.next()


ASIDES: Mapping[str, Floor] = {
    "edit_which": Floor(_ask_edit_which, _hear_edit_which),
    "restart": Floor(_ask_restart, _hear_restart),
    **marking.FLOORS,
    **withdrawing.FLOORS,
    **calls.FLOORS,
    **supplement.FLOORS,
    **owing.FLOORS,
    **deferring.FLOORS,
    **looking_up.FLOORS,
    **browsing.FLOORS,
    **detours.FLOORS,
    **handover.FLOORS,
    **erasing.FLOORS,
    **guardian.FLOORS,
    **profile.FLOORS,
    **on_behalf.FLOORS,
}
