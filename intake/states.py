"""What may happen to a pre-application, as data.

Nothing else in the service names a state. A road that is not here yet (corrections, deferral, special
procedure) is more rows: its states, its moves, their clocks. `tests/intake/test_states.py` walks the
table and holds it to its rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["applicant", "reviewer", "system"]
Tone = Literal["primary", "plain", "danger"]


@dataclass(frozen=True, slots=True)
class Limit:
    """How long something may take. The day it starts on is not counted."""

    days: int
    kind: Literal["working", "calendar"] = "working"


@dataclass(frozen=True, slots=True)
class Clock:
    """A promise that runs while an application stands in a state.

    limit:   None means the application brought its own, under this clock's name.
    watched: it is the reviewer's duty, so the list shows it green, yellow or red.
    """

    name: str
    limit: Limit | None = None
    watched: bool = True


CLOCKS: Mapping[str, Clock] = {
    clock.name: clock
    for clock in (
        Clock("answer"),  # 预审: when the office says whether it accepts
        Clock("promised"),  # 承诺时限, from acceptance
        Clock("delivery", Limit(10)),  # 行政许可法 第四十四条: ten working days after the decision
        Clock("rating", Limit(5), watched=False),  # 好差评: open for five working days, then the case closes
    )
}


@dataclass(frozen=True, slots=True)
class State:
    """A place to stand.

    clock:  the clock that keeps running here; the move that enters it may start it.
    active: the same person may not open the same service again.
    """

    id: str
    label: str
    clock: str = ""
    active: bool = True


STATES: Mapping[str, State] = {
    state.id: state
    for state in (
        State("draft", "填写中", active=False),
        State("submitted", "已提交", clock="answer"),
        State("pre_review", "预审中", clock="answer"),
        State("accepted", "已受理", clock="promised"),
        State("in_progress", "办理中", clock="promised"),
        State("approved", "已办结（准予）", clock="delivery"),
        State("denied", "已办结（不予）", clock="delivery", active=False),
        State("not_accepted", "不予受理", active=False),
        State("delivered", "已送达", clock="rating", active=False),
        State("closed", "已归档", active=False),
        State("withdrawn", "申请人已撤回", active=False),
    )
}
START = "draft"


@dataclass(frozen=True, slots=True)
class Need:
    """A field whoever makes the move must or may fill in. `default` is taken when it is left empty."""

    name: str
    label: str
    help: str = ""
    required: bool = True
    multiline: bool = False
    default: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """One way from some states to another.

    target: the state it leads to; empty stays where it is.
    guards: names of checks in `applications.GUARDS` that must pass first.
    starts: the clock that begins with this move.
    says:   facts this move always states, for its events.
    emits:  the events it causes, in order.
    on_due: the system makes it when this clock has run out.
    """

    action: str
    label: str
    sources: tuple[str, ...]
    target: str
    role: Role
    emits: tuple[str, ...]
    tone: Tone = "plain"
    needs: tuple[Need, ...] = ()
    guards: tuple[str, ...] = ()
    starts: str = ""
    says: Mapping[str, str] = field(default_factory=dict)
    on_due: str = ""


# 双告知: who is refused hears why, and what would make it work. We send neither without the other.
WHY = Need("why", "为什么不能办", "用一两句话说清原因，申请人会看到。", multiline=True)
HOW = Need("how", "怎么才能办", "告诉申请人下一步怎么做，或可以找谁。", multiline=True)
# 行政复议法 第二十条: sixty days; 行政诉讼法 第四十六条: six months.
RIGHTS = Need(
    "rights",
    "申请人的权利",
    "不填就用通用的说法。",
    required=False,
    multiline=True,
    default="对这个结果不服，可以在60天内申请行政复议，或者在6个月内向法院起诉。",
)
NOTE = Need("note", "补充说明", "申请人会看到。", required=False, multiline=True)
METHOD = Need("method", "怎么送达的", "比如：电子送达，邮寄加单号，代办员签收。")
STAGE = Need("stage", "办到哪一步", "比如：正在核对缴费年限。")

BEFORE_DECISION = ("draft", "submitted", "pre_review", "accepted", "in_progress")

MOVES: tuple[Move, ...] = (
    Move(
        "submit",
        "提交",
        ("draft",),
        "submitted",
        "applicant",
        ("preregistered",),
        guards=("pages_held", "not_duplicate"),
        starts="answer",
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
        starts="promised",
    ),
    Move(
        "refuse",
        "不予受理",
        ("pre_review",),
        "not_accepted",
        "reviewer",
        ("not_accepted",),
        "danger",
        (WHY, HOW, RIGHTS),
    ),
    Move(
        "start_work",
        "开始办理",
        ("accepted",),
        "in_progress",
        "reviewer",
        ("stage_changed",),
        "primary",
        says={"stage": "办理中"},
    ),
    Move("report_stage", "告知进展", ("in_progress",), "", "reviewer", ("stage_changed",), needs=(STAGE,)),
    Move(
        "approve",
        "准予",
        ("in_progress",),
        "approved",
        "reviewer",
        ("decided",),
        "primary",
        starts="delivery",
        says={"result": "approved"},
    ),
    Move(
        "deny",
        "不予批准",
        ("in_progress",),
        "denied",
        "reviewer",
        ("decided",),
        "danger",
        (WHY, HOW, RIGHTS),
        starts="delivery",
        says={"result": "denied"},
    ),
    Move(
        "deliver",
        "送达",
        ("approved", "denied"),
        "delivered",
        "reviewer",
        ("delivered", "rating_requested"),  # 一事一评: the one who was refused is asked as well
        "primary",
        (METHOD, NOTE),
        starts="rating",
    ),
    Move("close", "归档", ("delivered", "not_accepted"), "closed", "reviewer", ("closed",)),
    Move("close_unrated", "评价期满归档", ("delivered",), "closed", "system", ("closed",), on_due="rating"),
    Move("withdraw", "撤回", BEFORE_DECISION, "withdrawn", "applicant", ("withdrawn",)),
    Move("rate", "评价", ("delivered", "closed"), "", "applicant", ("rated",), guards=("rating_open",)),
)

BY_ACTION: Mapping[str, Move] = {move.action: move for move in MOVES}

# What an event tells, by its type: names of facts, taken from the move, its fields and the clocks.
EVENTS: Mapping[str, tuple[str, ...]] = {
    "preregistered": ("answer_by", "provisional"),
    "pre_review_started": (),
    "accepted": ("receipt_no", "promised_by", "provisional"),
    "not_accepted": ("why", "how", "rights"),
    "stage_changed": ("stage",),
    "decided": ("result", "why", "how", "rights"),
    "delivered": ("method", "note"),
    "rating_requested": (),
    "rated": ("code",),
    "followup_opened": ("contact_by",),
    "followup_closed": ("result", "rerate_until"),
    "withdrawn": (),
    "closed": (),
}

EVENT_LABELS: Mapping[str, str] = {
    "preregistered": "已收到预申请",
    "pre_review_started": "开始预审",
    "accepted": "已受理",
    "not_accepted": "不予受理",
    "stage_changed": "办理进展",
    "decided": "作出决定",
    "delivered": "已送达",
    "rating_requested": "请申请人评价",
    "rated": "申请人已评价",
    "followup_opened": "开始整改差评",
    "followup_closed": "差评整改完成",
    "withdrawn": "申请人撤回",
    "closed": "已归档",
}


def moves_from(state: str, role: Role) -> tuple[Move, ...]:
    """What `role` may do with an application in `state`, in the order of the table."""
    return tuple(move for move in MOVES if move.role == role and state in move.sources)
