"""One applicant, several channels: a code carries his conversation from one to another.

    where it began   换个地方办 -> OfferHandover -> HandoverOffered: the code, and links that carry it
    elsewhere        the code, or a link -> Join -> Joined there, JoinRefused here
                     我办过 -> the number and the last four of his identity number -> AskHandover
                     -> HandoverOffered where it began (asked_by), HandoverAsked here: then the code
                     what a village agent handed in for him: the code comes to his phone (engine/takeover)

Whether a number is known is never told where it is asked for: both answers are the same words.
"""

from __future__ import annotations

from dialogs.calendar import ZONE
from dialogs.engine import arriving, slips
from dialogs.engine.cases.book import number_of
from dialogs.engine.cases.card import tell, tell_all
from dialogs.engine.flow import asked
from dialogs.engine.stations import read_yes_no
from dialogs.engine.talk import Floor, Options, Said, Talk, meant
from dialogs.engine.villagers import shown
from dialogs.messages import Card
from dialogs.places import place
from dialogs.turn import (
    AskHandover,
    HandoverAsked,
    HandoverOffered,
    Joined,
    JoinRefused,
    OfferHandover,
    OpenTicket,
)

# What eight digits never answer: stations of the road, and kinds of questions.
_NO_DIGITS = {
    "outcome",
    "handoff",
    "guide",
    "consent",
    "photo",
    "read_back",
    "choice",
    "confirm",
    "person-name",
}


def typed(talk: Talk, text: str) -> str:
    """Return the code in what he wrote, unless it may be the answer to what is asked."""
    return slips.linked(text) or (slips.code(text) if _takes_codes(talk) else "")


def numbered(talk: Talk, text: str) -> bool:
    """He wrote a case's number: tell how his own goes; look for another where nothing is asked of him.

    False: it is no number, or may be the answer to what is asked.
    """
    number = slips.number(text) if _takes_codes(talk) else ""
    if not number or (talk.session.aside or {}).get("is") == "tail":
        return False
    if own := _own(talk, number):
        tell(talk, own)
        talk.again()
    elif asked(talk) is None:
        _by_number(talk, number)
    return bool(own) or asked(talk) is None


def _takes_codes(talk: Talk) -> bool:
    """Say whether digits cannot be the answer to what is asked."""
    station = asked(talk)
    if station is None:
        return (talk.session.aside or {"is": "choose"})["is"] in ("choose", "tail")
    kind = getattr(station.step, "kind", "") if station.kind == "question" else station.kind
    return kind in _NO_DIGITS


def _own(talk: Talk, number: str) -> str:
    """Return which of the cases he sees here has that number, "" when none has."""
    seen = shown(talk).items()
    return next((own for own, case in seen if slips.same(number_of(own, case), number)), "")


# Where it began


def move(talk: Talk, _: str) -> None:
    """He wants to go on elsewhere: have a code made."""
    talk.do(OfferHandover())
    talk.say("handover.making")


def offered(talk: Talk, event: HandoverOffered) -> None:
    """Say the code, with the links that carry it; or say who asks for it, and let him judge."""
    code, time = f"{event.code[:4]} {event.code[4:]}", f"{event.until.astimezone(ZONE):%H:%M}"
    if event.asked_by:
        where = place(event.asked_by, talk.lang)
        text = talk.words("handover.asked", place=where, code=code, time=time)
    else:
        text = talk.words("handover.offered", code=code, time=time)
    body = {"code": event.code, "until": event.until.isoformat(), "links": dict(event.links)}
    talk.tell(text, Card("handover", talk.words("handover.title"), body))


def joined(talk: Talk, event: Joined) -> None:
    """He goes on here: say so there too, and put the question he had, or how his case goes."""
    arriving.from_another_phone(talk, event.channel)
    talk.change(seen=talk.day)
    talk.say("handover.joined")
    if talk.with_clerk:
        return
    if not talk.session.script:
        tell_all(talk)
    if arriving.greeted(talk):
        talk.again()
    else:
        talk.next()


