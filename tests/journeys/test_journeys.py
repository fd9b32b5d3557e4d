"""Whole conversations, written down in YAML for people who know the office and not the program.

Each file beside this one is one story: who it is about, when it begins (Beijing time), what happens:

    say:    what she writes              tap:   the button she taps, by its words
    photo:  a photo she sends: good, blurred, dark, cut, same, not_a_photo ...
    intake: what the intake service does: received, silent, accepted, approved, "denied WHY / HOW",
            "mended WHAT" ... of a package (一件事) to all that runs, or to one child: approved@water
    report: an event of the contract, with its data under `with`; `ahead: 1` comes too early, -1 again
    wait:   how long nothing happens: 30m, 2h, 3d

Every step may say what she must hear in answer, `hear`, in this order, or `hear: nothing`. At the end, `end`
says what must be true: what was handed in, which tickets a person has, what was never said.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.commands.rehearsal import Rehearsal
from dialogs.calendar import ZONE
from dialogs.messages import Outbound
from dialogs.office import offices
from dialogs.script.loader import shipped
from dialogs.turn import AskDepartment, Effect, FetchProgress, OpenTicket, Rate, Submit, Supply
from dialogs.world import Library
from storage import calendar

STORIES = sorted(Path(__file__).parent.glob("*.yaml"))
ACTS = ("report", "say", "tap", "photo", "intake", "wait")
SPANS = {"m": "minutes", "h": "hours", "d": "days"}


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

    def act(self, step: dict[str, Any]) -> list[str]:
        """Do what the step says; return what was said in answer."""
        (name,) = [act for act in ACTS if act in step]
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

    def _wait(self, span: str) -> list[str | Outbound]:
        return self.wait(timedelta(**{SPANS[span[-1]]: int(span[:-1])}))

    def _carry(self, effect: Effect) -> str | Outbound:
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
            "departments": [
                f"{each.question['department']} {each.question['material']}"
                for each in self.orders
                if isinstance(each, AskDepartment)
            ],
            "looked_up": list(submits[-1].application.get("lookups", ())) if submits else [],
            "later": [
                sorted(
                    [f"{page['material']}.{page['page']}" for page in each.pages]
                    + [row["key"] for row in each.supplement["answers"]]
                )
                for each in self.orders
                if isinstance(each, Supply)
            ],
            "fetched": sum(isinstance(each, FetchProgress) for each in self.orders),
            "tickets": [each.reason for each in self.orders if isinstance(each, OpenTicket)],
            "language": self.session.lang,
        }


def _keys(submit: Submit) -> list[str]:
    return [row["key"] for row in submit.application["answers"]]


def read(file: Path) -> dict[str, Any]:
    story: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return story


@pytest.mark.parametrize("file", STORIES, ids=lambda file: file.stem)
def test_the_story_goes_as_it_is_written(file: Path) -> None:
    written = read(file)
    begins = datetime.fromisoformat(written["begins"]).replace(tzinfo=ZONE).astimezone(UTC)
    story = Story(begins)
    story.heard(story.open())

    for number, step in enumerate(written["steps"], start=1):
        answer = "\n".join(story.act(step))
        assert answer == "" or step.get("hear") != "nothing", f"step {number}, {step}: {answer}"
        _in_order(
            answer, [] if step.get("hear") == "nothing" else step.get("hear", []), f"step {number}, {step}"
        )

    truth = story.truth()
    expected = dict(written["end"])
    never = expected.pop("never_said", [])
    assert {key: truth[key] for key in expected} == expected
    for words in never:
        assert words not in "\n".join(story.texts)


def _in_order(answer: str, parts: str | list[str], where: str) -> None:
    place = 0
    for part in [parts] if isinstance(parts, str) else parts:
        found = answer.find(part, place)
        assert found >= 0, f"{where}: “{part}” was not said. It was:\n{answer}"
        place = found + len(part)


def test_every_story_tells_who_and_why() -> None:
    for file in STORIES:
        written = read(file)
        assert written.keys() == {"title", "about", "begins", "steps", "end"}, file.name
        assert re.search("[一-鿿]", written["title"]), file.name


def test_the_stories_meet_both_services_and_every_way_to_end() -> None:
    told = "\n".join(file.read_text(encoding="utf-8") for file in STORIES)

    assert len(STORIES) >= 11
    for words in (
        "养老认证",
        "想在常山交社保",
        "denied",
        "not_accepted",
        "withdrawn",
        "silent",
        "重来",
        "人工",
    ):
        assert words in told
