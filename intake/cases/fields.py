"""The fields of a form, checked: what is missing, too long, or not what it should be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from urllib.parse import urlsplit

from intake.problems import Problem
from intake.states import Move, Need

MOST_CHARACTERS = 2000
Check = Callable[[str, date], str]


def fill(move: Move, fields: Mapping[str, str], today: date) -> dict[str, str]:
    """The fields `move` needs, trimmed, defaults in place. Raises: Problem 422 naming each wrong one."""
    wrong = {
        need.name: fault for need in move.needs if (fault := _fault(need, fields.get(need.name, ""), today))
    }
    if wrong:
        raise Problem(
            422,
            "fields",
            f"{', '.join(wrong)} must be filled in properly.",
            "请把必填的内容填好。",
            fields=wrong,
        )
    return {need.name: fields.get(need.name, "").strip() or need.default for need in move.needs}


def _fault(need: Need, value: str, today: date) -> str:
    value = value.strip()
    if not value:
        return f"请填写“{need.label}”。" if need.required else ""
    if len(value) > MOST_CHARACTERS:
        return f"“{need.label}”最多{MOST_CHARACTERS}个字。"
    if need.closed and value not in {choice for choice, _ in need.choices}:
        return f"“{need.label}”请从列出的里面选。"
    return CHECKS[need.check](value, today) if need.check else ""


def _future_day(value: str, today: date) -> str:
    day = _day(value)
    return "" if day and day > today else "请写今天以后的日期，比如：2026-12-01。"


def _past_day(value: str, today: date) -> str:
    day = _day(value)
    return "" if day and day <= today else "请写今天或以前的日期，比如：2026-11-27。"


def _extension(value: str, today: date) -> str:
    fits = re.fullmatch(r"[0-9]{1,2}", value) and 1 <= int(value) <= 15
    return "" if fits else "请写天数，最多10个工作日。"


def _amount(value: str, today: date) -> str:
    fits = re.fullmatch(r"(0|[1-9][0-9]{0,7})([.][0-9]{1,2})?", value) and float(value) > 0
    return "" if fits else "请写金额，比如：35.00"


def _tracking_no(value: str, today: date) -> str:
    return "" if re.fullmatch(r"[A-Za-z0-9-]{6,40}", value) else "快递单号只有字母和数字，6到40位。"


def _official_link(value: str, today: date) -> str:
    """We ask nobody to pay anywhere else: https, a host under gov.cn, no user@ and no other port."""
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    plain = re.fullmatch(r"[!-~]+", value) and "\\" not in value and "@" not in parts.netloc
    official = re.fullmatch(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?[.])+gov[.]cn", host)
    if parts.scheme == "https" and plain and official and port in (None, 443):
        return ""
    return "只能用官方网址：https 开头，gov.cn 结尾。"


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) else None
    except ValueError:
        return None


CHECKS: Mapping[str, Check] = {
    "future_day": _future_day,
    "past_day": _past_day,
    "extension": _extension,
    "amount": _amount,
    "tracking_no": _tracking_no,
    "official_link": _official_link,
}
