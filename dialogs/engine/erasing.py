"""Forgetting a person on his word: 删除资料.

    he asks          what goes and what the law keeps is listed; a case under way comes first
    he says yes      Erase: the intake service forgets, then answers with Erased (or ErasureRefused)
    Erased           the goodbye, with the receipt; ForgetPerson destroys the key a moment later

From his yes to the end nothing else is begun: what he would write would be deleted unread. Who writes
after that is a stranger, and greeted as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialogs.engine.cases import withdrawing
from dialogs.engine.cases.documents import of_case
from dialogs.engine.cases.reports import UNDECIDED
from dialogs.engine.flow import photos_in
from dialogs.engine.stations import read_yes_no
from dialogs.engine.talk import Floor, Options, Said, Talk, meant
from dialogs.engine.villagers import follows
from dialogs.messages import Inbound
from dialogs.session import Session
from dialogs.turn import Erase, Erased, ErasureRefused, ForgetFile, ForgetPerson, OpenTicket

UNDER_WAY, DONE = "erasing", "erased"  # asides that nothing but the end of the erasure ends


def begin(talk: Talk, _: str) -> None:
    """List what goes and what stays; while a case is under way, say what has to come first."""
    running = _running(talk.session)
    if not running:
        talk.change(aside={"is": "erase"})
        talk.next()
        return
    undecided = [each for each in running if _may_be_withdrawn(talk.session.cases[each])]
    if undecided:
        talk.change(aside={"is": "erase_withdraw", "reference": undecided[-1]})
        talk.next()
    else:
        talk.say("erasing.wait_first", number=_number(talk.session, running[-1]), phone=talk.phone)
        talk.again()


def _running(session: Session) -> list[str]:
    return [reference for reference, case in session.cases.items() if not case["ended"] and not follows(case)]


def _may_be_withdrawn(case: Mapping[str, Any]) -> bool:
    # A villager's is not his to take back on the way out; he waits for it, so that news goes on being told.
    return bool(case["number"]) and case["state"] in UNDECIDED and not case.get("agent")


def _number(session: Session, reference: str) -> str:
    return str(session.cases[reference]["number"] or reference)


def is_leaving(talk: Talk) -> bool:
    """Say whether he has said yes: from then on nothing else is begun."""
    return (talk.session.aside or {}).get("is") in (UNDER_WAY, DONE)


def hold(talk: Talk, message: Inbound | None = None) -> None:
    """Answer whatever comes while his data is being deleted; a photo is not kept."""
    talk.do(*(ForgetFile(each.file) for each in (message.media if message else ())))
    aside = talk.session.aside or {}
    if aside["is"] == DONE:
        talk.say("erasing.last", receipt=aside["receipt"])
    else:
        talk.say("erasing.under_way", phone=talk.phone)


# What comes back


def erased(talk: Talk, event: Erased) -> None:
    """The intake service has forgotten him: say goodbye with the receipt, and forget him here."""
    if (talk.session.aside or {}).get("is") != UNDER_WAY:
        return
    session = talk.session
    bare = Session(id=session.id, lang=session.lang, owner=session.owner, channel=session.channel)
    talk.session = bare
    talk.change(aside={"is": DONE, "receipt": event.receipt}, prompt=session.prompt + 1)
    talk.say("erasing.done", receipt=event.receipt)
    talk.do(ForgetPerson(event.receipt, event.intake))


def refused(talk: Talk, event: ErasureRefused) -> None:
    """It could not be done: nothing is lost, and he hears what to do."""
    if (talk.session.aside or {}).get("is") != UNDER_WAY:
        return
    talk.change(aside=None)
    if event.numbers:
        talk.say("erasing.refused", numbers=_listed(talk, event.numbers))
    else:
        talk.do(OpenTicket(reason="erasure"))
        talk.say("erasing.failed", phone=talk.phone)
    if talk.session.script:
        talk.next()


# What is asked


def _sure(talk: Talk) -> Options:
    return [(each, talk.words(f"erasing.erase_{each}")) for each in ("yes", "no")]


def _ask(talk: Talk) -> None:
    talk.ask(talk.words("erasing.ask", photos=_photos(talk.session), stays=_stays(talk)), _sure(talk))


def _stays(talk: Talk) -> str:
    numbers = [talk.session.cases[own]["number"] for own in _his_own(talk.session)]
    numbers = [number for number in numbers if number]
    if not numbers:
        return talk.words("erasing.stays_nothing")
    return talk.words("erasing.stays", numbers=_listed(talk, numbers))


def _his_own(session: Session) -> tuple[str, ...]:
    """Return the cases of which the office may forget him: what he handed in for villagers is theirs."""
    return tuple(own for own, case in session.cases.items() if not case.get("agent"))


def _listed(talk: Talk, numbers: list[str] | tuple[str, ...]) -> str:
    return talk.words("engine.list_comma").join(numbers)


def _photos(session: Session) -> int:
    """Return how many photos of his we hold; papers the office wrote are named apart."""
    held = [*session.put_away.values(), *session.cases.values()]
    answers = [session.answers, session.dormant, *(each["answers"] for each in held)]
    files = {file for each in answers for file in photos_in(each)} | set(session.judging)
    handed_in = (set(case["files"]) - of_case(case).keys() for case in session.cases.values())
    return len(files.union(*handed_in))


def _hear(talk: Talk, said: Said) -> None:
    word = meant(said, _sure(talk)) or read_yes_no(said)
    if word == "yes":
        talk.change(aside={"is": UNDER_WAY}, prompt=talk.session.prompt + 1, wrong=0)
        talk.say("erasing.begun")
        talk.do(Erase(_his_own(talk.session)))
    elif word == "no":
        _leave(talk)
    else:
        talk.reject(talk.words("engine.yes_or_no"), _sure(talk))


def _leave(talk: Talk) -> None:
    talk.change(aside=None)
    talk.say("erasing.kept")
    if talk.session.script:
        talk.next()


def _first(talk: Talk) -> Options:
    return [(each, talk.words(f"erasing.withdraw_{each}")) for each in ("yes", "no")]


def _ask_withdraw(talk: Talk) -> None:
    number = _number(talk.session, (talk.session.aside or {})["reference"])
    talk.ask(talk.words("erasing.withdraw_first", number=number), _first(talk))


def _hear_withdraw(talk: Talk, said: Said) -> None:
    word = meant(said, _first(talk)) or read_yes_no(said)
    if word == "yes":
        talk.change(aside=None)
        withdrawing.begin(talk)
        talk.next()
    elif word == "no":
        _leave(talk)
    else:
        talk.reject(talk.words("engine.yes_or_no"), _first(talk))


def _ask_leaving(talk: Talk) -> None:
    hold(talk)


def _hear_leaving(talk: Talk, _: Said) -> None:
    hold(talk)


FLOORS: Mapping[str, Floor] = {
    "erase": Floor(_ask, _hear),
    "erase_withdraw": Floor(_ask_withdraw, _hear_withdraw),
    UNDER_WAY: Floor(_ask_leaving, _hear_leaving),
    DONE: Floor(_ask_leaving, _hear_leaving),
}
