"""容缺 after all: a paper that no department can be asked for is promised, though the case is handed in.

The consequence and the day are told first, as before handing in (dialogs.engine.deferring), and only 同意
counts. The promise goes to the office like a paper that came later: a `Supply` with a key of its own. Whether
he may promise once more only the office knows, so it decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from dialogs.calendar import spoken
from dialogs.engine import consenting, deferring
from dialogs.engine.cases import asked, buttons
from dialogs.engine.cases.book import Case, about, change, filing_of, news_of, spoken_day
from dialogs.engine.cases.card import card
from dialogs.engine.cases.handing_in import BLOCKED
from dialogs.engine.cases.reports import UNACCEPTED
from dialogs.engine.looking_up import is_lookup
from dialogs.engine.talk import Floor, Said, Talk
from dialogs.engine.villagers import follows, in_hand, of_whom
from dialogs.script import Material
from dialogs.turn import OpenTicket, Supply, SupplyDelayed, SupplyReceived, SupplyRefused

ASIDE = "owe"

# A case keeps what was promised late under `owing`: key of the call -> the contract's Promise, with the last
# day (`by`) and `state`: "sending", "delayed", "received" or "refused".


def paper_of(talk: Talk, reference: str) -> str:
    """Return the first paper of a case that may be promised now, "" when none may."""
    items = asked.wanted_items(talk, talk.session.cases[reference])
    return next((each["slot"] for each in items if can(talk, reference, each["slot"])), "")


def can(talk: Talk, reference: str, slot: str) -> bool:
    """Say whether a paper (or the one of this page) may be promised, with nothing of it given yet."""
    case, paper = in_hand(talk).get(reference), slot.partition(".")[0]
    return (
        case is not None
        and case["state"] in UNACCEPTED
        and case.get("looked_up", {}).get(paper, {}).get("result") == "refused"
        and _is_deferrable(talk, case, paper)
        and _is_untouched(talk, reference, paper)
    )


def _is_deferrable(talk: Talk, case: Case, paper: str) -> bool:
    steps = (each.step for each in asked.stations(talk, case).values() if each.key.startswith(f"{paper}."))
    step = next(steps, None)
    return isinstance(step, Material) and step.deferrable


def _is_untouched(talk: Talk, reference: str, paper: str) -> bool:
    """Say whether neither a photo of it has come, nor a promise has gone."""
    case = talk.session.cases[reference]
    slots = asked.slots_of(talk, case, {"slot": paper})
    waits = all(is_lookup(case["answers"].get(slot)) for slot in slots)
    gone = {each["material"] for each in case.get("owing", {}).values() if each["state"] != "refused"}
    return waits and paper not in gone and set(slots) <= set(asked.left(talk, reference))


# Asking


def offer(talk: Talk, reference: str, slot: str) -> None:
    """Ask for the promise, beside whatever else is going on."""
    case, paper = talk.session.cases[reference], slot.partition(".")[0]
    day = _last_day(talk, case)
    said = {"title": _title(talk, case, paper), "day": spoken(day, talk.lang, talk.today)}
    text = of_whom(talk, case, talk.words("progress.owe_offer", **said))
    aside = {"is": ASIDE, "reference": reference, "paper": paper, "text": text, "by": day.isoformat()}
    talk.change(aside=aside)
    talk.next()


def start(talk: Talk, reference: str) -> None:
    """Ask for the promise of the paper that may be promised."""
    offer(talk, reference, paper_of(talk, reference))


def _last_day(talk: Talk, case: Case) -> date:
    made = filing_of(talk, case)
    assert made is not None  # its script is known: the paper was found in it
    return deferring.last_day(talk, made.item)


def _title(talk: Talk, case: Case, paper: str) -> str:
    items = asked.wanted_items(talk, case)
    return next((str(each["title"]) for each in items if each["slot"] == paper), paper)


def _ask(talk: Talk) -> None:
    aside = talk.session.aside or {}
    if can(talk, aside["reference"], aside["paper"]):
        consenting.ask(talk)
    else:
        buttons.step_off(talk)


def _hear(talk: Talk, said: Said) -> None:
    aside = talk.session.aside or {}
    if not can(talk, aside["reference"], aside["paper"]):
        talk.say("engine.stale")
        buttons.step_off(talk)
        return
    word = consenting.word_of(talk, said)
    if word:
        buttons.step_off(talk)
        (_promise if word == "agree" else _decline)(talk, aside)


def _promise(talk: Talk, aside: Mapping[str, Any]) -> None:
    reference, paper = aside["reference"], aside["paper"]
    case = talk.session.cases[reference]
    said = consenting.evidence(talk, aside["text"])
    promise = {"material": paper, "title": _title(talk, case, paper), **said}
    count = case.get("supplies", 0) + 1
    key = f"{reference}-D{count}"
    _keep(talk, reference, key, {**promise, "by": aside["by"], "state": "sending"})
    change(talk, reference, supplies=count)
    body = {"answers": [], "materials": [], "deferred": [promise]}
    talk.do(Supply(reference, case["number"], "deferrals", key, body))
    talk.say("progress.owe_sending")


def _decline(talk: Talk, aside: Mapping[str, Any]) -> None:
    buttons.offer(talk, aside["reference"], "supply", talk.words("progress.owe_declined"))


FLOORS: Mapping[str, Floor] = {ASIDE: Floor(_ask, _hear)}


# What the office made of it


def is_promise(talk: Talk, reference: str, key: str) -> bool:
    """Say whether what went to the office under `key` is a promise."""
    return key in talk.session.cases.get(reference, {}).get("owing", {})


def received(talk: Talk, event: SupplyReceived) -> None:
    """It is noted: say by when, and leave the way to bring it sooner."""
    case = talk.session.cases[event.reference]
    promise = case["owing"][event.key]
    if promise["state"] == "received" or follows(case):
        return
    _become(talk, event, "received")
    kept = {"deferred": True, **{name: promise[name] for name in ("text", "text_sha256", "at")}}
    slots = asked.slots_of(talk, case, {"slot": promise["material"]})
    change(talk, event.reference, answers={**case["answers"], **dict.fromkeys(slots, kept)})
    if case["state"] not in UNACCEPTED:
        return  # acceptance was quicker, and has told which day holds
    ask = asked.ask_of(case)
    if ask and ask["kind"] == "deferral":
        change(talk, event.reference, ask={**ask, "by": promise["by"], "provisional": False})
    _tell(talk, event.reference, "progress.owe_noted", promise)


def delayed(talk: Talk, event: SupplyDelayed) -> None:
    """The intake service does not answer: say the truth, once."""
    case = talk.session.cases[event.reference]
    if case["owing"][event.key]["state"] == "sending":
        _become(talk, event, "delayed")
        talk.say("progress.supply_delayed", number=case["number"])


def refused(talk: Talk, event: SupplyRefused) -> None:
    """He owes a paper from before, or it came too late: the paper itself is wanted, as it was."""
    case = talk.session.cases[event.reference]
    promise = case["owing"][event.key]
    if promise["state"] in ("received", "refused") or follows(case):
        return
    _become(talk, event, "refused")
    paper = promise["material"]
    known = case["looked_up"]
    change(talk, event.reference, looked_up={**known, paper: {**known[paper], "result": "not_to_owe"}})
    blocked = BLOCKED in event.reason
    if not blocked:
        talk.do(OpenTicket(reason="supply_refused", note=event.reason))
    _tell(talk, event.reference, "progress.owe_blocked" if blocked else "progress.owe_refused", promise)


def _become(talk: Talk, event: SupplyReceived | SupplyDelayed | SupplyRefused, state: str) -> None:
    promise = talk.session.cases[event.reference]["owing"][event.key]
    _keep(talk, event.reference, event.key, {**promise, "state": state})


def _keep(talk: Talk, reference: str, key: str, promise: Mapping[str, Any]) -> None:
    known = talk.session.cases[reference].get("owing", {})
    change(talk, reference, owing={**known, key: dict(promise)})


def _tell(talk: Talk, reference: str, key: str, promise: Mapping[str, Any]) -> None:
    case = talk.session.cases[reference]
    said = {"number": case["number"], "title": promise["title"], "day": spoken_day(talk, promise["by"])}
    text = about(talk, case, talk.words(key, **said, phone=talk.phone))
    shown, news = card(talk, reference), news_of(talk, reference, vital=True)
    if asked.wanted_items(talk, case):
        buttons.offer(talk, reference, "supply", text, shown, news)
    else:
        talk.tell(text, shown, news)
