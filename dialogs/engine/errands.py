"""What each command does (see dialogs.engine.commands). Each speaks, and then the floor asks again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dialogs.calendar import spoken_moment
from dialogs.engine import agents, browsing, detours, erasing, handover, profile
from dialogs.engine.cases import calls, documents, marking, withdrawing
from dialogs.engine.cases.card import tell_all
from dialogs.engine.commands import Command
from dialogs.engine.flow import asked
from dialogs.engine.stations import edit_named, editable
from dialogs.engine.talk import Talk
from dialogs.turn import OpenTicket


def _back(talk: Talk, _: str) -> None:
    """Ask the question before the present one again; what was answered after it stays."""
    if not talk.session.script:
        talk.again()
        return
    station = asked(talk)
    places = talk.road.index
    here = places[station.key] if station else len(places)
    before = [each for each, _ in editable(talk) if places[each.key] < here]
    if before:
        talk.change(aside={"is": "edit", "key": before[-1].key})
        talk.next()
    else:
        talk.say("engine.first_question")
        talk.again()


def _edit(talk: Talk, what: str) -> None:
    if not talk.session.script or not editable(talk):
        talk.say("engine.nothing_to_edit")
        talk.again()
    elif not (what and edit_named(talk, what)):
        talk.change(aside={"is": "edit_which"})
        talk.next()


def _progress(talk: Talk, _: str) -> None:
    if not tell_all(talk) and not talk.session.script:
        talk.say("progress.nothing")
    elif talk.session.script:
        station = asked(talk)
        done = len(editable(talk))
        talk.say("progress.filling" if station else "progress.filling_aside", count=done)
    if marking.ask_again(talk):
        talk.next()
    else:
        talk.again()


def _papers(talk: Talk, _: str) -> None:
    """Give what the office has put in writing, each with a fresh link."""
    if not documents.tell_all(talk):
        talk.say("documents.none")
    talk.again()


def _person(talk: Talk, _: str) -> None:
    """Keep a ticket, and tell how to reach a person today. Nothing is promised that nobody keeps yet."""
    office = talk.office
    talk.do(OpenTicket(reason="asked"))
    if office.is_open(talk.world.now):
        talk.say("engine.person", phone=talk.phone, hours=office.spoken_hours())
    else:
        opening = spoken_moment(office.next_opening(talk.world.now), talk.lang, talk.today)
        talk.say("engine.person_closed", phone=talk.phone, opening=opening)
    talk.again()


def _help(talk: Talk, _: str) -> None:
    talk.say("engine.help")
    talk.again()


def _restart(talk: Talk, _: str) -> None:
    if talk.session.script:
        talk.change(aside={"is": "restart"})
    else:
        talk.change(aside={"is": "choose"})
    talk.next()


def _withdraw(talk: Talk, _: str) -> None:
    """Take back what is undecided; before anything is handed in there is only the filling in to stop."""
    if withdrawing.begin(talk):
        talk.next()
    elif talk.session.script:
        detours.stop(talk)
    else:
        talk.say("engine.nothing_to_withdraw")
        talk.again()


def _stop(talk: Talk, _: str) -> None:
    """不办了 is said of what he is at; when that is nothing, of what he has handed in."""
    if talk.session.script:
        detours.stop(talk)
    else:
        _withdraw(talk, "")


def _language(talk: Talk, which: str) -> None:
    english = talk.lang != "en" if not which else which in ("en", "english", "英文", "英语")
    talk.change(lang="en" if english else "zh-CN")
    talk.say("engine.language")
    talk.again()


def _thanks(talk: Talk, _: str) -> None:
    """Be polite, and ask again only what was being asked: nobody thanks to see a list."""
    talk.say("engine.thanks")
    if asked(talk) is not None:
        talk.again()


COMMAND_ACTS: Mapping[Command, Callable[[Talk, str], None]] = {
    "back": _back,
    "edit": _edit,
    "progress": _progress,
    "person": _person,
    "help": _help,
    "restart": _restart,
    "withdraw": _withdraw,
    "stop": _stop,
    "thanks": _thanks,
    "language": _language,
    "papers": _papers,
    "guide": browsing.tell_guide,
    "move": handover.move,
    "elsewhere": handover.elsewhere,
    "go_on": handover.go_on,
    "supply": calls.word("supply"),
    "again": calls.word("again"),
    "erase": erasing.begin,
    "remember": profile.remember,
    "forget_me": profile.forget,
    "sign_out": agents.sign_out,
}
