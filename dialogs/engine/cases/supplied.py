"""What became of what was handed in later: the office has it, it waits, or it was not taken."""

from __future__ import annotations

from typing import Any

from dialogs.engine.cases import asked, owing
from dialogs.engine.cases.book import change, news_of, spoken_day
from dialogs.engine.cases.card import card
from dialogs.engine.flow import forget_photos
from dialogs.engine.talk import Talk
from dialogs.turn import OpenTicket, SupplyDelayed, SupplyReceived, SupplyRefused


def _sent(talk: Talk, reference: str, key: str) -> dict[str, Any]:
    """Return what was sent under `key`, {} when it is settled already: the news came first."""
    case = talk.session.cases.get(reference)
    ask = asked.ask_of(case) if case else None
    return dict(ask["sent"].get(key, {})) if ask else {}


def _mark(talk: Talk, reference: str, key: str, state: str) -> None:
    ask = talk.session.cases[reference]["ask"]
    sent = {**ask["sent"], key: {**ask["sent"][key], "state": state}}
    change(talk, reference, ask={**ask, "sent": sent})


def received(talk: Talk, event: SupplyReceived) -> None:
    """The office has the correction: say by when it answers. Of a promised paper its own news tells."""
    if owing.is_promise(talk, event.reference, event.key):
        owing.received(talk, event)
        return
    sent = _sent(talk, event.reference, event.key)
    if not sent or sent["state"] == "received":
        return
    _mark(talk, event.reference, event.key, "received")
    case = talk.session.cases[event.reference]
    if case["ask"]["kind"] == "correction":
        day = spoken_day(talk, event.answer_by)
        key = "progress.corrected" if day else "progress.corrected_without_day"
        text = talk.words(key, number=case["number"], day=day)
        talk.tell(text, card(talk, event.reference), news_of(talk, event.reference, vital=True))


def delayed(talk: Talk, event: SupplyDelayed) -> None:
    """The intake service does not answer: say the truth, once."""
    if owing.is_promise(talk, event.reference, event.key):
        owing.delayed(talk, event)
        return
    if _sent(talk, event.reference, event.key).get("state") == "sending":
        _mark(talk, event.reference, event.key, "delayed")
        talk.say("progress.supply_delayed", number=talk.session.cases[event.reference]["number"])


def refused(talk: Talk, event: SupplyRefused) -> None:
    """It was not taken: a person looks, and the slots are open again. What ended the case tells itself."""
    if owing.is_promise(talk, event.reference, event.key):
        owing.refused(talk, event)
        return
    sent = _sent(talk, event.reference, event.key)
    if not sent or sent["state"] == "received":
        return
    case = talk.session.cases[event.reference]
    ask = case["ask"]
    back = {slot: ask["given"][slot] for slot in sent["slots"]}
    given = {slot: value for slot, value in ask["given"].items() if slot not in back}
    still = {key: each for key, each in ask["sent"].items() if key != event.key}
    change(talk, event.reference, ask={**ask, "given": given, "sent": still})
    talk.do(*forget_photos(back), OpenTicket(reason="supply_refused", note=event.reason))
    text = talk.words("progress.supply_refused", number=case["number"], phone=talk.phone)
    talk.tell(text, None, news_of(talk, event.reference, vital=True))
