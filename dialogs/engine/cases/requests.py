"""What the office wants for a case is told all at once, asked for, and reminded of until it has come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from dialogs.calendar import ZONE, local_day
from dialogs.engine.cases import asked
from dialogs.engine.cases.book import Case, about, change, filing_of, news_of, spoken_day
from dialogs.engine.cases.buttons import nothing_is_asked, offer
from dialogs.engine.cases.card import card
from dialogs.engine.talk import Talk
from dialogs.turn import ProgressReported, SetTimer, TimerFired

REMIND = "remind_case"  # the timer's name; its key is reference, kind and round
REMIND_AT = time(9)  # of a reminder's day: after breakfast, before the office is full
BEFORE = 2  # working days before the last one, of the second reminder


def correction(talk: Talk, event: ProgressReported) -> None:
    """Something is missing: say everything at once, and ask for it as soon as nothing else is asked."""
    items = [
        {"title": str(each.get("slot", "")), "reason": "", "example": "", **each}
        for each in event.data.get("items", ())
    ]
    _open(talk, event, "correction", items)
    texts = [str(each["reason"]) for each in items]
    key = "progress.correction_one" if len(items) == 1 else "progress.correction"
    lines = [_line(talk, item) for item in items]
    _ask(talk, event.reference, key, items, why=texts[0] if len(items) == 1 else "\n".join(lines))


def deferral(talk: Talk, event: ProgressReported) -> None:
    """Accepted, with papers owed: say which, and by when."""
    items = [
        {"slot": each["material"], "title": each.get("title", each["material"]), "reason": "", "example": ""}
        for each in event.data.get("items", ())
    ]
    _open(talk, event, "deferral", items)
    case = talk.session.cases[event.reference]
    promised = spoken_day(talk, case["due"], provisional=bool(case.get("provisional")))
    _ask(talk, event.reference, "progress.accepted_deferred", items, promised=promised, start=False)


REQUESTS: Mapping[str, Callable[[Talk, ProgressReported], None]] = {
    "correction_requested": correction,
    "accepted_deferred": deferral,
}


def _open(talk: Talk, event: ProgressReported, kind: str, items: list[dict[str, Any]]) -> None:
    data = event.data
    before = asked.settled(talk.session.cases[event.reference])
    ask = {
        "kind": kind,
        "round": int(data.get("round", 1)),
        "items": items,
        "by": str(data.get("by", "")),
        "provisional": bool(data.get("provisional")),
        "given": {},
        "sent": {},
    }
    change(talk, event.reference, **{**before, "ask": ask})
    _remind_on(talk, event.reference, data.get("remind", ()))


def _ask(
    talk: Talk, reference: str, key: str, items: list[dict[str, Any]], *, start: bool = True, **more: str
) -> None:
    """Tell what is wanted; begin with it where nothing else is being asked, else leave a button."""
    case = talk.session.cases[reference]
    ask = case["ask"]
    text = talk.words(
        key,
        number=case["number"],
        count=len(items),
        titles=asked.titles(talk, items),
        day=spoken_day(talk, ask["by"], provisional=ask["provisional"]),
        **more,
    )
    text, news = about(talk, case, text), news_of(talk, reference, vital=True)
    if start and nothing_is_asked(talk) and not talk.with_clerk:
        talk.tell(text, card(talk, reference), news)
        begin(talk, reference)
    else:
        offer(talk, reference, "supply", text, card(talk, reference), news)


def _line(talk: Talk, item: Mapping[str, Any]) -> str:
    return talk.words("progress.correction_line", title=item["title"], reason=item["reason"])


def begin(talk: Talk, reference: str) -> None:
    """Ask for what is wanted, beside whatever else is going on."""
    talk.change(aside={"is": asked.ASIDE, "reference": reference})
    talk.next()


def told_before(case: Case, kind: str) -> bool:
    """Say whether he has heard already that his correction arrived."""
    ask = asked.ask_of(case)
    sent = ask["sent"].values() if ask else ()
    return kind == "corrected" and any(each["state"] == "received" for each in sent)


def paper_came(talk: Talk, reference: str, material: str) -> None:
    """Strike a paper from what is owed; after the last one nothing is."""
    case = talk.session.cases[reference]
    ask = asked.ask_of(case)
    if ask is None:
        return
    items = [item for item in ask["items"] if item["slot"] != material]
    change(talk, reference, **({"ask": {**ask, "items": items}} if items else asked.settled(case)))
    step_back(talk, reference)


def step_back(talk: Talk, reference: str) -> None:
    """Where he is being asked for something that is wanted no more, go on with what was before."""
    if asked.on_floor(talk) == reference and asked.ask_of(talk.session.cases[reference]) is None:
        talk.change(aside=None)
        if talk.session.script:
            talk.next()


# Until when


def moved(talk: Talk, reference: str, day: str, *, provisional: bool) -> None:
    """Another last day holds: remind by it."""
    case = talk.session.cases[reference]
    ask = asked.ask_of(case)
    if ask is None or not day:
        return
    change(talk, reference, ask={**ask, "by": day, "provisional": provisional})
    _remind_on(talk, reference, _usual_days(talk, case, date.fromisoformat(day)))


def _usual_days(talk: Talk, case: Case, last: date) -> list[str]:
    """Return half the time, two working days before the last one, and the last one."""
    made = filing_of(talk, case)
    office = talk.world.offices[made.item.office] if made else talk.office
    before = office.calendar.before(last, BEFORE)
    return [each.isoformat() for each in (talk.today + (last - talk.today) / 2, before, last)]


def _remind_on(talk: Talk, reference: str, days: Iterable[str]) -> None:
    """Set a timer for each day still to come. A timer of a round that is over finds nothing to say."""
    ask = talk.session.cases[reference]["ask"]
    for number, day in enumerate(sorted(set(days))):
        due = datetime.combine(date.fromisoformat(day), REMIND_AT, ZONE)
        if due > talk.world.now:
            talk.do(SetTimer(REMIND, f"{reference} {ask['kind']} {ask['round']} {number}", due))


def remind(talk: Talk, event: TimerFired) -> None:
    """Say once more what is wanted by when, unless it has come or its time is over."""
    reference, kind, number = [*event.key.split(), "", "", ""][:3]
    case = talk.session.cases.get(reference)
    ask = asked.ask_of(case) if case else None
    if case is None or ask is None or (ask["kind"], str(ask["round"])) != (kind, number):
        return
    items = asked.wanted_items(talk, case)
    if not items or ask["by"] < local_day(talk.world.now).isoformat():
        return
    key = "progress.remind_last" if ask["by"] == talk.day else "progress.remind"
    text = talk.words(
        key,
        number=case["number"],
        count=len(items),
        titles=asked.titles(talk, items),
        day=spoken_day(talk, ask["by"], provisional=ask["provisional"]),
    )
    offer(talk, reference, "supply", about(talk, case, text), None, news_of(talk, reference, vital=True))
