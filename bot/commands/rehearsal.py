"""A conversation on a stage: the very engine, a clock that is moved by hand, and nobody else.

Photos are judged on the spot, as good or bad as they are said to be; the intake service does what it is told.
Nothing is kept, nothing leaves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dialogs.engine import advance
from dialogs.engine.looking_up import is_lookup
from dialogs.messages import Inbound, Media, Outbound
from dialogs.office import Office
from dialogs.photos import FAULTS
from dialogs.script import Ending, Item
from dialogs.script.filings import filing
from dialogs.script.road import READ_BACK
from dialogs.session import Session, dump, load
from dialogs.turn import (
    AgentDismissed,
    AgentSignedIn,
    ApplicationDelayed,
    ApplicationReceived,
    ApplicationRefused,
    Effect,
    Erase,
    Erased,
    Event,
    ForgetPerson,
    LookupRefused,
    MeasurePhoto,
    MessageReceived,
    Opened,
    OpenTicket,
    PhotoMeasured,
    ProgressReported,
    Rate,
    Say,
    SetTimer,
    Submit,
    Supply,
    SupplyDelayed,
    SupplyReceived,
    SupplyRefused,
    TextTo,
    TimerFired,
    Withdraw,
)
from dialogs.world import Library, World

GOOD = {"width": 4000, "height": 3000, "sharpness": 70.0, "white": 200, "contrast": 120, "card": 2600}
PHOTOS: Mapping[str, Mapping[str, Any]] = {  # what a photo of each kind measures
    "good": {},
    "blurred": {"sharpness": 5.0},
    "dark": {"white": 40},
    "glare": {"glare": 0.1},
    "cut": {"cut": "left"},
    "far": {"card": 300},
    "small": {"width": 400, "height": 300},
    "blank": {"contrast": 5},
    "same": {},  # as the one before
}
ANSWERS = (
    "received",
    "silent",
    "refused",
    "duplicate",
    "blocked",
)  # of the intake service to what is handed in
AGENT = "01REHEARSAL"  # the village agent's id
NOT_ASKED = "not_asked"  # it has no department asked for a paper
ERASED = "erased"  # it has forgotten him, as he wanted
SUPPLY_ANSWERS = ("supplied", "supply_silent", "supply_refused")  # to what was handed in later
NEWS: Mapping[str, tuple[str, Mapping[str, Any]]] = {  # what it may report: event type, its data
    "pre_review": ("pre_review_started", {}),
    "accepted": ("accepted", {"receipt_no": "S-1"}),
    "in_progress": ("stage_changed", {"stage": "in_progress"}),
    "approved": ("decided", {"result": "approved", "note": ""}),
    "denied": ("decided", {"result": "denied"}),
    "not_accepted": ("not_accepted", {}),
    "delivered": ("delivered", {"method": "electronic", "note": ""}),
    "rating": ("rating_requested", {}),
    "followup_opened": ("followup_opened", {}),
    "mended": ("followup_closed", {}),
    "withdrawn": ("withdrawn", {}),
    "closed": ("closed", {}),
}


class Impossible(Exception):
    """That cannot happen here. What to do instead is in the text."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way that was played: the script, the answers on the road, and how it ended."""

    script: str
    answers: Mapping[str, Any]
    end: str  # "submit", "outcome", "handoff", "guide"; "" while it goes on
    at: str
    needs: tuple[str, ...]
    children: tuple[str, ...] = ()  # of a package: what is handed in