# Elsewhere


def refused(talk: Talk, event: JoinRefused) -> None:
    """Say why the code was not taken, and what to do; what is asked here stays the question."""
    if event.reason == "draft":
        talk.change(aside={"is": "join", "code": event.code})
        talk.next()
        return
    if event.reason == "busy":
        talk.do(OpenTicket(reason="join"))
    talk.say(f"handover.refused_{event.reason}")
    if arriving.greeted(talk):
        talk.again()
    else:
        talk.next()


def elsewhere(talk: Talk, _: str) -> None:
    """He has begun elsewhere: ask for the code, or for what it can be had by."""
    talk.change(aside={"is": "code"})
    talk.next()


def go_on(talk: Talk, _: str) -> None:
    """Going on means the question that stands here; where there is none, what was begun elsewhere."""
    if not talk.session.script:
        elsewhere(talk, "")
        return
    if talk.session.aside and talk.session.aside["is"] != "edit":
        talk.change(aside=None)
        talk.next()
    talk.say("engine.go_on")
    talk.again()


def told(talk: Talk, event: HandoverAsked) -> None:
    """Say where to look for the code, whether there is one or not; a person sees to whom no code reaches."""
    if event.ticket:
        talk.do(OpenTicket(reason="takeover", note=event.ticket))
    talk.say("handover.told" if event.by_text else "handover.told_no_text", phone=talk.phone)


# What is asked for


def _nothing(talk: Talk) -> Options:
    return [("nothing", talk.words("handover.nothing"))]


def _ask_code(talk: Talk) -> None:
    talk.ask(talk.words("handover.ask_code"), _nothing(talk))


def _hear_code(talk: Talk, said: Said) -> None:
    if meant(said, _nothing(talk)) == "nothing" or read_yes_no(said) == "no":
        talk.change(aside=None)
        talk.next()
    elif code := slips.code_asked(said.text):
        talk.change(aside=None)
        arriving.join(talk, code)
    elif number := slips.number_asked(said.text):
        _by_number(talk, number)
    else:
        talk.reject(talk.words("handover.code_unclear"), _nothing(talk))


def _by_number(talk: Talk, number: str) -> None:
    """Find the case with that number: here, where he sees it already, or by what only he knows."""
    if own := _own(talk, number):
        talk.change(aside=None)
        talk.say("handover.here")
        tell(talk, own)
    else:
        talk.change(aside={"is": "tail", "number": number})
    talk.next()


def _ask_tail(talk: Talk) -> None:
    talk.ask(talk.words("handover.ask_tail"), _nothing(talk))


def _hear_tail(talk: Talk, said: Said) -> None:
    if tail := slips.tail(said.text):
        talk.do(AskHandover((talk.session.aside or {})["number"], tail))
        talk.say("handover.looking")
        talk.change(aside={"is": "code"}, prompt=talk.session.prompt + 1, wrong=0)
    elif meant(said, _nothing(talk)) == "nothing":
        talk.change(aside=None)
        talk.next()
    else:
        talk.reject(talk.words("handover.tail_unclear"), _nothing(talk))


def _sure(talk: Talk) -> Options:
    return [(each, talk.words(f"handover.join_{each}")) for each in ("yes", "no")]


def _ask_join(talk: Talk) -> None:
    talk.ask(talk.words("handover.join_sure"), _sure(talk))


def _hear_join(talk: Talk, said: Said) -> None:
    word = meant(said, _sure(talk)) or read_yes_no(said)
    code = (talk.session.aside or {})["code"]
    if word not in ("yes", "no"):
        talk.reject(talk.words("engine.yes_or_no"), _sure(talk))
        return
    talk.change(aside=None)
    if word == "yes":
        arriving.join(talk, code, sure=True)
    else:
        talk.say("engine.go_on")
        talk.next()


FLOORS = {
    "code": Floor(_ask_code, _hear_code),
    "tail": Floor(_ask_tail, _hear_tail),
    "join": Floor(_ask_join, _hear_join),
}
