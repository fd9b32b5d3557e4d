"""What he keeps and what he looks up: the receipt, and how far each case is."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.engine.cases import packages
from dialogs.engine.cases.book import Case, filing_of, number_of, spoken_day, title_of
from dialogs.engine.cases.reports import ENDED, ROAD, STEPS
from dialogs.engine.talk import Talk
from dialogs.messages import Card


def receipt(talk: Talk, reference: str) -> Card:
    """Return the slip he keeps: the number, and who answers by when."""
    case = talk.session.cases[reference]
    rows = [("progress.receipt_service", title_of(talk, case))]
    if made := filing_of(talk, case):
        rows.append(("progress.receipt_office", talk.pick(made.item.authority)))
    if case["due"]:
        rows.append(("progress.receipt_day", spoken_day(talk, case["due"])))
    body = {
        "number": case["number"],
        "rows": [{"label": talk.words(key), "value": value} for key, value in rows],
    }
    return Card("receipt", talk.words("progress.receipt"), body)


def card(talk: Talk, reference: str) -> Card:
    """Return how far the case is, step by step, each with its day; of a package, how all of it stands."""
    case = talk.session.cases[reference]
    if package := packages.members(talk, case):
        return packages.card(talk, package)
    reached = {case["state"]: "", **case["at"]}
    is_over = not set(ENDED).isdisjoint(reached)
    steps = [
        {
            "label": talk.words(f"progress.step_{state}"),
            "state": _standing(state, case, reached),
            "at": _when(talk, state, case, reached),
        }
        for state in STEPS
        if state in reached or (state in ROAD and not is_over)
    ]
    body = {"number": number_of(reference, case), "title": title_of(talk, case), "steps": steps}
    return Card("progress", talk.words("progress.card"), body)


def _standing(state: str, case: Case, reached: Mapping[str, str]) -> str:
    if state not in reached:
        return "todo"
    if state in ENDED:
        return "stopped"
    return "now" if state == case["state"] and state != "delivered" else "done"


def _when(talk: Talk, state: str, case: Case, reached: Mapping[str, str]) -> str:
    """Say when a step was reached; of the present one rather what is promised next."""
    promised = promise(talk, case).rstrip("。.") if state == case["state"] else ""
    return promised or spoken_day(talk, reached.get(state, ""))


def tell_all(talk: Talk) -> bool:
    """Say how every case goes, the newest last; False when nothing was ever handed in."""
    for reference, case in talk.session.cases.items():
        package = packages.members(talk, case)
        if not package:
            _tell(talk, reference, case)
        elif reference == next(iter(package)):
            packages.tell(talk, package)
    return bool(talk.session.cases)


def _tell(talk: Talk, reference: str, case: Case) -> None:
    text = talk.words(
        "progress.is_at",
        title=title_of(talk, case),
        number=number_of(reference, case),
        state=talk.words(f"progress.step_{case['state']}"),
    )
    if case["due"]:
        text = f"{text}\n{promise(talk, case)}"
    talk.tell(text, card(talk, reference))


def promise(talk: Talk, case: Case) -> str:
    """Say what is promised by when: a word from us first, then that it is done."""
    kind = "answer" if case["state"] in ("submitted", "pre_review") else "done"
    return talk.words(f"progress.due_{kind}", day=spoken_day(talk, case["due"])) if case["due"] else ""
