"""Numbers and amounts of money."""

from __future__ import annotations

import re
from decimal import Decimal

from dialogs.answers.cleaning import plain
from dialogs.answers.numerals import NUMBER, amount
from dialogs.answers.verdict import Accepted, Answer, Asked, no
from dialogs.script import Money, Number
from dialogs.wording import pick

MOST = 10**12  # no count or sum in an errand comes near; it keeps JSON numbers exact everywhere

_COUNT = re.compile(
    rf"(?:我|一共|总共|共|大概|大约|约|差不多|交|交过|交了|有|满|是|about|around|[:=])*"
    rf"(?P<number>-?{NUMBER}|半)(?P<unit>[^\d半]{{0,12}}?)(?P<half>半|多)?(?:左右|吧|了|的|[.。!！])*"
)
_NONE = frozenset(
    ["没有", "没", "无", "没交", "没交过", "没有过", "从来没有", "一年没有", "一年都没有", "none", "zero"]
)
_ANY_UNIT = frozenset(["", "个"])
_SUM = re.compile(
    rf"(?:人民币|rmb|cny|一共|总共|大概|大约|约|每月|是|[¥￥:])*(?P<yuan>-?{NUMBER})"
    rf"(?:(?:元|块|圆|yuan|rmb|cny)(?:钱|整)?(?:(?P<jiao>{NUMBER})(?:角|毛)?)?(?:(?P<fen>{NUMBER})分)?)?"
    r"(?:整|钱|人民币|左右|吧|[.。!！])*"
)


def read_number(asked: Asked[Number], text: str, option: str) -> Answer:
    """Read a count, with or without its unit, in digits or in words; 没有 is 0 where 0 is allowed."""
    question = asked.question
    words = plain(option or text).replace(" ", "")
    value = Decimal(0) if words in _NONE else _count(words, _units(question))
    if value is None:
        return no("number_unclear")
    if question.whole and value != value.to_integral_value():
        return no("number_whole")
    low, high = question.between or (0, MOST)
    if not _in(value, low, high):
        return _outside(asked, value)
    return Accepted(int(value) if value == value.to_integral_value() else float(value))


def show_number(asked: Asked[Number], value: float, masked: bool) -> str:
    unit = pick(asked.question.unit, asked.lang) if asked.question.unit else ""
    number = int(value) if value == int(value) else value
    return f"{number} {unit}" if unit and unit.isascii() else f"{number}{unit}"


def read_money(asked: Asked[Money], text: str, option: str) -> Answer:
    """Read yuan, as 1,200.5, 1200块5, 12块5毛, 五百 or 1.2万; kept in fen."""
    words = plain(option or text).replace(" ", "")
    found = _SUM.fullmatch(words)
    fen = _fen(found) if found else None
    if fen is None:
        return no("money_unclear")
    if fen != fen.to_integral_value():
        return no("money_decimals")
    low, high = asked.question.between or (0, MOST // 100)
    if not _in(fen, Decimal(str(low)) * 100, Decimal(str(high)) * 100):
        return (
            no("money_unclear")
            if asked.question.between is None
            else no("money_outside", low=yuan(round(low * 100)), high=yuan(round(high * 100)))
        )
    return Accepted(int(fen))


def show_money(asked: Asked[Money], value: int, masked: bool) -> str:
    return f"¥{yuan(value)}" if asked.lang == "en" else f"{yuan(value)}元"


def yuan(fen: int) -> str:
    """Return an amount in fen as yuan: "1,200.50", "380"."""
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole:,}" + (f".{rest:02}" if rest else "")


def _count(words: str, units: frozenset[str]) -> Decimal | None:
    found = _COUNT.fullmatch(words)
    if not found or found["unit"] not in units or found["half"] == "多":
        return None  # 十多年 is no number: he has to say which
    if found["number"] == "半":
        return Decimal("0.5") if found["unit"] and not found["half"] else None
    sign, digits = (-1, found["number"][1:]) if found["number"].startswith("-") else (1, found["number"])
    value = amount(digits)
    return None if value is None else sign * (value + (Decimal("0.5") if found["half"] else 0))


def _units(question: Number) -> frozenset[str]:
    """The unit asked for may be repeated. Another one may not: 10个月 is not 10年."""
    own = {plain(words).replace(" ", "") for words in (question.unit or {}).values()}
    return _ANY_UNIT | own | {f"个{each}" for each in own}


def _outside(asked: Asked[Number], value: Decimal) -> Answer:
    if asked.question.between is None:
        return no("number_negative" if value < 0 else "number_unclear")
    low, high = asked.question.between
    return no("number_outside", low=show_number(asked, low, False), high=show_number(asked, high, False))


def _in(value: Decimal, low: float | Decimal, high: float | Decimal) -> bool:
    return Decimal(str(low)) <= value <= Decimal(str(high))


def _fen(found: re.Match[str]) -> Decimal | None:
    sign = -1 if found["yuan"].startswith("-") else 1
    total = Decimal(0)
    for name, times in (("yuan", 100), ("jiao", 10), ("fen", 1)):
        if found[name]:
            value = amount(found[name].lstrip("-"))
            if value is None or (name != "yuan" and value >= 10):
                return None
            total += value * times
    return sign * total
