"""advance(world, session, event) -> Turn: the whole conversation as arithmetic.

How it hangs together:

* Whoever has the floor asks and hears. That is an *aside* (choosing a service, what to edit, a
  rating ...) when there is one, else the *station* of the road where the answers end.
  Both are tables of two functions, ask and hear: `dialogs.engine.asides` and `dialogs.engine.stations`.
* Commands (返回 修改 进度 人工 帮助 重来 撤回 不办了 语言 办事指南 换个地方办 我办过 删除资料 退出代办) are
  matched first. They speak, then the floor asks again, so nothing is ever lost by asking for help.
* Every answer is kept under its key; where we are is a fold over the answers (`dialogs.script.road`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from dialogs.answers import plain, tidy
from dialogs.engine import (
    agents,
    arriving,
    asides,
    erasing,
    handover,
    keeping,
    papers,
    stations,
    takeover,
    untold,
    villagers,
)
from dialogs.engine.cases import asked as wanted_by_office
from dialogs.engine.cases import (
    calls,
    documents,
    handing_in,
    looked_up,
    marking,
    news,
    rating,
    requests,
    supplement,
    supplied,
)
from dialogs.engine.commands import recognise
from dialogs.engine.errands import COMMAND_ACTS
from dialogs.engine.flow import asked
from dialogs.engine.talk import MAX_WRONG, PERSON, Floor, Said, Talk
from dialogs.messages import Inbound
from dialogs.session import Session
from dialogs.turn import (
    AgentDismissed,
    AgentRefused,
    AgentSignedIn,
    ApplicationDelayed,
    ApplicationReceived,
    ApplicationRefused,
    CasesClaimed,
    CasesEntrusted,
    CasesForgotten,
    DepartmentAsked,
    DocumentHeld,
    Erased,
    ErasureRefused,
    Event,
    Flooded,
    HandoverAsked,
    HandoverOffered,
    Joined,
    JoinRefused,
    LookupRefused,
    MediaFetched,
    MessageReceived,
    Opened,
    PhotoMeasured,
    ProgressReported,
    SupplyDelayed,
    SupplyReceived,
    SupplyRefused,
    TakeoverAsked,
    TextLost,
    TimerFired,
    Turn,
    WithdrawalRefused,
)
from dialogs.world import World

MAX_TEXT = 2000  # characters we look at; nobody answers one question with more


def advance(world: World, session: Session, event: Event) -> Turn:
    """Return what `event` does to `session`. Pure: the same arguments give the same turn.

    Raises:
        KeyError: the session stands on a script version that `world.library` does not hold.
    """
    talk = Talk(world, session)
    villagers.begin(talk, event)
    _HANDLERS[type(event)](talk, event)
    villagers.end(talk, event)
    if talk.question:
        _put_question(talk)
    return talk.turn()


def _put_question(talk: Talk) -> None:
    """Ask; who finds that there is nothing to ask any more steps aside, and what was asked before is."""
    floor = _floor(talk)
    floor.ask(talk)
    if talk.question and _floor(talk) is not floor:
        _floor(talk).ask(talk)


def _message(talk: Talk, event: MessageReceived) -> None:
    message = event.message
    talk.change(seen=talk.day)
    arriving.from_channel(talk, message.channel)
    if talk.with_clerk:
        return  # a person is talking with him; the message is in the transcript
    if erasing.is_leaving(talk):
        erasing.hold(talk, message)
        return
    if message.media:
        papers.receive(talk, message.media)
    if message.choice:
        _tapped(talk, message.choice)
    elif message.text or not message.media:
        _wrote(talk, message)


def _opened(talk: Talk, event: Opened) -> None:
    if erasing.is_leaving(talk):
        erasing.hold(talk)
    elif code := agents.typed(event.scene):
        arriving.opened(talk, replace(event, scene=""))
        agents.sign_in(talk, code)
    else:
        arriving.opened(talk, event)


def _tapped(talk: Talk, choice: str) -> None:
    prompt, _, option = choice.partition(":")
    if rating.tapped(talk, prompt, option) or calls.tapped(talk, prompt, option):
        return
    if prompt != str(talk.session.prompt):
        talk.say("engine.stale")
        talk.again()
    elif option == PERSON:
        COMMAND_ACTS["person"](talk, "")
    else:
        _floor(talk).hear(talk, Said(option=option))


def _wrote(talk: Talk, message: Inbound) -> None:
    text = tidy(message.text[:MAX_TEXT])
    if not text:
        talk.say("engine.nothing_to_read")
        talk.again()
        return
    command, code = recognise(plain(text)), handover.typed(talk, text)
    if code:
        arriving.join(talk, code)
    elif code := agents.typed(text):
        agents.sign_in(talk, code)
    elif command and not (text.isdigit() and _wants_digits(talk)):
        COMMAND_ACTS[command[0]](talk, command[1])
    elif handover.numbered(talk, text):
        return
    elif untold.answers(talk, message):
        talk.say("engine.untold")
    elif not arriving.greeted(talk) and not talk.world.library.finder.find(text).offers:
        talk.next()
    elif not marking.heard_beside(talk, text):
        _floor(talk).hear(talk, Said(text=text))


def _wants_digits(talk: Talk) -> bool:
    """Say whether a bare "0" is an answer here. Once a person is offered below it, 0 is that person."""
    station = asked(talk)
    if talk.session.wrong >= MAX_WRONG:
        return False
    return station is not None and getattr(station.step, "kind", "") in ("number", "money", "choices")


def _floor(talk: Talk) -> Floor:
    """Return who has the question at the moment."""
    aside = talk.session.aside
    if aside and aside["is"] != "edit":
        return asides.ASIDES[aside["is"]]
    station = asked(talk)
    return stations.FLOORS[station.kind] if station else asides.ASIDES["choose"]


def _measured(talk: Talk, event: PhotoMeasured) -> None:
    """A photo is for the road, or for a case that is handed in already."""
    reference, _ = wanted_by_office.read_key(talk.session.judging.get(event.file, ""))
    (supplement.measured if reference else papers.measured)(talk, event)


_TIMERS: Mapping[str, Callable[[Talk, TimerFired], None]] = {
    marking.REMINDER: marking.remind,
    requests.REMIND: requests.remind,
}


def _timer(talk: Talk, event: TimerFired) -> None:
    _TIMERS.get(event.name, keeping.timer)(talk, event)


_HANDLERS: Mapping[type, Callable[[Talk, Any], None]] = {
    Opened: _opened,
    MessageReceived: _message,
    Flooded: arriving.flooded,
    MediaFetched: papers.fetched,
    HandoverOffered: handover.offered,
    HandoverAsked: handover.told,
    Joined: handover.joined,
    JoinRefused: handover.refused,
    PhotoMeasured: _measured,
    ApplicationReceived: handing_in.received,
    ApplicationDelayed: handing_in.delayed,
    ApplicationRefused: handing_in.refused,
    WithdrawalRefused: handing_in.withdrawal_refused,
    SupplyReceived: supplied.received,
    SupplyDelayed: supplied.delayed,
    SupplyRefused: supplied.refused,
    DepartmentAsked: looked_up.waits,
    LookupRefused: looked_up.refused,
    ProgressReported: news.reported,
    DocumentHeld: documents.held,
    Erased: erasing.erased,
    ErasureRefused: erasing.refused,
    AgentSignedIn: agents.signed_in,
    AgentRefused: agents.refused,
    AgentDismissed: agents.dismissed,
    TextLost: villagers.lost,
    TakeoverAsked: takeover.sought,
    CasesClaimed: takeover.claimed,
    CasesEntrusted: takeover.entrusted,
    CasesForgotten: takeover.forgotten,
    TimerFired: _timer,
}
