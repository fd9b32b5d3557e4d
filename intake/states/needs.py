"""What a reviewer or a supervisor fills in when he makes a move."""

from __future__ import annotations

from intake.states.shape import Need

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
METHOD = Need(
    "method",
    "怎么送达的",
    "可以选，也可以自己写。",
    choices=tuple((words, words) for words in ("电子送达", "邮寄", "自取", "代办员签收")),
)
STAGE = Need("stage", "办到哪一步", "比如：正在核对缴费年限。")
LEVEL = Need(
    "level",
    "办到哪一级",
    "GB/T 39046 的行使层级，不清楚就不选。",
    required=False,
    choices=(("2", "省"), ("3", "市"), ("4", "县"), ("5", "镇"), ("6", "村")),
    closed=True,
)
REASON = Need("reason", "原因", "申请人会看到。", multiline=True)
# A correction says everything at once. What was there at the first look and is asked for only now is the
# office's mistake: it needs a reason, and the supervisor sees it.
LATE_REASON = Need(
    "late_reason",
    "为什么第一次没有一起说",
    "只有补加上次就有的内容时才要填，监督人员会看到。",
    required=False,
    multiline=True,
)
KIND = Need(
    "kind",
    "特别程序的类型",
    "GB/T 39046 的特别程序类型。",
    choices=(("1", "延长审批"), ("2", "其他（听证、检验、踏勘等）")),
    closed=True,
)
UNTIL = Need("until", "预计到哪天", "比如：2026-12-01。这几天不算在时限里。", check="future_day")
# 行政许可法 第四十二条: ten working days more, with the reason told.
DAYS = Need("days", "延长几天", "1到10天，只能延长一次。", check="extension")
AMOUNT = Need("amount", "金额（元）", "比如：35.00", check="amount")
LINK = Need("link", "官方缴费网址", "必须是 https 开头、gov.cn 结尾的网站。", check="official_link")
CARRIER = Need("carrier", "快递公司", "比如：邮政EMS。")
TRACKING = Need("tracking_no", "快递单号", check="tracking_no")
TALKED_WITH = Need("who", "和谁谈的", "写清单位和姓名。")
TALKED_ON = Need("when", "哪天谈的", "比如：2026-11-27。", check="past_day")
TALK_RESULT = Need("result", "谈的结果", multiline=True)
CLEAR_REASON = Need("reason", "为什么解除", "会留下您的名字和原因，申请人只会知道已经解除。", multiline=True)
