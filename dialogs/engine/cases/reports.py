"""What each event of the intake service means: the state it leads to, and the sentence it is told in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

UNACCEPTED = ("submitted", "pre_review", "correction_asked")
UNDECIDED = (  # may still be withdrawn
    *("submitted", "pre_review", "correction_asked", "accepted", "accepted_deferred"),
    *("in_progress", "suspended"),
)
ENDED = ("denied", "not_accepted", "withdrawn", "deemed_withdrawn", "acceptance_revoked", "refused")
OVER = (*ENDED, "delivered", "closed")
ROAD = ("submitted", "pre_review", "accepted", "in_progress", "approved", "delivered")
STEPS = (  # in the order they are shown; those beside ROAD only where a case has come by
    *("sending", "delayed", "submitted", "correction_asked", "pre_review", "accepted_deferred", "accepted"),
    *("in_progress", "suspended", "approved", *(state for state in ENDED if state != "refused")),
    *("refused", "delivered"),
)


USUAL_STAGES = ("", "in_progress", "办理中")  # say no more than that it is being handled


@dataclass(frozen=True, slots=True)
class Report:
    """What an event of the intake service means.

    state: where the case stands then, "" where it stays. say: a sentence, "" when there is nothing to push.
    due:   the field of `data` that holds the new due day.
    vital: it ends the matter or wants something of him, so he has to read all of it.
    dayless: the sentence has a twin ("_without_day") for when no day is known.
    """

    state: str
    say: str = ""
    due: str = ""
    vital: bool = False
    dayless: bool = False


REPORTS: Mapping[str, Report] = {
    "preregistered": Report("submitted", due="answer_by"),
    "pre_review_started": Report("pre_review", "progress.pre_review", dayless=True),
    "answer_overdue": Report("", "progress.answer_overdue", vital=True),
    "correction_requested": Report("correction_asked", due="by", vital=True),
    "corrected": Report("submitted", "progress.corrected", due="answer_by", vital=True, dayless=True),
    "accepted": Report("accepted", "progress.accepted", due="promised_by", dayless=True),
    "accepted_deferred": Report("accepted_deferred", due="promised_by", vital=True),
    "deferral_supplied": Report("", "progress.paper_came"),
    "stage_changed": Report("in_progress", "progress.in_progress", dayless=True),
    "suspended": Report("suspended", "progress.suspended", vital=True),
    "resumed": Report("in_progress", "progress.resumed", due="promised_by", dayless=True),
    "extended": Report("", "progress.extended", due="promised_by", vital=True),
    "approved": Report("approved", "progress.approved", vital=True),
    "denied": Report("denied", "progress.denied", vital=True),
    "not_accepted": Report("not_accepted", "progress.not_accepted", vital=True),
    "payment_due": Report("", "progress.payment_due", vital=True),
    "dispatched": Report("", "progress.dispatched", vital=True),
    "delivered": Report("delivered", "progress.delivered", vital=True),
    "withdrawn": Report("withdrawn", "progress.withdrawn", vital=True),
    "deemed_withdrawn": Report("deemed_withdrawn", "progress.deemed_withdrawn", vital=True),
    "revoked": Report("acceptance_revoked", "progress.revoked", vital=True),
    "closed": Report("closed"),
}
