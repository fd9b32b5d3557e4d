"""What he keeps and what he looks up: the receipt, and how far each case is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialogs.engine.cases import packages
from dialogs.engine.cases.asked import ask_of, titles, wanted_items
from dialogs.engine.cases.book import Case, due_day, filing_of, number_of, spoken_day, spoken_moment, title_of
from dialogs.engine.cases.reports import ENDED, ROAD, STEPS, USUAL_STAGES
from dialogs.engine.talk import Talk
from dialogs.engine.villagers import of_whom, shown
from dialogs.messages import Card


def receipt(talk: Talk, reference: str) -> Card:
    """Return the slip he keeps: the number, and who answers by when. The first one is marked: what belongs
    to handing in at all, and not to this case, is said with it."""
    case = talk.session.cases[reference]
    rows = [("progress.receipt_service", title_of(talk, case))]
    if made := filing_of(talk, case):
        rows.append(("progress.receipt_office", talk.pick(made.item.authority)))
    if case["due"]:
        rows.append(("progress.receipt_day", due_day(talk, case)))
    body: dict[str, Any] = {
        "number": case["number"],
        "rows": [{"label": talk.words(key), "value": value} for key, value in rows],
    }
    if sum(bool(each["number"]) for each in talk.session.cases.values()) == 1:
        body["first"] = True
    return Card("receipt", talk.words("progress.receipt"), body)


def card(talk: Talk, reference: str) -> Card:
    """Return how far the case is, step by step, each with its day; of a package, how all of it stands."""
    case = talk.session.cases[reference]
    if package := packages.members(talk, case):
        return packages.card(talk, package)
    reached = {_at(case): "", **case["at"]}
    is_over = not set(ENDED).isdisjoint(reached)
    steps = [
        {
            "label": _label(talk, state, case),
            "state": _standing(state, case, reached),
            "at": _when(talk, state, case, reached),
        }
        for state in STEPS
        if state in reached or (_lies_ahead(state, reached) and not is_over)
    ]
    steps[1:1] = _looked_up(talk, case)
    body = {"number": number_of(reference, case), "title": title_of(talk, case), "steps": steps}
    return Card("progress", talk.words("progress.card"), body)


def _looked_up(talk: Talk, case: Case) -> list[dict[str, str]]:
    """Return a line for each paper a department has confirmed: who did, and when."""
    found = [each for each in case.get("looked_up", {}).values() if each["result"] == "confirmed"]
    return [
        {
            "label": talk.words(
                "progress.step_looked_up", **{n: each[n] for n in ("title", "department", "officer")}
            ),
            "state": "done",
            "at": spoken_moment(talk, each["at"]),
        }
        for each in found
    ]


def _at(case: Case) -> str:
    """Return the step on which the case stands: after a correction it is not where it once began."""
    corrected = case["state"] == "submitted" and "correction_asked" in case["at"]
    return "correction_asked" if corrected else str(case["state"])


def _lies_ahead(state: str, reached: Mapping[str, str]) -> bool:
    owing = state == "accepted" and "accepted_deferred" in reached
    return state in ROAD and not owing


def _label(talk: Talk, state: str, case: Case) -> str:
    """Return a step's name; where the office said which stage it is at, that too."""
    if state == "correction_asked" and (case["state"] != state or _is_sent(case)):
        return talk.words("progress.step_corrected")
    label = talk.words(f"progress.step_{state}")
    stage = case.get("stage", "")
    named = state == case["state"] == "in_progress" and stage not in USUAL_STAGES
    return talk.words("progress.step_at_stage", step=label, stage=stage) if named else label


def _is_sent(case: Case) -> bool:
    ask = ask_of(case)
    return bool(ask and ask["kind"] == "correction" and ask["sent"])


def _standing(state: str, case: Case, reached: Mapping[str, str]) -> str:
    if state not in reached:
        return "todo"
    if state in ENDED:
        return "stopped"
    return "now" if state == _at(case) and state != "delivered" else "done"


def _when(talk: Talk, state: str, case: Case, reached: Mapping[str, str]) -> str:
    """Say when a step was reached; of the present one rather what is promised next."""
    promised = promise(talk, case).rstrip("。.") if state == _at(case) else ""
    return promised or spoken_day(talk, reached.get(state, ""))


def where(talk: Talk, reference: str) -> str:
    """Return how a case goes in words: where it is, what is promised, what is wanted of him."""
    case = talk.session.cases[reference]
    lines = [
        talk.words(
            "progress.is_at",
            title=title_of(talk, case),
            number=case["number"] or reference,
            state=_label(talk, _at(case), case),
        )
    ]
    return "\n".join([*lines, *filter(None, (promise(talk, case), _owed(talk, case), _parcel(talk, case)))])


def _owed(talk: Talk, case: Case) -> str:
    """Say what he has still to give, and by which word."""
    ask, items = ask_of(case), wanted_items(talk, case)
    if ask is None or not items:
        return ""
    day = spoken_day(talk, ask["by"], provisional=ask["provisional"])
    return talk.words("progress.owed", count=len(items), titles=titles(talk, items), day=day)


def _parcel(talk: Talk, case: Case) -> str:
    parcel = case.get("parcel")
    return talk.words("progress.parcel", **parcel) if parcel and case["state"] != "delivered" else ""


def tell_all(talk: Talk) -> bool:
    """Say how every case goes, the newest last, villagers' person by person; False when there is none."""
    seen = shown(talk)
    for reference, case in seen.items():
        package = packages.members(talk, case)
        if not package or reference == next(iter(package)):
            tell(talk, reference)
    return bool(seen)


def tell(talk: Talk, reference: str) -> None:
    """Say how one case goes; of a package, all of it."""
    case = talk.session.cases[reference]
    if package := packages.members(talk, case):
        packages.tell(talk, package)
    else:
        talk.tell(of_whom(talk, case, where(talk, reference)), card(talk, reference))


def promise(talk: Talk, case: Case) -> str:
    """Say what is promised by when: a word from us first, then that it is done."""
    if (
        not case["due"] or case["state"] == "correction_asked"
    ):  # that day is his, and said with what is wanted
        return ""
    kind = "answer" if case["state"] in ("submitted", "pre_review") else "done"
    return talk.words(f"progress.due_{kind}", day=due_day(talk, case))
