"""What the office's acts have the intake service tell, worked out for the rehearsal by the same calendar.

A story says what the office does; days and rounds are not written in it, so that the rehearsal and the real
office have to come to the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dialogs.office import Office

CORRECTION_DAYS = 10
BEFORE_PROMISE, MOST_DAYS = 2, 20
RIGHTS = "对这个结果不服，可以在60天内申请行政复议，或者在6个月内向法院起诉。"

Given = Mapping[str, Any]
Told = tuple[str, dict[str, Any]]  # an event: its type and its data


@dataclass(frozen=True, slots=True)
class Scene:
    """What the act is about: the case as it was handed in, how it stands, and the time."""

    office: Office
    now: datetime
    application: Mapping[str, Any]
    promised_days: int
    rounds: int  # corrections before this one
    mended: str  # what was said to be mended
    late: Sequence[Mapping[str, Any]] = ()  # what was promised after handing in

    def day(self, days: int) -> str:
        return self.office.due(self.now, days, "working").day.isoformat()

    def reminders(self, days: int) -> list[str]:
        return [self.day(each) for each in sorted({days // 2, days - 2, days} - {0})]


def _ask_correction(scene: Scene, given: Given) -> Told:
    told = {
        "items": list(given["items"]),
        "by": scene.day(CORRECTION_DAYS),
        "round": scene.rounds + 1,
        "remind": scene.reminders(CORRECTION_DAYS),
        "provisional": False,
    }
    return "correction_requested", told


def _accept_deferred(scene: Scene, _: Given) -> Told:
    days = max(1, min(scene.promised_days - BEFORE_PROMISE, MOST_DAYS))
    owed: Sequence[Mapping[str, Any]] = (*scene.application.get("deferred", ()), *scene.late)
    told = {
        "receipt_no": "S-1",
        "promised_by": scene.day(scene.promised_days),
        "items": [{"material": each["material"], "title": each["title"]} for each in owed],
        "by": scene.day(days),
        "remind": scene.reminders(days),
        "provisional": False,
    }
    return "accepted_deferred", told


def _refuse(_: Scene, given: Given) -> Told:
    return "not_accepted", {"rights": RIGHTS, **given}


def _revoke(_: Scene, given: Given) -> Told:
    return "revoked", dict(given)


def _clear_promise(_: Scene, __: Given) -> Told:
    return "promise_cleared", {}


def _report_stage(_: Scene, given: Given) -> Told:
    return "stage_changed", dict(given)


def _answer_lookup(scene: Scene, given: Given) -> Told:
    (material,) = scene.application["lookups"]
    told = {
        "lookup": "L-0101-0001",
        "material": material,
        "officer": "王数据",
        "department": "民政",
        "at": scene.now.isoformat(),
        **given,
    }
    return "lookup_answered", told


def _checked(scene: Scene, _: Given) -> Told:
    return "followup_closed", {"result": scene.mended, "rerate_until": scene.day(5)}


TELLING: Mapping[str, Callable[[Scene, Given], Told]] = {
    "ask_correction": _ask_correction,
    "accept_deferred": _accept_deferred,
    "refuse": _refuse,
    "revoke": _revoke,
    "clear_promise": _clear_promise,
    "report_stage": _report_stage,
    "answer_lookup": _answer_lookup,
    "checked": _checked,
}
# What the office does for itself; applicants hear nothing of it.
QUIET = frozenset({"record_talk", "contacted", "tried", "fixed", "complex", "see_to_alert"})
