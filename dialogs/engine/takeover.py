"""A villager goes on himself, on his own phone, with what a village agent has handed in for him.

    his chat        我办过, the number, the last four -> AskHandover (dialogs.engine.handover)
    the agent's     TakeoverAsked: the code goes to the villager's phone by text message, and nowhere else
    his chat        the code -> Join -> ClaimCases (storage.people.takeovers)
    the agent's     CasesClaimed -> EntrustCases: the errand, without photos; from now on it is followed here
    his chat        CasesEntrusted: cases like any of his own, `through` whom they were handed in

A case that is followed is `taken`: its news is told, and nothing is done about it (engine/cases/followed).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dialogs.calendar import ZONE
from dialogs.engine import keeping
from dialogs.engine.cases import asked, marking, packages, requests
from dialogs.engine.cases.book import Case, change, title_of
from dialogs.engine.cases.buttons import nothing_is_asked
from dialogs.engine.cases.card import card, where
from dialogs.engine.cases.documents import of_case
from dialogs.engine.cases.rating import offer
from dialogs.engine.flow import CARRIED, photos_in
from dialogs.engine.talk import Talk
from dialogs.engine.villagers import follows, mates
from dialogs.turn import (
    CasesClaimed,
    CasesEntrusted,
    CasesForgotten,
    EntrustCases,
    FetchProgress,
    ForgetWords,
    SetTimer,
    TakeoverAsked,
    TextTo,
)

# What the agent's chat no longer needs of a case that it only follows
_BARE: Mapping[str, Any] = {
    "taken": True,
    "answers": {},
    "documents": {},
    "ask": None,
    "phone": "",
    "villager_tail": "",
}


# In the agent's chat


def sought(talk: Talk, event: TakeoverAsked) -> None:
    """Send the code to the villager's own phone. The agent has no part in it."""
    case = talk.session.cases.get(event.reference)
    if case is None or not _may_go(case) or not case["phone"]:
        return
    text = talk.words(
        "handover.text",
        number=case["number"],
        code=f"{event.code[:4]} {event.code[4:]}",
        time=f"{event.until.astimezone(ZONE):%H:%M}",
    )
    talk.do(TextTo(event.reference, case["phone"], text))


def claimed(talk: Talk, event: CasesClaimed) -> None:
    """Hand his errand over to him, as far as the office has it; here it is followed from now on."""
    cases = talk.session.cases
    going = [own for own in mates(cases, event.reference) if own in cases and _may_go(cases[own])]
    agent = cases[going[0]]["agent"] if going else {}
    given = {own: _given(cases[own]) for own in going}
    talk.do(EntrustCases(event.to, {name: agent.get(name, "") for name in ("name", "village")}, given))
    if not going:
        return
    talk.change(cases={**cases, **{own: _followed(cases[own]) for own in going}})
    held = {file for own in going for file in talk.session.cases[own]["files"]}
    gone = dict.fromkeys(file for own in going for file in _photos(cases[own]) if file not in held)
    talk.do(*keeping.let_go(talk, gone))
    _step_back(talk, going)
    titles = talk.words("engine.list_comma").join(title_of(talk, cases[own]) for own in going)
    talk.say("handover.given", titles=titles)
    talk.question = talk.question if not talk.with_clerk else ""


def forgotten(talk: Talk, event: CasesForgotten) -> None:
    """Who it was is forgotten: nothing of him stays here either, nor what was said until his case ended."""
    cases = talk.session.cases
    gone = {own: cases[own] for own in event.references if follows(cases.get(own, {}))}
    talk.change(cases={own: case for own, case in cases.items() if own not in gone})
    talk.do(*keeping.let_go(talk, [file for case in gone.values() for file in case["files"]]))
    ends = [datetime.fromisoformat(case["ended"]) for case in gone.values() if case["ended"]]
    if gone:
        talk.do(ForgetWords(max(ends, default=talk.world.now)))


def _may_go(case: Case) -> bool:
    """Say whether a villager may take it: it is not his yet, and the office has it."""
    return bool(case.get("agent") and case["number"]) and not follows(case)


