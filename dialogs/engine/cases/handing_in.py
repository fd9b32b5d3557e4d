"""Handing in: it has a number, it waits, or it was not taken."""

from __future__ import annotations

from dialogs.engine import keeping, looking_up, on_behalf
from dialogs.engine.cases import packages
from dialogs.engine.cases.book import Case, about, change, news_of, spoken_day
from dialogs.engine.cases.card import card, receipt, where
from dialogs.engine.consenting import stands_in
from dialogs.engine.flow import photos_in, refold
from dialogs.engine.talk import Talk
from dialogs.engine.villagers import shown
from dialogs.script.road import READ_BACK
from dialogs.turn import (
    ApplicationDelayed,
    ApplicationReceived,
    ApplicationRefused,
    OpenTicket,
    WithdrawalRefused,
)

BLOCKED = "deferral-blocked"  # the last part of the problem's type, urn:zerotrip:intake:deferral-blocked


def received(talk: Talk, event: ApplicationReceived) -> None:
    """The intake service has it: say the number, once, whichever way the news came first."""
    case = talk.session.cases.get(event.reference)
    if case is None:
        return
    if case["state"] in ("sending", "delayed"):
        registered(talk, event.reference, event.number, event.answer_by)
    else:
        change(talk, event.reference, number=event.number)


def registered(
    talk: Talk, reference: str, number: str, answer_by: str, seq: int = 0, *, provisional: bool = False
) -> None:
    """Say the number and by when the office answers."""
    at, due = {"submitted": talk.today.isoformat()}, {"due": answer_by, "provisional": provisional}
    change(talk, reference, number=number, state="submitted", at=at, seq=seq, **due)
    talk.do(*looking_up.orders(talk, reference))
    key = "progress.received" if answer_by else "progress.received_without_day"
    text = talk.words(key, number=number, day=spoken_day(talk, answer_by, provisional=provisional))
    talk.tell(
        about(talk, talk.session.cases[reference], text),
        receipt(talk, reference),
        news_of(talk, reference, vital=True),
    )


def delayed(talk: Talk, event: ApplicationDelayed) -> None:
    """The intake service does not answer: say the truth, once, with a number to hold on to."""
    case = talk.session.cases.get(event.reference)
    if case is not None and case["state"] == "sending":
        told = any(each["state"] == "delayed" for each in packages.members(talk, case).values())
        change(talk, event.reference, state="delayed")
        if not told:
            talk.say("progress.delayed", reference=event.reference)


def refused(talk: Talk, event: ApplicationRefused) -> None:
    """The intake service will not take it. A duplicate has its number; anything else goes to a person."""
    case = talk.session.cases.get(event.reference)
    if case is None or case["state"] not in ("sending", "delayed"):
        return
    answers = dict(case["answers"])
    now = talk.world.now.isoformat()
    if event.number:
        change(talk, event.reference, state="refused", answers={}, files=[], ended=now)
        talk.do(*keeping.let_go(talk, photos_in(answers)))
        _there_already(talk, event, case)
        return
    if event.reason.rpartition(":")[2] == BLOCKED:
        _promise_broken(talk, event.reference)
        return
    talk.do(OpenTicket(reason="refused", note=event.reason))
    refusal = news_of(talk, event.reference, vital=True, state="refused")
    talk.tell(about(talk, case, talk.words("progress.refused", phone=talk.phone)), None, refusal)
    _give_back(talk, event.reference)


def _give_back(talk: Talk, reference: str) -> None:
    """Put what was not taken back on the road, to be handed in anew."""
    case, now = talk.session.cases[reference], talk.world.now.isoformat()
    # On another errand meanwhile he is not torn from it: the case keeps what he said, for the clerk. So does
    # a child of a package: the road would lead to handing in the others again. A villager's stays with the
    # case while his agent is signed out.
    busy = talk.session.script or (talk.session.aside or {}).get("is") == on_behalf.FOR_WHOM
    gone = case["script"] not in talk.world.library.scripts
    if busy or talk.mute or case.get("package") or gone:
        change(talk, reference, state="refused", ended=now)
        keeping.end_case(talk, reference, case["keep_days"])
        return
    answers = {key: each for key, each in case["answers"].items() if key != READ_BACK}
    change(talk, reference, state="refused", answers={}, files=[], ended=now)
    talk.change(script=case["script"], answers=answers, aside=None)
    refold(talk)
    talk.next()


def _promise_broken(talk: Talk, reference: str) -> None:
    """He owes a paper from before, so this time all have to come: say so, and ask for what was promised."""
    case = talk.session.cases[reference]
    kept = {key: each for key, each in case["answers"].items() if not stands_in(each)}
    change(talk, reference, answers=kept, blocked=True)
    text = talk.words("progress.deferral_blocked", phone=talk.phone)
    talk.tell(about(talk, case, text), None, news_of(talk, reference, vital=True, state="refused"))
    if talk.session.script or case.get("package"):
        talk.do(OpenTicket(reason="deferral_blocked", note=reference))
    _give_back(talk, reference)


def _there_already(talk: Talk, event: ApplicationRefused, case: Case) -> None:
    """The same matter is under way. Its progress is shown where it is known; elsewhere a code leads there."""
    news = news_of(talk, event.reference, vital=True, number=event.number)
    cases = talk.session.cases
    mine = next((each for each in shown(talk) if cases[each]["number"] == event.number), "")
    if mine:
        text = talk.words("progress.duplicate_here", number=event.number, at=where(talk, mine))
        talk.tell(about(talk, case, text), card(talk, mine), news)
    else:
        text = about(talk, case, talk.words("progress.duplicate", number=event.number))
        talk.tell(text, None, news)


def withdrawal_refused(talk: Talk, event: WithdrawalRefused) -> None:
    """Say that it is too late to take it back, and how it stands."""
    case = talk.session.cases.get(event.reference)
    if case is not None:
        text = talk.words("progress.withdrawal_refused", number=case["number"])
        talk.tell(
            about(talk, case, text), card(talk, event.reference), news_of(talk, event.reference, vital=True)
        )
