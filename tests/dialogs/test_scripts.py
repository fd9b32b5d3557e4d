"""The shipped scripts keep the promises of the product."""

import re
from pathlib import Path
from statistics import median
from typing import get_args

import pytest

from dialogs.script import Choice, Ending, Part, Script, Step, loader
from dialogs.script.check import check
from dialogs.script.conditions import FUNCTIONS, readables
from dialogs.script.situations import situations
from tests.dialogs.scripts import TODAY

SHIPPED = {each.id: each for each in loader.shipped()}
ENROLMENT = SHIPPED["flexible_enrolment"]


@pytest.fixture(params=SHIPPED)
def script(request: pytest.FixtureRequest) -> Script:
    return SHIPPED[request.param]


def test_every_situation_ends(script: Script) -> None:
    ways = situations(script, TODAY)

    assert ways.coverage == "every"
    assert {each.end for each in ways.all} - {"guide"} >= {"handoff", "outcome"}
    assert {each.end for each in ways.all} & {"submit", "guide"}


def test_nothing_is_open_but_the_bureaus_own_confirmation(script: Script) -> None:
    assert [(each.tier, each.code) for each in check(script, TODAY)] == [("warning", "unverified")]


def test_it_is_as_short_as_the_errand_allows(script: Script) -> None:
    ways = [each for each in situations(script, TODAY).all if each.end == "submit"]
    asked = {step.id for step in script.situation if not isinstance(step, Ending)}
    assert ways or not (script.form or script.materials)  # a guide asks for nothing that nobody is given

    # Whoever acts for somebody else shows his own card and the paper that says he may; that, and what a
    # shop or a household has to show besides the identity card, comes on top.
    more = {paper.id: len(paper.pages) for paper in script.materials if paper.id != "id_card"}
    own = [each for each in ways if each.answers.get("who", "self") == "self"]
    assert all(len(asked & set(each.steps)) <= 10 for each in ways)
    assert (
        median([each.messages - sum(more.get(name, 0) for name in each.materials) for each in own] or [0])
        <= 14
    )


def test_every_end_has_a_scenario(script: Script) -> None:
    ends = {step.id for step in (*script.situation, *script.form) if isinstance(step, Ending)}
    expected = [each.expect for each in script.scenarios]
    played = {each.outcome or each.handoff or each.guide for each in expected} - {None}

    assert len(ends - played) <= 3


def test_whoever_is_not_sure_meets_a_person_or_goes_on(script: Script) -> None:
    ways = situations(script, TODAY).all
    unsure = [each for each in ways if "unsure" in each.answers.values()]

    assert unsure
    assert all(each.end in ("handoff", "submit") for each in unsure)


def test_a_local_worker_without_an_employer_needs_his_identity_card_only() -> None:
    ways = [
        each
        for each in situations(ENROLMENT, TODAY).all
        if each.answers.get("hukou") == "local" and each.end == "submit"
    ]

    assert {each.materials for each in ways} == {("id_card",)}
    assert next(paper.pages for paper in ENROLMENT.materials if paper.id == "id_card") == ["front", "back"]
    assert max(each.messages for each in ways) <= 14


def test_a_bank_card_is_asked_for_debit_only() -> None:
    for each in situations(ENROLMENT, TODAY).all:
        if each.end == "submit":
            assert ("bank_card" in each.steps) is (each.answers["pay_by"] == "debit")


def test_a_registration_elsewhere_changes_the_papers() -> None:
    papers = {
        each.answers["tie"]: each.materials
        for each in situations(ENROLMENT, TODAY).all
        if each.end == "submit" and "tie" in each.answers
    }

    assert papers == {
        "ten_years": ("id_card", "residence_permit"),
        "own_shop": ("id_card", "business_licence"),
    }


def test_options_out_of_a_table_can_be_offered() -> None:
    level = next(step for step in ENROLMENT.form if step.id == "level")

    assert isinstance(level, Choice)
    assert list(ENROLMENT.options(level, TODAY)) == ["l60", "l80", "l100", "l200", "l300"]
    assert readables(ENROLMENT)["level"].options == set(ENROLMENT.options(level, TODAY))


def test_the_manual_names_every_key_kind_and_function() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "scripts.md").read_text(encoding="utf-8")
    words = set(re.findall(r"[\w-]+", manual))
    parts: list[type[Part]] = [Script, *_below(Part)]
    keys = {each.alias or name for part in parts for name, each in part.model_fields.items()}
    kinds = {
        get_args(part.model_fields["kind"].annotation)[0]
        for part in _below(Step)
        if "kind" in part.model_fields
    }

    assert keys - words == set()
    assert kinds - words == set()
    assert set(FUNCTIONS) - words == set()


def _below(part: type[Part]) -> list[type[Part]]:
    return [each for child in part.__subclasses__() for each in (child, *_below(child))]
