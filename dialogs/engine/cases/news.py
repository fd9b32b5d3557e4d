"""News of a case, taken in its order and told in plain words."""

from __future__ import annotations

from dialogs.calendar import local_day
from dialogs.engine import keeping
from dialogs.engine.cases import marking, packages
from dialogs.engine.cases.book import Case, about, change, news_of, spoken_day, title_of
from dialogs.engine.cases.card import card
from dialogs.engine.cases.handing_in import registered
from dialogs.engine.cases.reports import ENDED, REPORTS
from dialogs.engine.talk import Talk
from dialogs.turn import FetchProgress, ProgressReported


def reported(talk: Talk, event: ProgressReported) -> None:
    """Take one event in its order: an old one is ignored, one too early is fetched with what is missing."""
    case = talk.session.cases.get(event.reference)
    if case is None or event.seq <= case["seq"]:
        return
    if event.seq > case["seq"] + 1:
        talk.do(FetchProgress(event.reference, event.number, case["seq"]))
        return
    if event.type == "preregistered" and case["state"] in ("sending", "delayed"):
        registered(talk, event.reference, event.number, event.data.get("answer_by", ""), event.seq)
    elif event.type == "rating_requested":
        marking.requested(talk, event)
    elif event.type in ("followup_opened", "followup_closed"):
        marking.followed(talk, event)
    else:
        _push(talk, event, case)


def _push(talk: Talk, event: ProgressReported, case: Case) -> None:
    kind = event.data.get("result", "") if event.type == "decided" else event.type
    report = REPORTS.get(kind)
    if report is None:  # a later contract's event: nothing we could say, and nothing lost
        change(talk, event.reference, seq=event.seq)
        return
    when = local_day(event.occurred_at).isoformat()
    due = (event.data.get(report.due) if report.due else "") or case["due"]
    ends = report.state in ENDED or report.state in ("approved", "delivered", "closed")
    over = report.state in ENDED or report.state in ("delivered", "closed")
    change(
        talk,
        event.reference,
        seq=event.seq,
        number=event.number,
        state=report.state,
        at={**case["at"], report.state: when},
        due="" if ends else due,
        ended=case["ended"] or (talk.world.now.isoformat() if over else ""),
    )
    if over and not case["ended"]:
        keeping.end_case(talk, event.reference, case["keep_days"])
    if report.say:
        text = talk.words(
            report.say + ("" if due or ends else "_without_day"),
            number=event.number,
            title=title_of(talk, case),
            day=spoken_day(talk, due),
            why=event.data.get("why", ""),
            how=event.data.get("how", ""),
            rights=event.data.get("rights", ""),
            note=event.data.get("note", ""),
        )
        news = news_of(talk, event.reference, vital=report.vital, day=when)
        package = packages.members(talk, case)
        text = about(talk, case, text.rstrip())
        if package and report.vital:
            text = f"{text}\n{packages.standing(talk, package)}"
        talk.tell(text, card(talk, event.reference), news)
