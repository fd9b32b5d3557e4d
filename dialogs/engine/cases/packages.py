"""A package (一件事) as the applicant sees it: its children stand and fall alone, one card shows them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from dialogs.engine.cases.book import Case, about, number_of, spoken_day, title_of
from dialogs.engine.cases.reports import ENDED, ROAD
from dialogs.engine.talk import Talk
from dialogs.engine.villagers import of_whom
from dialogs.messages import Card

_DONE = ("approved", "delivered", "closed")
_BUSY = (
    "sending",
    "delayed",
    *(state for state in ROAD if state not in _DONE),
    "accepted_deferred",
    "suspended",
)

_WAITS = "correction_asked"  # for him, so it is not among those that are simply under way


def members(talk: Talk, case: Case) -> Mapping[str, Case]:
    """Return what was handed in together with `case`, by reference; nothing when it stands for itself."""
    package = case.get("package")
    cases = talk.session.cases
    return {own: each for own, each in cases.items() if package and each.get("package") == package}


def standing(talk: Talk, package: Mapping[str, Case]) -> str:
    """Say in one line how a package stands: 低保家庭四项补助，4件：3件办好了，1件没批。"""
    counted = Counter(_group(talk, each) for each in package.values())
    part = "progress.package_part"
    parts = [talk.words(part, count=count, state=state) for state, count in counted.items()]
    return talk.words(
        "progress.package",
        title=_title(talk, package),
        count=len(package),
        parts=talk.words("progress.package_comma").join(parts),
    )


def within(talk: Talk, reference: str, text: str, *, vital: bool) -> str:
    """Return news of a case as its package tells it: which part it is about, and how all of it stands."""
    case = talk.session.cases[reference]
    package = members(talk, case)
    told = about(talk, case, text)
    return f"{told}\n{standing(talk, package)}" if package and vital else told


def _group(talk: Talk, case: Case) -> str:
    """Say in a word how one of them stands; whatever is still with the office is 在办."""
    over = verdict(case)
    if over in _BUSY:
        return talk.words("progress.package_busy")
    return talk.words("progress.package_done" if over in _DONE else f"progress.step_{over}")


def verdict(case: Case) -> str:
    """Return the state a case has come to: a refusal stays one after its file is handed over and closed."""
    reached = {*case["at"], case["state"]}
    return next((state for state in ENDED if state in reached), case["state"])


def _title(talk: Talk, package: Mapping[str, Case]) -> str:
    first = next(iter(package.values()))
    script = talk.world.library.scripts.get(first["script"])
    return talk.pick(script.title) if script else first["service"]


def card(talk: Talk, package: Mapping[str, Case]) -> Card:
    """Return the one progress card of a package: a line for each child."""
    steps = [_line(talk, reference, case) for reference, case in package.items()]
    first = next(iter(package.values()))
    body = {"number": "", "package": first["package"], "title": _title(talk, package), "steps": steps}
    return Card("progress", standing(talk, package).rstrip("。."), body)


def _line(talk: Talk, reference: str, case: Case) -> dict[str, str]:
    over = verdict(case)
    state = "done" if over in _DONE else "now" if over in (*_BUSY, _WAITS) else "stopped"
    if over == case["state"] and state == "now" and case["due"]:
        when = talk.words("progress.package_by", day=spoken_day(talk, case["due"]))
    else:
        when = spoken_day(talk, case["at"].get(over, ""))
    at = " ".join(part for part in (talk.words(f"progress.step_{over}"), when) if part)
    return {"label": f"{title_of(talk, case)} {number_of(reference, case)}", "state": state, "at": at}


def tell(talk: Talk, package: Mapping[str, Case]) -> None:
    """Say how all of a package stands: in one line, then child by child."""
    rows = [
        talk.words("engine.row", label=line["label"], value=line["at"])
        for line in (_line(talk, reference, case) for reference, case in package.items())
    ]
    first = next(iter(package.values()))
    talk.tell(of_whom(talk, first, "\n".join([standing(talk, package), *rows])), card(talk, package))
