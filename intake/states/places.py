"""The states of the contract, and the clocks that run in them."""

from __future__ import annotations

from collections.abc import Mapping

from intake.states.shape import Clock, Limit, State

CLOCKS: Mapping[str, Clock] = {
    clock.name: clock
    for clock in (
        Clock("answer", "预审"),  # when the office says whether it accepts
        # 行政许可法 第三十二条: by then he has been told what is missing, or it counts as accepted.
        Clock("receipt", "法定答复", Limit(5), law=True),
        # How long an applicant has to send what was missing: a habit to be confirmed by each bureau.
        Clock("correction", "补正", Limit(10), watched=False),
        Clock("promised", "承诺时限"),  # from acceptance
        Clock("statutory", "法定时限", law=True),
        Clock("deferral", "容缺补交"),  # min(promise - 2 working days, 20 working days)
        Clock("suspension", "特别程序"),
        Clock("delivery", "送达", Limit(10)),  # 行政许可法 第四十四条: ten working days after the decision
        Clock("rating", "评价", Limit(5), watched=False),  # 好差评: open for five working days
    )
}

UNANSWERED = ("receipt",)
WORKING = ("statutory", "deferral")

STATES: Mapping[str, State] = {
    state.id: state
    for state in (
        State("draft", "填写中", active=False),
        State("submitted", "已提交", clock="answer", also=UNANSWERED),
        State("pre_review", "预审中", clock="answer", also=UNANSWERED),
        State("correction_asked", "待补正", clock="correction"),
        State("accepted", "已受理", clock="promised", also=WORKING),
        State("accepted_deferred", "容缺受理", clock="promised", also=WORKING),
        State("in_progress", "办理中", clock="promised", also=WORKING),
        State("suspended", "特别程序", clock="suspension", also=("deferral",)),
        State("approved", "已办结（准予）", clock="delivery"),
        State("denied", "已办结（不予）", clock="delivery", active=False),
        State("not_accepted", "不予受理", active=False),
        State("delivered", "已送达", clock="rating", active=False),
        State("closed", "已归档", active=False),
        State("withdrawn", "申请人已撤回", active=False),
        State("deemed_withdrawn", "逾期未补正，视为撤回", active=False),
        State("acceptance_revoked", "已撤销受理", active=False),
    )
}
START = "draft"

BEFORE_DECISION = (
    "draft",
    "submitted",
    "pre_review",
    "correction_asked",
    "accepted",
    "accepted_deferred",
    "in_progress",
    "suspended",
)
BEFORE_ACCEPTANCE = ("submitted", "pre_review", "correction_asked")
HANDED_IN = tuple(state for state in STATES if state != START)