class Rehearsal:
    """One conversation. Every act returns what was said in answer, in order."""

    def __init__(self, library: Library, offices: Mapping[str, Office], now: datetime) -> None:
        self._library = library
        self._offices = offices
        self.now = now
        self.session = Session()
        self.choices: tuple[str, ...] = ()  # ids of the buttons on the newest message that has some
        self.wants_photo = ""  # the page a photo was last asked for
        self.way: Way | None = None
        self._sent = 0
        self._look = "0" * 64  # of the newest photo
        self._supplies: list[Supply] = []
        self._timers: dict[tuple[str, str], datetime] = {}

    def open(self) -> list[str | Outbound]:
        return self._take(Opened("REHEARSAL"))

    def say(self, text: str) -> list[str | Outbound]:
        return self._take(MessageReceived(Inbound(self._key(), self.now, text=text)))

    def tap(self, number: int) -> list[str | Outbound]:
        """Tap a button of the newest message, counted from 1."""
        if not 1 <= number <= len(self.choices):
            raise Impossible(f"There are {len(self.choices)} buttons.")
        return self.tap_id(self.choices[number - 1])

    def tap_id(self, choice: str) -> list[str | Outbound]:
        return self._take(MessageReceived(Inbound(self._key(), self.now, choice=choice)))

    def photo(self, kind: str) -> list[str | Outbound]:
        """Send a photo of this kind and have it judged at once."""
        if kind not in PHOTOS and kind not in FAULTS:
            raise Impossible(f"A photo is {', '.join((*PHOTOS, *FAULTS))}.")
        name = self._key()
        said = self._take(MessageReceived(Inbound(name, self.now, media=(Media(name),))))
        return [*said, *self._judge(name, kind)] if name in self.session.judging else said

    def _judge(self, name: str, kind: str) -> list[str | Outbound]:
        if kind in FAULTS:
            return self._take(PhotoMeasured(name, fault=kind))
        if kind != "same":
            self._look = hashlib.sha256(name.encode()).hexdigest()  # different photos look different
        measure = {**GOOD, "look": self._look, **PHOTOS[kind]}
        return self._take(PhotoMeasured(name, f"{name}.kept", self._look, measure))

    def wait(self, span: timedelta) -> list[str | Outbound]:
        """Let time go by; timers that fall due on the way fire in their order."""
        until = self.now + span
        said: list[str | Outbound] = []
        while due := [(at, key) for key, at in self._timers.items() if at <= until]:
            self.now, (name, key) = min(due)
            del self._timers[name, key]
            said += self._take(TimerFired(name, key))
        self.now = until
        return said

    # The intake service

    def intake(self, what: str, why: str = "", how: str = "") -> list[str | Outbound]:
        """Let the intake service answer what was handed in last, or report on it.

        Of a package that is all that still runs, or one child: "denied@power".
        """
        if what == ERASED:
            return self._take(Erased("SC-0000-0000-0000"))
        if what == NOT_ASKED:
            return [said for event in self._not_asked() for said in self._take(event)]
        if what in SUPPLY_ANSWERS:
            return self._take(self._supply_answer(what))
        what, _, child = what.partition("@")
        return [said for reference in self._meant(child) for said in self._one(reference, what, why, how)]

    def _meant(self, child: str) -> list[str]:
        """Return the references of what was handed in last."""
        if not self.session.cases:
            raise Impossible("Nothing has been handed in yet.")
        last, case = list(self.session.cases.items())[-1]
        if not case["package"]:
            return [last]
        members = {
            reference: each
            for reference, each in self.session.cases.items()
            if each["package"] == case["package"]
        }
        if not child:
            return [reference for reference, each in members.items() if not each["ended"]]
        if found := [reference for reference, each in members.items() if each["child"] == child]:
            return found
        raise Impossible(f"The package has {', '.join(each['child'] for each in members.values())}.")

    def report(
        self, what: str, data: Mapping[str, Any], *, ahead: int = 0, child: str = ""
    ) -> list[str | Outbound]:
        """Let the intake service report an event of its contract on what was handed in last.

        ahead: 0 for the next one, 1 for the one after it, -1 for one that was heard already.
        child: of a package, whom it is about.
        """
        reference = self._meant(child)[0]
        case = self.session.cases[reference]
        seq = case["seq"] + 1 + ahead
        return self._take(ProgressReported(reference, case["number"], seq, what, self.now, data))

    # Village agents

    def agent_in(self, name: str, village: str) -> list[str | Outbound]:
        """Sign a village agent in, as the code an operator gave him does."""
        return self._take(AgentSignedIn(AGENT, name, village))

    def agent_out(self) -> list[str | Outbound]:
        """Remove him."""
        return self._take(AgentDismissed(AGENT))

    def _not_asked(self) -> list[Event]:
        """Return the refusal to have a department asked, for each paper of the last case that wants it."""
        reference = self._meant("")[0]
        answers = self.session.cases[reference]["answers"]
        papers = dict.fromkeys(key.partition(".")[0] for key, each in answers.items() if is_lookup(each))
        if not papers:
            raise Impossible("No department is to be asked for anything.")
        return [LookupRefused(reference, paper, "refused") for paper in papers]

    def _supply_answer(self, what: str) -> Event:
        if not self._supplies:
            raise Impossible("Nothing was handed in later.")
        sent = self._supplies[-1]
        if what == "supply_silent":
            return SupplyDelayed(sent.reference, sent.key)
        if what == "supply_refused":
            return SupplyRefused(sent.reference, sent.key, "refused")
        office = next(iter(self._offices.values()))
        return SupplyReceived(sent.reference, sent.key, office.due(self.now, 1, "working").day.isoformat())

    def _one(self, reference: str, what: str, why: str, how: str) -> list[str | Outbound]:
        case = self.session.cases[reference]
        if what in ANSWERS:
            return self._take(self._answer(what, reference))
        if what not in NEWS:
            raise Impossible(f"The intake service says {', '.join((*ANSWERS, *NEWS))}.")
        if not case["number"]:
            raise Impossible("It has no number yet: `:intake received` first.")
        if what in ("denied", "not_accepted") and not (why and how):
            raise Impossible(f"Say why and how: `:intake {what} 材料看不清 / 重新拍一张`.")
        kind, data = NEWS[what]
        more = {"why": why, "how": how, "rights": ""} if why else {}
        if what == "accepted":
            more = {"promised_by": self._promised(self._item(case))}
        elif what == "followup_opened":
            more = {"contact_by": self._working_day(self._item(case), 1)}
        elif what == "mended":
            more = {"result": why, "rerate_until": self._working_day(self._item(case), 5)}
        event = ProgressReported(reference, case["number"], case["seq"] + 1, kind, self.now, {**data, **more})
        return self._take(event)

    def _answer(self, what: str, reference: str) -> Event:
        if what == "silent":
            return ApplicationDelayed(reference)
        if what == "refused":
            return ApplicationRefused(reference, "refused")
        if what == "blocked":
            return ApplicationRefused(reference, "urn:zerotrip:intake:deferral-blocked")
        if what == "duplicate":
            return ApplicationRefused(reference, "duplicate", self._known_number())
        item = self._item(self.session.cases[reference])
        limit = item.limits.answer
        due = self._offices[item.office].due(self.now, limit.days if limit else 1, "working")
        number = f"CS-{self.now:%m%d}-{list(self.session.cases).index(reference) + 1:04}"
        return ApplicationReceived(reference, number, due.day.isoformat())

    def _known_number(self) -> str:
        """Return the number of what he has handed in before, or of something nobody here knows."""
        known = (case["number"] for case in self.session.cases.values() if case["number"])
        return next(known, "CS-0101-0001")

    def _item(self, case: Mapping[str, Any]) -> Item:
        return filing(self._library.scripts[case["script"]], case["child"]).item

    def _promised(self, item: Item) -> str:
        limit = item.limits.promised
        return self._offices[item.office].due(self.now, limit.days, limit.kind).day.isoformat()

    def _working_day(self, item: Item, days: int) -> str:
        return self._offices[item.office].due(self.now, days, "working").day.isoformat()

    # Turns

    def _take(self, event: Event) -> list[str | Outbound]:
        """Take a turn. The session is written and read again, as between any two turns."""
        world = World(self._library, self._offices, self.now)
        turn = advance(world, load(dump(self.session)), event)
        before, self.session = self.session, turn.session
        self._remember(before, turn.effects)
        self.now += timedelta(seconds=5)
        return [shown for effect in turn.effects if (shown := self._carry(effect))]

    def _carry(self, effect: Effect) -> str | Outbound:
        """Return how an order looks on the stage, "" when it is not seen."""
        match effect:
            case Say(message):
                self.choices = tuple(choice.id for choice in message.choices) or self.choices
                wanted = message.card is not None and message.card.kind == "photo"
                self.wants_photo = message.card.title if wanted and message.card else ""
                return message
            case SetTimer(name, key, due):
                self._timers[name, key] = due
                return ""
            case Submit(reference, _, pages):
                return f"handed in: {reference}, {len(pages)} photos. Next: :intake received"
            case Supply(_, number, kind, _, _, pages):
                self._supplies.append(effect)
                return f"handed in later for {number}: {kind}, {len(pages)} photos. Next: :intake supplied"
            case OpenTicket(reason):
                return f"a ticket for a person: {reason}"
            case Withdraw(_, number):
                return f"asked to take {number} back. Next: :intake withdrawn"
            case Rate(_, number, code, words):
                return f"rated {number}: {code}{f', {words!r}' if words else ''}"
            case TextTo(_, phone, text):
                return f"a text message to {phone}: {text}"
            case Erase():
                return "asked to forget him. Next: :intake erased"
            case ForgetPerson():
                self.session, self._timers = Session(), {}  # who writes next is somebody new
                return "forgotten"
            case MeasurePhoto():
                return ""
        return ""

    def _remember(self, before: Session, effects: tuple[Effect, ...]) -> None:
        """Keep the way played so far, so that it can become a scenario."""
        if any(isinstance(effect, Submit) for effect in effects):
            self.way = self._way_of(before, "submit", "")
        elif self.session.script:
            road = self._library.roads[self.session.script]
            ahead = road.stations[self.session.at] if self.session.at < len(road.stations) else None
            end = ahead.kind if ahead and isinstance(ahead.step, Ending) else ""
            if ahead and ahead.key == READ_BACK:
                self.way = self._way_of(self.session, "submit", "")
            else:
                self.way = self._way_of(self.session, end, ahead.key if ahead and end else "")

    def _way_of(self, session: Session, end: str, at: str) -> Way:
        road, today = self._library.roads[session.script], World(self._library, {}, self.now).today
        needs = road.needed(session.answers, today) if end == "submit" else ()
        package = road.handed_in(session.answers, today) if end == "submit" else ()
        children = tuple(child.id for child in package)
        return Way(session.script, session.answers, end, at, tuple(paper.id for paper in needs), children)

    def _key(self) -> str:
        self._sent += 1
        return f"message{self._sent}"
