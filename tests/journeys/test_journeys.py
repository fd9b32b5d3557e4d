"""Whole conversations, written down in YAML for people who know the office and not the program.

Each file beside this one is one story: who it is about, when it begins (Beijing time), what happens:

    say:    what she writes              tap:   the button she taps, by its words
    photo:  a photo she sends: good, blurred, dark, cut, same, not_a_photo ...
    intake: what the intake service does: received, silent, not_asked, accepted, approved, "denied WHY / HOW",
            "mended WHAT" ... of a package (一件事) to all that runs, or to one child: approved@water
    agent:  a village agent signs in, "球川村 叶某某", also again with a new code; or is removed
    office: what somebody of the office does, with what he fills in under `with`; `refused` when he is not let
    report: an event of the contract, with its data under `with`; `ahead: 1` comes too early, -1 again
    wait:   how long nothing happens: 30m, 2h, 3d

Every step may say what she must hear in answer, `hear`, in this order (news of several cases: `order: any`),
or `hear: nothing`. At the end, `end` says what must be true: what was handed in, which tickets a person has,
what was never said, and under `office` what the office has. A step for the rehearsal alone (an outage, a
repeat) says so: `only`.

Here all stories are rehearsed: the engine alone. Those of acceptance (`tells`) are played on the real
product, too (test_played.py); where WeChat lets only a short notice through, `notice` says what is in it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.journeys.rehearsed import Story
from tests.journeys.stories import STORIES, begins, held_against, read, span

KEYS = {"title", "about", "begins", "steps", "end"}


@pytest.mark.parametrize("file", STORIES, ids=lambda file: file.stem)
def test_the_story_goes_as_it_is_written(file: Path) -> None:
    written = read(file)
    story = Story(begins(written))
    story.heard(story.open())

    for number, step in enumerate(written["steps"], start=1):
        answer = "\n".join(story.act(step))
        assert answer == "" or step.get("hear") != "nothing", f"step {number}, {step}: {answer}"
        held_against(answer, step, f"step {number}, {step}")

    truth = story.truth()
    beside = ("never_said", "office", "filed_within")
    expected = {key: value for key, value in written["end"].items() if key not in beside}
    assert {key: truth[key] for key in expected} == expected
    if within := written["end"].get("filed_within"):
        assert story.filed - begins(written) <= span(within)
    for words in written["end"].get("never_said", []):
        assert words not in "\n".join(story.texts)


def test_every_story_tells_who_and_why() -> None:
    for file in STORIES:
        written = read(file)
        assert written.keys() - {"tells"} == KEYS, file.name
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
