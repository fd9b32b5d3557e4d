"""Taking back what is not decided yet: which one, when there are several, and only after a yes."""

from __future__ import annotations

from collections.abc import Sequence

from dialogs.engine.cases import packages
from dialogs.engine.cases.book import number_of, title_of
from dialogs.engine.cases.reports import UNDECIDED
from dialogs.engine.stations import read_yes_no
from dialogs.engine.talk import Floor, Options, Said, Talk, meant
from dialogs.engine.villagers import in_hand, of_whom
from dialogs.turn import Withdraw

ALL = "all"


def begin(talk: Talk) -> bool:
    """Ask which case is to be taken back, or whether the only one is; False when none can be."""
    able = _able(talk)
    if len(able) > 1:
        talk.change(aside={"is": "withdraw_which"})
    elif able:
        talk.change(aside={"is": "withdraw", "reference": able[0]})
    return bool(able)


def _able(talk: Talk) -> list[str]:
    """Return the references of the cases that may still be taken back."""
    return [own for own, case in in_hand(talk).items() if case["state"] in UNDECIDED]


def _of_one_package(talk: Talk, able: Sequence[str]) -> bool:
    cases = talk.session.cases
    return set(able) <= packages.members(talk, cases[able[0]]).keys()


def _which(talk: Talk) -> Options:
    able = _able(talk)
    listed = [(own, _named(talk, own)) for own in able]
    if len(able) > 1 and _of_one_package(talk, able):
        listed.append((ALL, talk.words("engine.withdraw_all", count=len(able))))
    return [*listed, ("nothing", talk.words("engine.withdraw_no"))]


def _named(talk: Talk, own: str) -> str:
    case = talk.session.cases[own]
    return of_whom(talk, case, f"{title_of(talk, case)} {number_of(own, case)}")


def _ask_which(talk: Talk) -> None:
    talk.ask(talk.words("engine.withdraw_which"), _which(talk))


def _hear_which(talk: Talk, said: Said) -> None:
    word = meant(said, _which(talk))
    if word == "nothing" or (not word and read_yes_no(said) == "no"):
        talk.say("engine.withdraw_kept")
        _done(talk)
    elif word == ALL:
        talk.change(aside={"is": "withdraw", "reference": ALL})
        talk.next()
    elif word in in_hand(talk):
        talk.change(aside={"is": "withdraw", "reference": word})
        talk.next()
    else:
        talk.reject(talk.words("engine.edit_unclear"), _which(talk))


def _meant(talk: Talk) -> list[str]:
    """Return the references he was asked about; what was decided meanwhile is left to the office to say."""
    reference = (talk.session.aside or {})["reference"]
    return _able(talk) if reference == ALL else [reference]


def _sure(talk: Talk) -> list[tuple[str, str]]:
    """Return the two answers to "are you sure", each saying what it does."""
    return [(each, talk.words(f"engine.withdraw_{each}")) for each in ("yes", "no")]


def _ask_sure(talk: Talk) -> None:
    own, *more = _meant(talk) or [""]
    if more:
        text = talk.words("engine.withdraw_all_sure", count=len(more) + 1)
    else:
        case = talk.session.cases.get(own, {"number": ""})
        text = of_whom(talk, case, talk.words("engine.withdraw_sure", number=case["number"]))
    talk.ask(text, _sure(talk))


def _hear_sure(talk: Talk, said: Said) -> None:
    labels = {label: option for option, label in _sure(talk)}
    word = said.option or labels.get(said.text, "") or read_yes_no(said)
    if word == "yes":
        orders = [Withdraw(own, talk.session.cases[own]["number"]) for own in _meant(talk)]
        talk.do(*orders)
        talk.say("engine.withdraw_sent" if orders else "engine.nothing_to_withdraw")
    elif word == "no":
        talk.say("engine.withdraw_kept")
    else:
        talk.reject(talk.words("engine.yes_or_no"), _sure(talk))
        return
    _done(talk)


def _done(talk: Talk) -> None:
    talk.change(aside=None)
    if talk.session.script:
        talk.next()


FLOORS = {"withdraw_which": Floor(_ask_which, _hear_which), "withdraw": Floor(_ask_sure, _hear_sure)}
