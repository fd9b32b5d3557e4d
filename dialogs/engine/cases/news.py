"""News of a case, taken in its order and told in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dialogs.calendar import local_day
from dialogs.engine import keeping
from dialogs.engine.cases import asked, documents, followed, looked_up, marking, requests
from dialogs.engine.cases.book import Case, change, news_of, spoken_day
from dialogs.engine.cases.card import card
from dialogs.engine.cases.handing_in import registered
from dialogs.engine.cases.reports import OVER, REPORTS, Report
from dialogs.engine.cases.telling import tell
from dialogs.engine.talk import Talk
from dialogs.engine.villagers import follows
from dialogs.turn import FetchProgress, ProgressReported


def reported(talk: Talk, event: ProgressReported) -> None:
    """Take one event in its order: an old one is ignored, one too early is fetched with what is missing."""
    case = talk.session.cases.get(event.reference)
    if case is None or event.seq <= case["seq"]:
        return
    if event.seq > case["seq"] + 1:
        talk.do(FetchProgress(event.reference, event.number, case["seq"]))
        return
    if follows(case) and event.type in followed.HIS_ALONE:
        change(talk, event.reference, seq=event.seq)
        return
    if event.type == "preregistered" and case["state"] in ("sending", "delayed"):
        registered(
            talk,
            event.reference,
            event.number,
            event.data.get("answer_by", ""),
            event.seq,
            provisional=bool(event.data.get("provisional")),
        )
    elif event.type == "rating_requested":
        marking.requested(talk, event)
    elif event.type in ("followup_opened", "followup_closed"):
        marking.followed(talk, event)
    elif event.type in _OTHERS:
        change(talk, event.reference, seq=event.seq)
        _OTHERS[event.type](talk, event, talk.session.cases[event.reference])
    else:
        _push(talk, event, case)
    if not follows(case):
        documents.announced(talk, event)


def _push(talk: Talk, event: ProgressReported, case: Case) -> None:
    kind = event.data.get("result", "") if event.type == "decided" else event.type
    report = REPORTS.get(kind)
    if report is None:  # a later contract's event: nothing we could say, and nothing lost
        change(talk, event.reference, seq=event.seq)
        return
    change(talk, event.reference, seq=event.seq, number=event.number, **_moved(talk, event, case, report))
    if report.state in OVER and not case["ended"]:
        keeping.end_case(talk, event.reference, case["keep_days"])
    requests.step_back(talk, event.reference)
    if kind == "corrected" and not follows(case):
        looked_up.still_wanted(talk, event.reference)
    if kind in requests.REQUESTS and follows(case):
        followed.wanted(talk, event)
    elif kind in requests.REQUESTS:
        requests.REQUESTS[kind](talk, event)
    elif report.say and not requests.told_before(case, kind):
        tell(talk, event, report)


def _moved(talk: Talk, event: ProgressReported, case: Case, report: Report) -> dict[str, Any]:
    """Return the fields that say where the case stands after the event."""
    state = report.state or case["state"]
    when = local_day(event.occurred_at).isoformat()
    over = state in OVER
    fields: dict[str, Any] = {"state": state, "ended": case["ended"] or _now(talk, over)}
    if report.state:
        fields["at"] = {**_still_reached(case, state), state: when}
    if over or state in ("approved", "suspended"):
        fields["due"] = ""
    elif report.due and event.data.get(report.due):
        fields |= {"due": event.data[report.due], "provisional": bool(event.data.get("provisional"))}
    if over or event.type == "corrected":
        fields |= asked.settled(case)
    if event.type == "stage_changed":
        fields["stage"] = _stage_of(event)
    if event.type == "dispatched":
        fields["parcel"] = {name: event.data.get(name, "") for name in ("carrier", "tracking_no")}
    return fields


def _now(talk: Talk, over: bool) -> str:
    return talk.world.now.isoformat() if over else ""


def _still_reached(case: Case, state: str) -> dict[str, str]:
    """Return the steps behind a case: who has to wait again has not passed what comes after."""
    gone = {"correction_asked": ("pre_review",), "submitted": ("pre_review",), "in_progress": ("suspended",)}
    return {name: day for name, day in case["at"].items() if name not in gone.get(state, ())}


def _stage_of(event: ProgressReported) -> str:
    return str(event.data.get("stage", ""))


# What moves no state, and is no sentence of the table


def _supplied(talk: Talk, event: ProgressReported, case: Case) -> None:
    """A paper that was owed came: with the last one, the case is accepted like any other."""
    requests.paper_came(talk, event.reference, str(event.data.get("material", "")))
    case = talk.session.cases[event.reference]
    if case["state"] == "accepted_deferred" and asked.ask_of(case) is None:
        when = local_day(event.occurred_at).isoformat()
        change(talk, event.reference, state="accepted", at={**case["at"], "accepted": when})
    tell(talk, event, REPORTS[event.type])


def _rescheduled(talk: Talk, event: ProgressReported, case: Case) -> None:
    """A year's calendar was loaded: another day holds. Told, because he may count on the old one."""
    what, day = str(event.data.get("what", "")), str(event.data.get("day", ""))
    provisional = bool(event.data.get("provisional"))
    if what in ("correction", "deferral"):
        requests.moved(talk, event.reference, day, provisional=provisional)
    if what == "correction" or (what in ("answer", "promised") and case["due"]):
        change(talk, event.reference, due=day, provisional=provisional)
    if what == "rerate":
        change(talk, event.reference, rerate_until=day)
    if what in _DAYS and day and not (what == "rerate" and case["rating"] != "asked"):
        said = spoken_day(talk, day, provisional=provisional)
        text = talk.words(f"progress.rescheduled_{what}", number=case["number"], day=said)
        talk.tell(text, card(talk, event.reference), news_of(talk, event.reference, vital=True))


def _promise_cleared(talk: Talk, event: ProgressReported, case: Case) -> None:
    """He may promise again, from this moment on, whichever case found him blocked."""
    cases = {key: {**each, "blocked": False} for key, each in talk.session.cases.items()}
    talk.change(cases=cases)
    text = talk.words("progress.promise_cleared", number=case["number"])
    talk.tell(text, None, news_of(talk, event.reference, vital=True))


_DAYS = ("answer", "promised", "correction", "deferral", "contact", "rerate")

_OTHERS: Mapping[str, Callable[[Talk, ProgressReported, Case], None]] = {
    "deferral_supplied": _supplied,
    "rescheduled": _rescheduled,
    "promise_cleared": _promise_cleared,
    "lookup_answered": looked_up.answered,
    "lookup_escalated": looked_up.escalated,
}
