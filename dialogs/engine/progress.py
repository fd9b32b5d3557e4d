"""What has been handed in, and how it goes: news from the intake service in plain words.

A case is kept in the session under its reference:

    service, script   what it was, and by which version
    number            the intake service's number; "" until it has one
    state             "sending", "delayed", then the intake service's own states
    seq               the last event heard; older ones are ignored, a gap is fetched
    at                state -> day it was reached ("YYYY-MM-DD")
    due               last day of the promise now running ("YYYY-MM-DD"), "" when none runs
    rating            "", "asked", or the code given, "1" (very satisfied) to "5"
    answers           what was handed in, until it has a number; {} after
    files             its photos, until the promised time for keeping them is over
    phone, tail       where a text message reaches him (E.164), and the last four of his identity number, by
                      which he can ask for the case elsewhere; "" when not given, or no longer kept
    ended             when it ended (ISO 8601), "" while it runs
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dialogs.calendar import local_day, spoken
from dialogs.engine import keeping
from dialogs.engine.flow import forget_photos, refold
from dialogs.engine.talk import Talk
from dialogs.messages import Card, Choice, News, Outbound
from dialogs.script.road import READ_BACK
from dialogs.turn import (
    ApplicationDelayed,
    ApplicationReceived,
    ApplicationRefused,
    FetchProgress,
    OpenTicket,
    ProgressReported,
    Rate,
    Say,
    TrackCase,
    WithdrawalRefused,
)

Case = Mapping[str, Any]

UNDECIDED = ("submitted", "pre_review", "accepted", "in_progress")  # may still be withdrawn
ENDED = ("denied", "not_accepted", "withdrawn", "refused")
ROAD = ("submitted", "pre_review", "accepted", "in_progress", "approved", "delivered")
STEPS = ("sending", "delayed", *ROAD[:-1], "refused", "denied", "not_accepted", "withdrawn", ROAD[-1])
RATE = "rate."  # prefix of a rating's prompt: such a tap is never stale


@dataclass(frozen=True, slots=True)
class Report:
    """What an event of the intake service means.

    say: a sentence, "" when there is nothing to push. due: the field of `data` that holds the new due day.
    vital: it ends the matter or wants something of him, so he has to read all of it.
    """

    state: str
    say: str = ""
    due: str = ""
    vital: bool = False


REPORTS: Mapping[str, Report] = {
    "preregistered": Report("submitted", due="answer_by"),
    "pre_review_started": Report("pre_review", "progress.pre_review"),
    "accepted": Report("accepted", "progress.accepted", due="promised_by"),
    "stage_changed": Report("in_progress", "progress.in_progress"),
    "approved": Report("approved", "progress.approved", vital=True),
    "denied": Report("denied", "progress.denied", vital=True),
    "not_accepted": Report("not_accepted", "progress.not_accepted", vital=True),
    "delivered": Report("delivered", "progress.delivered", vital=True),
    "withdrawn": Report("withdrawn", "progress.withdrawn", vital=True),
    "closed": Report("closed"),
}


# Handing in


def received(talk: Talk, event: ApplicationReceived) -> None:
    """The intake service has it: say the number, once, whichever way the news came first."""
    case = talk.session.cases.get(event.reference)
    if case is None:
        return
    if case["state"] in ("sending", "delayed"):
        _registered(talk, event.reference, event.number, event.answer_by)
    else:
        _change(talk, event.reference, number=event.number, answers={})


def _registered(talk: Talk, reference: str, number: str, answer_by: str, seq: int = 0) -> None:
    day = {"submitted": talk.today.isoformat()}
    _change(talk, reference, number=number, state="submitted", due=answer_by, at=day, answers={}, seq=seq)
    key = "progress.received" if answer_by else "progress.received_without_day"
    text = talk.words(key, number=number, day=_day(talk, answer_by))
    talk.tell(text, receipt(talk, reference), _news(talk, reference, vital=True))


def delayed(talk: Talk, event: ApplicationDelayed) -> None:
    """The intake service does not answer: say the truth, once, with a number to hold on to."""
    case = talk.session.cases.get(event.reference)
    if case is not None and case["state"] == "sending":
        _change(talk, event.reference, state="delayed")
        talk.say("progress.delayed", reference=event.reference)


def refused(talk: Talk, event: ApplicationRefused) -> None:
    """The intake service will not take it. A duplicate has its number; anything else goes to a person."""
    case = talk.session.cases.get(event.reference)
    if case is None or case["state"] not in ("sending", "delayed"):
        return
    answers = dict(case["answers"])
    now = talk.world.now.isoformat()
    if event.number:
        _change(talk, event.reference, state="refused", answers={}, files=[], ended=now)
        talk.do(*forget_photos(answers))
        text = talk.words("progress.duplicate", number=event.number)
        talk.tell(text, None, _news(talk, event.reference, vital=True, number=event.number))
        return
    talk.do(OpenTicket(reason="refused", note=event.reason))
    refusal = _news(talk, event.reference, vital=True, state="refused")
    talk.tell(talk.words("progress.refused", phone=talk.phone), None, refusal)
    # On another errand meanwhile he is not torn from it: the case keeps what he said, for the clerk.
    if talk.session.script or case["script"] not in talk.world.library.scripts:
        _change(talk, event.reference, state="refused", ended=now)
        keeping.end_case(talk, event.reference, case["keep_days"])
    else:
        _change(talk, event.reference, state="refused", answers={}, files=[], ended=now)
        answers.pop(READ_BACK, None)
        talk.change(script=case["script"], answers=answers, aside=None)
        refold(talk)
        talk.next()


def withdrawal_refused(talk: Talk, event: WithdrawalRefused) -> None:
    """Say that it is too late to take it back, and how it stands."""
    case = talk.session.cases.get(event.reference)
    if case is not None:
        text = talk.words("progress.withdrawal_refused", number=case["number"])
        talk.tell(text, card(talk, event.reference), _news(talk, event.reference, vital=True))


# News


def reported(talk: Talk, event: ProgressReported) -> None:
    """Take one event in its order: an old one is ignored, one too early is fetched with what is missing."""
    case = talk.session.cases.get(event.reference)
    if case is None or event.seq <= case["seq"]:
        return
    if event.seq > case["seq"] + 1:
        talk.do(FetchProgress(event.reference, event.number, case["seq"]))
        return
    if event.type == "preregistered" and case["state"] in ("sending", "delayed"):
        _registered(talk, event.reference, event.number, event.data.get("answer_by", ""), event.seq)
    elif event.type == "rating_requested":
        _change(talk, event.reference, seq=event.seq, rating=case["rating"] or "asked")
        if not case["rating"]:
            _offer_rating(talk, event.reference)
    else:
        _push(talk, event, case)


def _push(talk: Talk, event: ProgressReported, case: Case) -> None:
    kind = event.data.get("result", "") if event.type == "decided" else event.type
    report = REPORTS.get(kind)
    if report is None:  # a later contract's event: nothing we could say, and nothing lost
        _change(talk, event.reference, seq=event.seq)
        return
    when = local_day(event.occurred_at).isoformat()
    due = (event.data.get(report.due) if report.due else "") or case["due"]
    ends = report.state in ENDED or report.state in ("approved", "delivered", "closed")
    over = report.state in ENDED or report.state in ("delivered", "closed")
    _change(
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
            title=_title(talk, case),
            day=_day(talk, due),
            why=event.data.get("why", ""),
            how=event.data.get("how", ""),
            rights=event.data.get("rights", ""),
            note=event.data.get("note", ""),
        )
        news = _news(talk, event.reference, vital=report.vital, day=when)
        talk.tell(text.rstrip(), card(talk, event.reference), news)


def _news(
    talk: Talk, reference: str, *, vital: bool, state: str = "", number: str = "", day: str = ""
) -> News:
    """Return the few words of a notice about a case as it stands, or as it is said to stand."""
    case = talk.session.cases[reference]
    return News(
        title=_title(talk, case),
        number=number or case["number"] or reference,
        state=talk.words(f"progress.step_{state or case['state']}"),
        day=_day(talk, day or talk.day),
        vital=vital,
        phone=case.get("phone", ""),
    )


# The cards


def receipt(talk: Talk, reference: str) -> Card:
    """Return the slip he keeps: the number, and who answers by when."""
    case = talk.session.cases[reference]
    rows = [("progress.receipt_service", _title(talk, case))]
    script = talk.world.library.scripts.get(case["script"])
    if script:
        rows.append(("progress.receipt_office", talk.pick(script.item.authority)))
    if case["due"]:
        rows.append(("progress.receipt_day", _day(talk, case["due"])))
    body = {
        "number": case["number"],
        "rows": [{"label": talk.words(key), "value": value} for key, value in rows],
    }
    return Card("receipt", talk.words("progress.receipt"), body)


def card(talk: Talk, reference: str) -> Card:
    """Return how far the case is, step by step, each with its day."""
    case = talk.session.cases[reference]
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
    number = case["number"] or reference
    body = {"number": number, "title": _title(talk, case), "steps": steps}
    return Card("progress", talk.words("progress.card"), body)


def _standing(state: str, case: Case, reached: Mapping[str, str]) -> str:
    if state not in reached:
        return "todo"
    if state in ENDED:
        return "stopped"
    return "now" if state == case["state"] and state != "delivered" else "done"


def _when(talk: Talk, state: str, case: Case, reached: Mapping[str, str]) -> str:
    """Say when a step was reached; of the present one rather what is promised next."""
    promised = _due(talk, case).rstrip("。.") if state == case["state"] else ""
    return promised or _day(talk, reached.get(state, ""))


def tell_all(talk: Talk) -> bool:
    """Say how every case goes, the newest last; False when nothing was ever handed in."""
    for reference, case in talk.session.cases.items():
        text = talk.words(
            "progress.is_at",
            title=_title(talk, case),
            number=case["number"] or reference,
            state=talk.words(f"progress.step_{case['state']}"),
        )
        if case["due"]:
            text = f"{text}\n{_due(talk, case)}"
        talk.tell(text, card(talk, reference))
    return bool(talk.session.cases)


def _due(talk: Talk, case: Case) -> str:
    """Say what is promised by when: a word from us first, then that it is done."""
    promise = "answer" if case["state"] in ("submitted", "pre_review") else "done"
    return talk.words(f"progress.due_{promise}", day=_day(talk, case["due"])) if case["due"] else ""


def _day(talk: Talk, day: str) -> str:
    return spoken(date.fromisoformat(day), talk.lang, talk.today) if day else ""


def _title(talk: Talk, case: Case) -> str:
    script = talk.world.library.scripts.get(case["script"])
    return talk.pick(script.title) if script else case["service"]


def _change(talk: Talk, reference: str, **fields: Any) -> None:
    """Change fields of a case and write down where it is."""
    case = {**talk.session.cases[reference], **fields}
    talk.change(cases={**talk.session.cases, reference: case})
    talk.do(TrackCase(reference, case["number"], case["service"], case["state"], case["seq"]))


# Rating


def rating_choices(talk: Talk, reference: str) -> tuple[Choice, ...]:
    """Return the five marks, best first: code 1 is 非常满意 (GB/T 39046 A.8), never stars."""
    return tuple(
        Choice(f"{RATE}{reference}:{code}", talk.words(f"progress.rating_{code}")) for code in range(1, 6)
    )


def _offer_rating(talk: Talk, reference: str) -> None:
    """Ask for a mark. When nothing else is being asked, a typed number means it too."""
    case = talk.session.cases[reference]
    if _nothing_is_asked(talk):
        talk.change(aside={"is": "rating", "reference": reference}, prompt=talk.session.prompt + 1, wrong=0)
    say_rating(talk, reference, case)


def _nothing_is_asked(talk: Talk) -> bool:
    aside = talk.session.aside
    return not talk.session.script and (
        aside is None or (aside["is"] == "choose" and not aside.get("offers"))
    )


def say_rating(talk: Talk, reference: str, case: Case) -> None:
    text = talk.words("progress.rate", title=_title(talk, case))
    body = Card("rating", talk.words("progress.rating_card"), {"number": case["number"]})
    talk.do(Say(Outbound(text, rating_choices(talk, reference), body)))


def tapped(talk: Talk, prompt: str, option: str) -> bool:
    """Take a tap on a rating card, however old the card is; False when it is no rating."""
    if not prompt.startswith(RATE):
        return False
    reference = prompt.removeprefix(RATE)
    if reference in talk.session.cases and option in ("1", "2", "3", "4", "5"):
        rate(talk, reference, int(option))
    else:
        talk.say("engine.stale")
        talk.again()
    return True


def rate(talk: Talk, reference: str, code: int, words: str = "") -> None:
    """Take the mark, once per case; ask for a word when it is a bad one."""
    case = talk.session.cases[reference]
    if case["rating"] not in ("", "asked"):
        talk.say("progress.rated_before")
        return
    _change(talk, reference, rating=str(code))
    talk.do(Rate(reference, case["number"], code, words))
    idle = not talk.session.script
    if code <= 3:
        talk.say("progress.rated_well")
    elif words or not idle:
        talk.do(OpenTicket(reason="bad_rating", note=case["number"]))
        talk.say("progress.rated_badly_noted")
    else:
        talk.do(OpenTicket(reason="bad_rating", note=case["number"]))
        talk.change(aside={"is": "rating_words", "reference": reference, "code": code})
        talk.next()
        return
    if idle:
        talk.change(aside=None)