def _followed(case: Case) -> dict[str, Any]:
    """Return the case as it stays with the agent; photos on their way to the office are still needed."""
    rating = "" if case["rating"] == "asked" else case["rating"]
    return {**case, **_BARE, "files": _on_the_way(case), "rating": rating}


def _on_the_way(case: Case) -> list[str]:
    ask = asked.ask_of(case)
    if ask is None:
        return []
    slots = {slot for each in ask["sent"].values() if each["state"] != "received" for slot in each["slots"]}
    return photos_in({slot: ask["given"][slot] for slot in slots})


def _photos(case: Case) -> list[str]:
    ask = asked.ask_of(case)
    return [*case["files"], *photos_in(ask["given"] if ask else {})]


def _given(case: Case) -> dict[str, Any]:
    """Return the case as it becomes the villager's: his words, and no photo of the agent's chat."""
    agent = case["agent"]
    return {
        **{name: each for name, each in case.items() if name != "passes_on"},
        "agent": {},
        "villager": "",
        "villager_tail": "",
        "tail": case.get("villager_tail", ""),
        "through": {name: agent[name] for name in ("name", "village")},
        "answers": _words(case["answers"]),
        "files": [],
        "documents": {_renamed(file): {**each, "held": False} for file, each in of_case(case).items()},
        "ask": _wanted(case),
    }


def _words(answers: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: each for name, each in answers.items() if name not in CARRIED and not photos_in({name: each})
    }


def _renamed(file: str) -> str:
    """Return the name of a document in his own keeping: the agent's copy has the other one."""
    return hashlib.sha256(f"{file}/taken".encode()).hexdigest()[:32]


def _wanted(case: Case) -> dict[str, Any] | None:
    """Return what the office still wants. What is on its way counts: only the agent's chat hears of it."""
    ask = asked.ask_of(case)
    if ask is None:
        return None
    sent = {key: each for key, each in ask["sent"].items() if each["state"] == "received"}
    return {**ask, "given": _words(ask["given"]), "sent": sent}


def _step_back(talk: Talk, going: list[str]) -> None:
    """What was being asked about it here is his to answer now."""
    if (talk.session.aside or {}).get("reference") in going:
        talk.change(aside=None)
        if talk.session.script:
            talk.next()


# In his own


def entrusted(talk: Talk, event: CasesEntrusted) -> None:
    """They are his: say how each stands, and go on where the agent was."""
    new = {own: case for own, case in event.cases.items() if own not in talk.session.cases}
    if not event.cases:
        talk.say("handover.refused_unknown")
    if not new:
        return
    talk.change(cases={**talk.session.cases, **new})
    talk.say("handover.taken", **event.agent)
    for own in new:
        _take_up(talk, own)
    _tell(talk, new)
    if not talk.with_clerk:
        _go_on(talk, new)


def _take_up(talk: Talk, reference: str) -> None:
    """Have what was missed fetched, and what is due happen here."""
    case = talk.session.cases[reference]
    change(talk, reference)
    talk.do(FetchProgress(reference, case["number"], case["seq"]))
    ask = asked.ask_of(case)
    if ask is not None:
        requests.moved(talk, reference, ask["by"], provisional=ask["provisional"])
    if case["rating"] == "asked" and not case.get("rating_reminded"):
        talk.do(SetTimer(marking.REMINDER, reference, talk.world.now + marking.REMIND_AFTER))
    if case["ended"]:
        over = datetime.fromisoformat(case["ended"]) + timedelta(days=case["keep_days"])
        talk.do(SetTimer(keeping.CASE, reference, max(over, talk.world.now)))


def _tell(talk: Talk, new: Mapping[str, Case]) -> None:
    first = next(iter(new))
    if package := packages.members(talk, new[first]):
        packages.tell(talk, package)
    else:
        talk.tell(where(talk, first), card(talk, first))


def _go_on(talk: Talk, new: Mapping[str, Case]) -> None:
    """Ask for what the office wants, or offer the mark; what was being asked here comes first."""
    wanted = [own for own, case in new.items() if asked.wanted_items(talk, case)]
    marked = [own for own, case in new.items() if case["rating"] == "asked"]
    if wanted and nothing_is_asked(talk):
        requests.begin(talk, wanted[0])
    elif marked:
        offer(talk, marked[0])
    elif talk.session.script:
        talk.again()
