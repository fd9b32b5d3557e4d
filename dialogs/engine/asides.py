"""What an applicant does beside the road: finding a service, picking what to edit, confirming, rating."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dialogs.answers import plain
from dialogs.engine import browsing, handover
from dialogs.engine.cases import rating, withdrawing
from dialogs.engine.flow import leave
from dialogs.engine.stations import edit_named, editable, read_yes_no
from dialogs.engine.talk import Floor, Said, Talk, meant
from dialogs.turn import Rate

# Picking what to edit


def _to_edit(talk: Talk) -> list[tuple[str, str]]:
    items = [(station.key, label) for station, label in editable(talk)]
    return [*items, ("nothing", talk.words("engine.edit_nothing"))]


def _ask_edit_which(talk: Talk) -> None:
    talk.ask(talk.words("engine.edit_which"), _to_edit(talk))


def _hear_edit_which(talk: Talk, said: Said) -> None:
    items = _to_edit(talk)
    word = meant(said, items)
    if word == "nothing" or (not word and read_yes_no(said) == "no"):
        talk.change(aside=None)
        talk.next()
    elif word in dict(items):
        talk.change(aside={"is": "edit", "key": word})
        talk.next()
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


# Rating: never owed, so anything that is no mark is taken for what it says


def _ask_rating(talk: Talk) -> None:
    reference = (talk.session.aside or {})["reference"]
    rating.say_rating(talk, reference, talk.session.cases[reference])


def _hear_rating(talk: Talk, said: Said) -> None:
    reference = (talk.session.aside or {})["reference"]
    mark = _MARK.fullmatch(plain(said.text))
    code = int(mark[1]) if mark else _marks(talk).get(said.text, 0)
    if code:
        rating.rate(talk, reference, code, (mark[2] or "").strip() if mark else "")
    else:
        talk.change(aside=None)
        browsing.hear_wish(talk, said)


_MARK = re.compile(r"([1-5])(?:[\s,，。.、分:：]+(.*))?", re.DOTALL)


def _marks(talk: Talk) -> dict[str, int]:
    return {talk.words(f"progress.rating_{code}"): code for code in range(1, 6)}


def _ask_rating_words(talk: Talk) -> None:
    talk.ask(talk.words("progress.rated_badly"), _no_words(talk))


def _no_words(talk: Talk) -> list[tuple[str, str]]:
    return [("nothing", talk.words("progress.no_words"))]


def _hear_rating_words(talk: Talk, said: Said) -> None:
    aside = talk.session.aside or {}
    talk.change(aside=None)
    if said.text and not meant(said, _no_words(talk)):
        number = talk.session.cases[aside["reference"]]["number"]
        talk.do(Rate(aside["reference"], number, aside["code"], said.text))
    talk.say("progress.rated_badly_noted")


ASIDES: Mapping[str, Floor] = {
    "edit_which": Floor(_ask_edit_which, _hear_edit_which),
    "restart": Floor(_ask_restart, _hear_restart),
    "rating": Floor(_ask_rating, _hear_rating),
    "rating_words": Floor(_ask_rating_words, _hear_rating_words),
    **withdrawing.FLOORS,
    **browsing.FLOORS,
    **handover.FLOORS,
}
