"""From the draft to the question whether the office accepts: 预登记, 预审, 补正, 受理."""

from __future__ import annotations

from intake.states import needs as n
from intake.states.shape import Move

REJECTS = ("may_reject",)

MOVES: tuple[Move, ...] = (
    Move(
        "submit",
        "提交",
        ("draft",),
        "submitted",
        "applicant",
        ("preregistered",),
        guards=("pages_held", "not_duplicate", "may_defer"),
        starts=("answer", "receipt"),
    ),
    Move(
        "start_review",
        "开始预审",
        ("submitted",),
        "pre_review",
        "reviewer",
        ("pre_review_started",),
        "primary",
    ),
    Move(
        "accept",
        "受理",
        ("pre_review",),
        "accepted",
        "reviewer",
        ("accepted",),
        "primary",
        guards=("looked_up",),
        instead=("owes", "accept_deferred"),
        starts=("promised", "statutory"),
    ),
    Move(
        "accept_deferred",
        "容缺受理",
        ("pre_review",),
        "accepted_deferred",
        "reviewer",
        ("accepted_deferred",),
        "primary",
        guards=("owes", "looked_up"),
        starts=("promised", "statutory"),
        prepares=("deferral",),
    ),
    Move(
        "ask_correction",
        "要求补正",
        ("pre_review",),
        "correction_asked",
        "reviewer",
        ("correction_requested",),
        needs=(n.LATE_REASON,),
        guards=REJECTS,
        starts=("correction",),
        prepares=("correction",),
        after=("count_rejection",),
        items=True,
    ),
    Move(
        "correct",
        "补正完成",
        ("correction_asked",),
        "submitted",
        "applicant",
        ("corrected",),
        starts=("answer", "receipt"),
        after=("end_correction",),
    ),
    # 浙江省保障"最多跑一次"改革规定 第十一条: not corrected in time is taken as withdrawn.
    Move(
        "deem_withdrawn",
        "逾期未补正",
        ("correction_asked",),
        "deemed_withdrawn",
        "system",
        ("deemed_withdrawn",),
        on_due="correction",
    ),
    Move(
        "refuse",
        "不予受理",
        ("pre_review",),
        "not_accepted",
        "reviewer",
        ("not_accepted",),
        "danger",
        (n.WHY, n.HOW, n.RIGHTS),
        guards=REJECTS,
        after=("count_rejection",),
    ),
)
