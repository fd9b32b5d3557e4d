"""Codes of the national exchange, one table a code list.

Source: GB/T 39046-2020 (办件类型, 办理形式, 特别程序, 业务动作, 服务对象, 满意度, 时间). Lists the standard
leaves to the province (办结结果, 收取方式, 证件类型) are the values in common use, marked 待核实: ask the
bureau that receives the file before the first one is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from intake.days.clocks import OFFICE_TIME

NATURAL_PERSON = "1"  # 服务对象
PROMISED = "2"  # 办件类型: 1 即办件, 2 承诺件, 9 其他
BY_PHONE = "3"  # 办理形式: 1 窗口, 2 电脑, 3 移动端, 4 快递

PASSED, RETURNED, OTHER = "1", "2", "3"  # 业务动作: 通过, 退回, 其他
ACTIONS: Mapping[str, str] = {
    "accepted": PASSED,
    "accepted_deferred": PASSED,
    "not_accepted": RETURNED,
    "correction_requested": RETURNED,
    "revoked": RETURNED,
}
DECIDED: Mapping[str, str] = {"approved": PASSED, "denied": RETURNED}

SPECIAL: Mapping[str, str] = {"1": "延长审批", "2": "其他"}  # 特别程序

# 办结结果, 待核实: 0 出证办结, 1 不予许可, 2 作废, 3 删除, 4 转报, 5 退件（不来补正、自己撤回）, 6 不予受理
RESULTS: Mapping[str, tuple[str, str]] = {
    "approved": ("0", "准予"),
    "denied": ("1", "不予批准"),
    "not_accepted": ("6", "不予受理"),
    "withdrawn": ("5", "申请人撤回"),
    "deemed_withdrawn": ("5", "逾期未补正，视为撤回"),
    "revoked": ("2", "撤销受理"),
}

UPLOADED, CHECKED = "2", "9"  # 收取方式, 待核实: 2 附件上传, 9 其他（部门核验）
IDENTITY_CARD, OTHER_PAPER = "111", "990"  # 证件类型, 待核实: GA/T 517

MARKS: Mapping[int, str] = {  # 满意度, GB/T 39046 A.8. Stars run the other way: never write those.
    1: "非常满意",
    2: "满意",
    3: "基本满意",
    4: "不满意",
    5: "非常不满意",
}


def moment(at: datetime | None) -> str:
    """A time as the standard writes it, YYYYMMDDThhmmss in Beijing time; empty for None."""
    return at.astimezone(OFFICE_TIME).strftime("%Y%m%dT%H%M%S") if at else ""


def paper_type(number: str) -> str:
    """The kind of identity paper `number` is from."""
    return IDENTITY_CARD if len(number) == 18 and number[:-1].isdigit() else OTHER_PAPER


def person(by: str) -> str:
    """Who an event names, as the exchange writes it: the reviewer's name, or the part he has."""
    role, _, name = by.partition(":")
    return name or {"applicant": "申请人", "system": "系统"}.get(role, role)
