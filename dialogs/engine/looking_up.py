"""部门核验: a paper he does not have with him is asked about at the department that knows, with his consent.

What he agrees to is kept in place of its photos (consenting). The department answers by a person; silence is
never a yes. The road goes on meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialogs.engine import consenting, deferring
from dialogs.engine.notice import pages
from dialogs.engine.talk import Floor, Talk
from dialogs.script import Material
from dialogs.script.road import Station
from dialogs.turn import AskDepartment

ASIDE = "look_up"


def can(talk: Talk, station: Station) -> bool:
    """Say whether a department can be asked instead of this page, with nothing of its paper taken yet."""
    material = station.step
    return (
        isinstance(material, Material) and material.asked is not None and deferring.untouched(talk, station)
    )


def is_lookup(value: Any) -> bool:
    """Say whether what is kept for a page is a look-up, and no photo."""
    return isinstance(value, dict) and "lookup" in value


def offer(talk: Talk, station: Station) -> None:
    """Ask for the consent to this one question."""
    material = station.step
    assert isinstance(material, Material)
    assert material.asked is not None
    title, department = talk.pick(material.title), material.asked.department
    text = talk.words("engine.lookup_offer", title=title, department=department)
    consenting.begin(talk, ASIDE, station, text)


def named(talk: Talk) -> list[str]:
    """Return the papers on the road that a department is to answer for."""
    answers = talk.session.answers
    found = (page.step.id for page in pages(talk) if page.step and is_lookup(answers.get(page.key)))
    return list(dict.fromkeys(found))


def orders(talk: Talk, reference: str) -> list[AskDepartment]:
    """Return what departments are to be asked for a case that has its number."""
    case = talk.session.cases[reference]
    script = talk.world.library.scripts.get(case["script"])
    known = {each.id: each for each in script.materials} if script else {}
    found: dict[str, AskDepartment] = {}
    for key, value in case["answers"].items():
        paper = known.get(key.partition(".")[0])
        if paper is None or paper.asked is None or not is_lookup(value):
            continue
        found[paper.id] = AskDepartment(
            reference,
            case["number"],
            {
                "material": paper.id,
                "department": paper.asked.department,
                "title": talk.pick(paper.title),
                "question": paper.asked.question,
                "consent_sha256": value["lookup"]["text_sha256"],
            },
        )
    return list(found.values())


# The consent


def _agreed(talk: Talk, station: Station, text: str) -> None:
    consenting.keep_for_paper(talk, station, {"lookup": consenting.evidence(talk, text)})


def _declined(talk: Talk, station: Station) -> None:
    """Then the paper itself; where it may be owed, that is offered."""
    talk.say("engine.lookup_declined")
    if deferring.can(talk, station):
        deferring.offer(talk, station)


FLOORS: Mapping[str, Floor] = {ASIDE: consenting.floor(_agreed, _declined)}
