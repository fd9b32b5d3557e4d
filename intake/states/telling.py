"""What each event tells, by the contract's EventData: facts of the move, its fields and its clocks."""

from __future__ import annotations

from collections.abc import Mapping

EVENTS: Mapping[str, tuple[str, ...]] = {
    "preregistered": ("answer_by", "provisional"),
    "answer_overdue": ("since",),
    "pre_review_started": (),
    "correction_requested": ("items", "by", "round", "remind", "provisional"),
    "corrected": ("answer_by", "provisional"),
    "accepted": ("receipt_no", "promised_by", "provisional"),
    "accepted_deferred": ("receipt_no", "promised_by", "items", "by", "remind", "provisional"),
    "deferral_supplied": ("material",),
    "not_accepted": ("why", "how", "rights"),
    "stage_changed": ("stage", "level"),
    "suspended": ("reason", "kind", "until", "provisional"),
    "resumed": ("promised_by", "provisional"),
    "extended": ("reason", "promised_by", "provisional"),
    "decided": ("result", "why", "how", "rights"),
    "payment_due": ("amount", "link"),
    "dispatched": ("carrier", "tracking_no"),
    "delivered": ("method", "note"),
    "rating_requested": ("until", "provisional"),
    "rated": ("code",),
    "followup_opened": ("contact_by", "provisional"),
    "followup_closed": ("result", "rerate_until", "provisional"),
    "withdrawn": ("keep_until", "provisional"),
    "deemed_withdrawn": ("keep_until", "provisional"),
    "revoked": ("reason",),
    "promise_cleared": (),
    "lookup_answered": ("lookup", "material", "result", "officer", "department", "at"),
    "lookup_escalated": ("lookup", "material"),
    "rescheduled": ("what", "day", "provisional"),
    "closed": (),
}

EVENT_LABELS: Mapping[str, str] = {
    "preregistered": "已收到预申请",
    "pre_review_started": "开始预审",
    "answer_overdue": "五个工作日没有答复",
    "correction_requested": "要求补正",
    "corrected": "申请人已补正",
    "accepted": "已受理",
    "accepted_deferred": "容缺受理",
    "deferral_supplied": "已补交容缺材料",
    "not_accepted": "不予受理",
    "stage_changed": "办理进展",
    "suspended": "进入特别程序",
    "resumed": "恢复办理",
    "extended": "延长时限",
    "decided": "作出决定",
    "payment_due": "通知缴费",
    "dispatched": "已寄出",
    "delivered": "已送达",
    "rating_requested": "请申请人评价",
    "rated": "申请人已评价",
    "followup_opened": "开始整改差评",
    "followup_closed": "差评整改完成",
    "withdrawn": "申请人撤回",
    "deemed_withdrawn": "逾期未补正，视为撤回",
    "revoked": "撤销受理",
    "promise_cleared": "解除容缺限制",
    "lookup_answered": "部门已核验",
    "lookup_escalated": "部门核验超时",
    "rescheduled": "日期重新计算",
    "closed": "已归档",
}

# Clocks whose day was told, and what the contract calls it when that day changes.
RESCHEDULED: Mapping[str, str] = {name: name for name in ("answer", "promised", "correction", "deferral")}
