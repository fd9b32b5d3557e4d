"""What an office still wants for a case: a correction it asked for, or papers that were promised.

It is kept in the case as `ask` until the office has it, or the case has ended:

    kind     "correction" or "deferral"
    round    which correction this is (1, 2 ...); of a deferral, 1
    items    [{slot, title, reason, example}]; for a deferral `slot` is a whole paper
    by       last day ("YYYY-MM-DD"); provisional: its calendar is not announced yet
    given    slot -> what he has given by now, kept like an answer of the road
    sent     key of the call -> {slots, state}; state "sending", "delayed" or "received"

A slot is named as the road names its stations. While he is asked for one, it has the floor under
`key`: reference and slot, so that a photo finds its way back whatever he does meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dialogs.engine import on_behalf
from dialogs.engine.cases.book import Case
from dialogs.engine.flow import photos_in
from dialogs.engine.talk import Talk
from dialogs.script.road import Station

Ask = Mapping[str, Any]
ASIDE = "supplement"


def key(reference: str, slot: str) -> str:
    """Return the name of a slot of a case among the photos being looked at."""
    return f"{reference}/{slot}"


def read_key(name: str) -> tuple[str, str]:
    """Return reference and slot of such a name; both "" when it is a slot of the road."""
    reference, cut, slot = name.partition("/")
    return (reference, slot) if cut else ("", "")


def ask_of(case: Case) -> Ask | None:
    """Return what is wanted, sent or not; None when nothing is."""
    return case.get("ask")


def on_floor(talk: Talk) -> str:
    """Return the case for which something is asked now, "" when something else is."""
    aside = talk.session.aside
    return str(aside["reference"]) if aside and aside["is"] == ASIDE else ""


def stations(talk: Talk, case: Case) -> Mapping[str, Station]:
    """Return the stations of the case's script by key; {} when that version is gone."""
    road = talk.world.library.roads.get(case["script"])
    beside = {on_behalf.PAGE: on_behalf.STATION} if case.get("agent") else {}
    return {**{station.key: station for station in road.stations}, **beside} if road else beside


def slots_of(talk: Talk, case: Case, item: Mapping[str, Any]) -> list[str]:
    """Return the slots an item stands for: itself, or every page of a whole paper."""
    slot = str(item["slot"])
    known = stations(talk, case)
    pages = [name for name in known if name.startswith(f"{slot}.")]
    return [slot] if slot in known or "." in slot else pages or [f"{slot}.page"]


def sent_slots(ask: Ask) -> set[str]:
    """Return what is on its way to the office, or there."""
    return {slot for each in ask["sent"].values() for slot in each["slots"]}


def wanted_items(talk: Talk, case: Case) -> list[Mapping[str, Any]]:
    """Return the items of which something is not handed in yet."""
    ask = ask_of(case)
    if ask is None:
        return []
    sent = sent_slots(ask)
    return [item for item in ask["items"] if not sent.issuperset(slots_of(talk, case, item))]


def left(talk: Talk, reference: str) -> list[str]:
    """Return the slots that may be given now, in order: neither given nor being looked at."""
    case = talk.session.cases.get(reference)
    ask = ask_of(case) if case else None
    if case is None or ask is None:
        return []
    taken = {*talk.session.judging.values()}
    wanted = [slot for item in wanted_items(talk, case) for slot in slots_of(talk, case, item)]
    return [slot for slot in wanted if slot not in ask["given"] and key(reference, slot) not in taken]


def titles(talk: Talk, items: Sequence[Mapping[str, Any]]) -> str:
    """Return the items in one line, by title."""
    return talk.words("engine.list_comma").join(str(item["title"]) for item in items)


def settled(case: Case) -> dict[str, Any]:
    """Return the fields of a case of which nothing is wanted any more: what was given is its own now."""
    ask = ask_of(case)
    if ask is None:
        return {}
    answers = {**case["answers"], **ask["given"]}
    files = dict.fromkeys([*case["files"], *photos_in(ask["given"])])
    return {"ask": None, "answers": answers, "files": list(files)}
