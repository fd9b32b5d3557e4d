"""What a department answered for a paper: told with who and when; what is not confirmed is wanted."""

from __future__ import annotations

from typing import Any

from dialogs.engine.cases import asked
from dialogs.engine.cases.book import Case, about, change, news_of, spoken_moment
from dialogs.engine.cases.buttons import offer
from dialogs.engine.cases.card import card
from dialogs.engine.cases.telling import paper_title
from dialogs.engine.talk import Talk
from dialogs.turn import ProgressReported


def answered(talk: Talk, event: ProgressReported, case: Case) -> None:
    """Confirmed, the paper is not needed; else say so kindly and ask for it: it is owed from now on."""
    data = event.data
    material, result = str(data.get("material", "")), str(data.get("result", ""))
    found = {name: str(data.get(name, "")) for name in ("result", "officer", "department", "at")}
    found["title"] = paper_title(talk, case, material)
    known = case.get("looked_up", {})
    change(talk, event.reference, looked_up={**known, material: found})
    if result == "confirmed":
        _tell(talk, event, "lookup_confirmed", found)
        return
    _want(talk, event.reference, material, found["title"])
    _tell(talk, event, "lookup_differs" if result == "differs" else "lookup_not_found", found)


def escalated(talk: Talk, event: ProgressReported, case: Case) -> None:
    """Nobody has answered in time: say the truth."""
    title = paper_title(talk, case, str(event.data.get("material", "")))
    _tell(talk, event, "lookup_escalated", {"title": title})


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


def _tell(talk: Talk, event: ProgressReported, key: str, found: dict[str, Any]) -> None:
    reference = event.reference
    case = talk.session.cases[reference]
    text = talk.words(
        f"progress.{key}",
        number=case["number"],
        title=found["title"],
        department=found.get("department", ""),
        officer=found.get("officer", ""),
        at=spoken_moment(talk, found.get("at", "")),
    )
    text, news = about(talk, case, text), news_of(talk, reference, vital=True)
    if key in ("lookup_not_found", "lookup_differs") and asked.wanted_items(talk, case):
        offer(talk, reference, "supply", text, card(talk, reference), news)
    else:
        talk.tell(text, card(talk, reference), news)
