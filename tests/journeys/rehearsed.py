"""A story played on the rehearsal stage: the engine alone, at once, with an office that is acted.

What the real office would tell, with its days, is worked out by the same calendar (acted.py). The same story
with the real one is played by played.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from bot.commands.rehearsal import Rehearsal
from dialogs.messages import Outbound
from dialogs.office import offices
from dialogs.script.loader import shipped
from dialogs.turn import (
    AskDepartment,
    Effect,
    FetchProgress,
    ForgetFile,
    OpenTicket,
    Rate,
    Submit,
    Supply,
    TextTo,
)
from dialogs.world import Library
from storage import calendar
from tests.journeys.acted import QUIET, TELLING, Scene
from tests.journeys.stories import Step, act_of, span

UNTOLD = frozenset({"words", "child", "late_reason"})  # of what the office fills in: what no applicant hears


@cache
def library() -> Library:
    return Library.of(shipped())


class Story(Rehearsal):
    """A rehearsal that follows a story, and remembers what was said and ordered."""

    def __init__(self, begins: datetime) -> None:
        working = {each.id: each.with_calendar(calendar.announced()) for each in offices().values()}
        super().__init__(library(), working, begins)
        self.texts: list[str] = []
        self.buttons: dict[str, str] = {}
        self.orders: list[Effect] = []
        self.filed = begins  # when something was handed in last
        self._rounds = 0
        self._mended = ""

    def act(self, step: Step) -> list[str]:
        """Do what the step says; return what was said in answer."""
        name = act_of(step)
        if name == "office":
            return self.heard(self._office(str(step[name]), step.get("with", {}), step.get("refused", "")))
        if name == "report":
            return self.heard(self.report(step[name], step.get("with", {}), ahead=step.get("ahead", 0)))
        return self.heard(getattr(self, f"_{name}")(str(step[name])))

    def heard(self, said: list[str | Outbound]) -> list[str]:
        messages = [each for each in said if isinstance(each, Outbound)]
        for message in messages:
            if message.choices:
                self.buttons = {choice.label: choice.id for choice in message.choices}
        self.texts += [message.text for message in messages]
        return [message.text for message in messages]

    def _say(self, text: str) -> list[str | Outbound]:
        return self.say(text)

    def _tap(self, label: str) -> list[str | Outbound]:
        assert label in self.buttons, f"there is no button {label}, only {', '.join(self.buttons)}"
        return self.tap_id(self.buttons[label])

    def _photo(self, kind: str) -> list[str | Outbound]:
        return self.photo(kind)

    def _intake(self, words: str) -> list[str | Outbound]:
        what, _, rest = words.partition(" ")
        why, _, how = rest.partition("/")
        return self.intake(what, why.strip(), how.strip())

    def _office(self, act: str, given: Mapping[str, Any], refused: str) -> list[str | Outbound]:
        """Let the office act. What it is not let do has no effect; the real one shows that it is not."""
        if act == "fixed":
            self._mended = given["words"]
        if refused or act in QUIET:
            return []
        told_of = {name: value for name, value in given.items() if name not in UNTOLD}
        kind, told = TELLING[act](self._scene(), told_of)
        self._rounds += kind == "correction_requested"
        return self.report(kind, told, child=str(given.get("child", "")))

    def _agent(self, words: str) -> list[str | Outbound]:
        """Sign the village agent in, named with his village; or remove him."""
        if words == "removed":
            return self.agent_out()
        village, name = words.split()
        return self.agent_in(name, village)

    def _scene(self) -> Scene:
        case = list(self.session.cases.values())[-1]
        item = self._item(case)
        submits = [each.application for each in self.orders if isinstance(each, Submit)]
        office = self._offices[item.office]
        days = item.limits.promised.days
        return Scene(office, self.now, submits[-1], days, self._rounds, self._mended, self._late())

    def _late(self) -> list[Mapping[str, Any]]:
        """Return what was promised after handing in."""
        later = (each.supplement for each in self.orders if isinstance(each, Supply))
        return [promise for each in later for promise in each.get("deferred", ())]

    def _wait(self, words: str) -> list[str | Outbound]:
        return self.wait(span(words))

    def _carry(self, effect: Effect) -> str | Outbound:
        if isinstance(effect, Submit):
            self.filed = self.now
        self.orders.append(effect)
        return super()._carry(effect)

    # What is true at the end

    def truth(self) -> dict[str, Any]:
        """Return what a story may ask about its end."""
        submits = [each for each in self.orders if isinstance(each, Submit)]
        cases = list(self.session.cases.values())
        return {
            "handed_in": len(submits),
            "answers": {row["key"]: row["value"] for row in submits[-1].application["answers"]}
            if submits
            else {},
            "photos": [f"{page['material']}.{page['page']}" for page in submits[-1].pages] if submits else [],
            "flags": sorted({flag for each in submits for page in each.pages for flag in page["flags"]}),
            "state": cases[-1]["state"] if cases else "",
            "rating": cases[-1]["rating"] if cases else "",
            "children": {case["child"]: case["state"] for case in cases if case["child"]},
            "given": {each.application["service"]["id"]: _keys(each) for each in submits},
            "photos_each": [len(each.pages) for each in submits],
            "marks": [
                " ".join(filter(None, [str(each.code), each.words, "named" if each.named else ""]))
                for each in self.orders
                if isinstance(each, Rate)
            ],
            "promised": [each["material"] for each in submits[-1].application.get("deferred", ())]
            if submits
            else [],
            "promised_later": [each["material"] for each in self._late()],
            "departments": [
                f"{each.question['department']} {each.question['material']}"
                for each in self.orders
                if isinstance(each, AskDepartment)
            ],
            "looked_up": list(submits[-1].application.get("lookups", ())) if submits else [],
            "agent": named(submits[-1].application.get("agent", {})) if submits else {},
            "texts": [text_of(each.phone, each.text) for each in self.orders if isinstance(each, TextTo)],
            "later": [
                sorted(
                    [f"{page['material']}.{page['page']}" for page in each.pages]
                    + [row["key"] for row in each.supplement["answers"]]
                )
                for each in self.orders
                if isinstance(each, Supply)
            ],
            "thrown_away": sum(isinstance(each, ForgetFile) for each in self.orders),
            "fetched": sum(isinstance(each, FetchProgress) for each in self.orders),
            "tickets": [each.reason for each in self.orders if isinstance(each, OpenTicket)],
            "language": self.session.lang,
        }


def named(agent: Mapping[str, str]) -> dict[str, str]:
    """Return an agent as a story names him: no story knows his id."""
    return {name: each for name, each in agent.items() if name != "id"}


def text_of(phone: str, text: str) -> str:
    """Return a text message to a villager without what stands in each: who acts for him, and whom to ask."""
    return f"{phone} {text.partition('办的')[2].partition('。')[0]}"


def _keys(submit: Submit) -> list[str]:
    return [row["key"] for row in submit.application["answers"]]
