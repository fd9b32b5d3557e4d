"""Handing in what came later, when it is complete.

A correction goes as one, however many slots it has; of promised papers each goes as soon as it is whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialogs.engine.application import answer_row
from dialogs.engine.cases import asked
from dialogs.engine.cases.book import Case, change
from dialogs.engine.talk import Talk
from dialogs.script import Material
from dialogs.script.road import Station
from dialogs.turn import Supply


def give(talk: Talk, reference: str, slot: str, value: Any) -> None:
    """Keep what was given; hand in what is complete."""
    case = talk.session.cases[reference]
    ask = {**case["ask"], "given": {**case["ask"]["given"], slot: value}}
    change(talk, reference, ask=ask)
    for slots in _complete(talk, talk.session.cases[reference]):
        _hand_in(talk, reference, slots)


def _complete(talk: Talk, case: Case) -> list[list[str]]:
    """Return the groups of slots that may be handed in now."""
    items = asked.wanted_items(talk, case)
    given = case["ask"]["given"]
    groups = [asked.slots_of(talk, case, item) for item in items]
    if case["ask"]["kind"] == "correction":
        groups = [[slot for group in groups for slot in group]] if groups else []
    return [group for group in groups if all(slot in given for slot in group)]


def _hand_in(talk: Talk, reference: str, slots: list[str]) -> None:
    case = talk.session.cases[reference]
    ask, count = case["ask"], case.get("supplies", 0) + 1
    kind = "corrections" if ask["kind"] == "correction" else "deferrals"
    key = f"{reference}-{kind[0].upper()}{count}"
    body, pages = _body(talk, case, slots)
    sent = {**ask["sent"], key: {"slots": slots, "state": "sending"}}
    change(talk, reference, ask={**ask, "sent": sent}, supplies=count)
    talk.do(Supply(reference, case["number"], kind, key, body, pages))  # type: ignore[arg-type]  # one of two
    talk.say("progress.supplying")


def _body(talk: Talk, case: Case, slots: list[str]) -> tuple[dict[str, Any], tuple[dict[str, Any], ...]]:
    """Return the supplement as the contract wants it, and the photos that belong to it."""
    known, given = asked.stations(talk, case), case["ask"]["given"]
    script = talk.world.library.scripts.get(case["script"])
    answers = [
        answer_row(talk, script, known[slot], given[slot], masked=False)
        for slot in slots
        if script and slot in known and known[slot].kind == "question"
    ]
    photos = [slot for slot in slots if isinstance(given[slot], dict) and "kept" in given[slot]]
    pages = tuple(
        {
            "material": slot.partition(".")[0],
            "page": slot.partition(".")[2],
            "file": given[slot]["kept"],
            "sha256": given[slot]["sha256"],
            "flags": given[slot]["flags"],
        }
        for slot in photos
    )
    return {"answers": answers, "materials": _materials(talk, case, known, pages)}, pages


def _materials(
    talk: Talk, case: Case, known: Mapping[str, Station], pages: tuple[dict[str, Any], ...]
) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for page in pages:
        name = page["material"]
        station = known.get(f"{name}.{page['page']}")
        paper = station.step if station else None
        title = talk.pick(paper.title) if isinstance(paper, Material) else name
        original = paper.original if isinstance(paper, Material) else True
        entry = found.setdefault(name, {"id": name, "title": title, "original": original, "pages": []})
        entry["pages"].append({each: page[each] for each in ("page", "sha256", "flags")})
    return list(found.values())
