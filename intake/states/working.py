"""From acceptance to the decision: stages, papers still owed, 特别程序, extension."""

from __future__ import annotations

from intake.states import needs as n
from intake.states.shape import Move

OWING = ("accepted_deferred", "in_progress", "suspended")

MOVES: tuple[Move, ...] = (
    Move(
        "start_work",
        "开始办理",
        ("accepted", "accepted_deferred"),
        "in_progress",
        "reviewer",
        ("stage_changed",),
        "primary",
        says={"stage": "办理中", "level": ""},
    ),
    Move(
        "report_stage",
        "告知进展",
        ("in_progress",),
        "",
        "reviewer",
        ("stage_changed",),
        needs=(n.STAGE, n.LEVEL),
    ),
    # He may bring it before anybody looked: then nothing is owed any more at acceptance.
    Move(
        "supply",
        "补交容缺材料",
        ("submitted", "pre_review", "correction_asked", *OWING),
        "",
        "applicant",
        ("deferral_supplied",),
        after=("note_supplied",),
    ),
    Move(
        "supply_last",
        "补齐容缺材料",
        ("accepted_deferred",),
        "accepted",
        "applicant",
        ("deferral_supplied",),
        after=("note_supplied",),
    ),
    # The same rule, for papers that were promised: the acceptance is revoked, with the reason in writing.
    # A person confirms it; nobody loses a case to a timer alone.
    Move(
        "revoke",
        "撤销受理",
        OWING,
        "acceptance_revoked",
        "reviewer",
        ("revoked",),
        "danger",
        (n.REASON,),
        when=("deferral_overdue",),
        after=("break_promise",),
    ),
    Move(
        "suspend",
        "进入特别程序",
        ("in_progress",),
        "suspended",
        "reviewer",
        ("suspended",),
        needs=(n.REASON, n.KIND, n.UNTIL),
        pauses=("promised", "statutory"),
        prepares=("suspension",),
    ),
    Move(
        "resume",
        "恢复办理",
        ("suspended",),
        "in_progress",
        "reviewer",
        ("resumed",),
        "primary",
        goes_on=("promised", "statutory"),
    ),
    Move(
        "extend",
        "延长时限",
        ("in_progress",),
        "",
        "reviewer",
        ("extended",),
        needs=(n.REASON, n.DAYS),
        when=("not_extended",),
        prepares=("extension",),
    ),
    Move(
        "ask_payment",
        "通知缴费",
        ("accepted", "accepted_deferred", "in_progress", "approved"),
        "",
        "reviewer",
        ("payment_due",),
        needs=(n.AMOUNT, n.LINK),
    ),
    Move(
        "approve",
        "准予",
        ("in_progress",),
        "approved",
        "reviewer",
        ("decided",),
        "primary",
        guards=("owes_nothing",),
        starts=("delivery",),
        after=("settle",),
        says={"result": "approved", "why": "", "how": "", "rights": ""},
    ),
    Move(
        "deny",
        "不予批准",
        ("in_progress",),
        "denied",
        "reviewer",
        ("decided",),
        "danger",
        (n.WHY, n.HOW, n.RIGHTS),
        starts=("delivery",),
        says={"result": "denied"},
    ),
)
