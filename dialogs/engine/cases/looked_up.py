"""What a department answered for a paper: told with who and when; what is not confirmed is wanted.

So is what no department can be asked for after all: the intake service would not have it.
"""

from __future__ import annotations

from typing import Any

from dialogs.engine.cases import asked, owing
from dialogs.engine.cases.book import Case, about, change, news_of, spoken_moment
from dialogs.engine.cases.buttons import nothing_is_asked, offer
from dialogs.engine.cases.card import card
from dialogs.engine.cases.reports import UNACCEPTED
from dialogs.engine.cases.telling import paper_title
from dialogs.engine.looking_up import is_lookup
from dialogs.engine.talk import Talk
from dialogs.engine.villagers import follows
from dialogs.messages import Card, News
from dialogs.turn import DepartmentAsked, LookupRefused, ProgressReported, TellClerks

LOOKUP = "lookup"  # what the clerks' group is told it is


def waits(talk: Talk, event: DepartmentAsked) -> None:
    """An officer has five minutes: the clerks' group hears that he is waited for, and not by whom."""
    talk.do(TellClerks(event.lookup, LOOKUP, event.department))


def refused(talk: Talk, event: LookupRefused) -> None:
    """No department is asked: say so kindly. A promise is offered where the script allows it."""
    case = talk.session.cases.get(event.reference)
    if (
        case is None
        or follows(case)
        or case["state"] not in UNACCEPTED
        or event.material in case.get("looked_up", {})
    ):
        return
    found = {"result": "refused", "title": paper_title(talk, case, event.material)}
    _note(talk, event.reference, event.material, found)
    _want(talk, event.reference, event.material, found["title"])
    _tell_refused(talk, event.reference, event.material, found)


def _tell_refused(talk: Talk, reference: str, material: str, found: dict[str, str]) -> None:
    if not owing.can(talk, reference, material):
        _tell(talk, reference, "lookup_refused", found)
    elif nothing_is_asked(talk) and not talk.with_clerk:
        talk.tell(*_told(talk, reference, "lookup_refused_owe", found))
        owing.offer(talk, reference, material)
    else:
        offer(talk, reference, "owe", *_told(talk, reference, "lookup_refused_owe", found))


def still_wanted(talk: Talk, reference: str) -> None:
    """A correction came in between: what no department could be asked for is wanted as before."""
    case = talk.session.cases[reference]
    for material, found in case.get("looked_up", {}).items():
        pages = asked.slots_of(talk, case, {"slot": material})
        if found["result"] in ("refused", "not_to_owe") and is_lookup(case["answers"].get(pages[0])):
            _want(talk, reference, material, found["title"])
            _tell_refused(talk, reference, material, found)


def answered(talk: Talk, event: ProgressReported, case: Case) -> None:
    """Confirmed, the paper is not needed; else say so kindly and ask for it: it is owed from now on."""
    data = event.data
    material, result = str(data.get("material", "")), str(data.get("result", ""))
    found = {name: str(data.get(name, "")) for name in ("result", "officer", "department", "at")}
    found["title"] = paper_title(talk, case, material)
    _note(talk, event.reference, material, found)
    if result == "confirmed":
        _tell(talk, event.reference, "lookup_confirmed", found)
        return
    _want(talk, event.reference, material, found["title"])
    _tell(talk, event.reference, "lookup_differs" if result == "differs" else "lookup_not_found", found)


def escalated(talk: Talk, event: ProgressReported, case: Case) -> None:
    """Nobody has answered in time: say the truth."""
    title = paper_title(talk, case, str(event.data.get("material", "")))
    _tell(talk, event.reference, "lookup_escalated", {"title": title})


def _note(talk: Talk, reference: str, material: str, found: dict[str, str]) -> None:
    known = talk.session.cases[reference].get("looked_up", {})
    change(talk, reference, looked_up={**known, material: found})


def _want(talk: Talk, reference: str, material: str, title: str) -> None:
    """Ask for the paper like for any that is owed. A correction comes first; acceptance asks then."""
    case = talk.session.cases[reference]
    ask = asked.ask_of(case)
    item = {"slot": material, "title": title, "reason": "", "example": ""}
    if ask is None:
        days = {"by": case["due"] or talk.day, "provisional": bool(case.get("provisional"))}
        fresh: dict[str, Any] = {
            "kind": "deferral",
            "round": 1,
            "items": [item],
            **days,
            "given": {},
            "sent": {},
        }
        change(talk, reference, ask=fresh)
    elif ask["kind"] == "deferral":
        change(talk, reference, ask={**ask, "items": [*ask["items"], item]})


def _tell(talk: Talk, reference: str, key: str, found: dict[str, Any]) -> None:
    case = talk.session.cases[reference]
    text, shown, news = _told(talk, reference, key, found)
    if key in ("lookup_not_found", "lookup_differs", "lookup_refused") and asked.wanted_items(talk, case):
        offer(talk, reference, "supply", text, shown, news)
    else:
        talk.tell(text, shown, news)


def _told(talk: Talk, reference: str, key: str, found: dict[str, Any]) -> tuple[str, Card, News]:
    """Return what is told of a look-up: the words, the case's card, the few words of a notice."""
    case = talk.session.cases[reference]
    text = talk.words(
        f"progress.{key}",
        number=case["number"],
        title=found["title"],
        department=found.get("department", ""),
        officer=found.get("officer", ""),
        at=spoken_moment(talk, found.get("at", "")),
        phone=talk.phone,
    )
    return about(talk, case, text), card(talk, reference), news_of(talk, reference, vital=True)
