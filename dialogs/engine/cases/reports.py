"""What each event of the intake service means: the state it leads to, and the sentence it is told in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

UNDECIDED = ("submitted", "pre_review", "accepted", "in_progress")  # may still be withdrawn
ENDED = ("denied", "not_accepted", "withdrawn", "refused")
ROAD = ("submitted", "pre_review", "accepted", "in_progress", "approved", "delivered")
STEPS = ("sending", "delayed", *ROAD[:-1], "refused", "denied", "not_accepted", "withdrawn", ROAD[-1])


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
