"""Numbers as people write them: 12, １２, 十二, 一百二, 3.5万, 两千零五, 二〇二六."""

from __future__ import annotations

import re
from decimal import Decimal

DIGITS = {
    each: value for value, group in enumerate(("零〇", "一幺", "二两", *"三四五六七八九")) for each in group
}
DIGITS |= {each: value for value, each in enumerate("壹贰叁肆伍陆柒捌玖", 1)}
TIMES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "万": 10_000, "亿": 100_000_000}
_HAN = "".join(DIGITS) + "".join(TIMES)
_LONGEST = 24  # characters; more digits than that count nothing a person owns

HAN_RUN = re.compile(f"[{_HAN}]+")
NUMBER = rf"(?:[\d{_HAN}][\d,.{_HAN}]*)"  # something that may be a number; `amount` decides
_TOKEN = re.compile(
    rf"(\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)|([{''.join(DIGITS)}]+)|([{''.join(TIMES)}])"
)


def amount(text: str) -> Decimal | None:
    """Return the number that the whole of `text` (plain, no spaces) writes, or None."""
    if not text or len(text) > _LONGEST:
        return None
    tokens, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if not match:
            return None
        tokens.append(match)
        place = match.end()
    if len(tokens) == 1 and not tokens[0][3]:
        return _single(tokens[0])
    return _composed(tokens)


def in_digits(text: str) -> str:
    """Return `text` with every Chinese numeral in it written in digits: "八八年三月五号" -> "88年3月5号"."""
    return HAN_RUN.sub(_digits, text)


def _digits(match: re.Match[str]) -> str:
    number = amount(match[0])
    if number is None or number != number.to_integral_value():
        return match[0]
    if all(each in DIGITS for each in match[0]):  # 〇五 stays 05
        return "".join(str(DIGITS[each]) for each in match[0])
    return str(int(number))


def _single(token: re.Match[str]) -> Decimal:
    if token[1]:
        return Decimal(token[1].replace(",", ""))
    return Decimal("".join(str(DIGITS[each]) for each in token[2]))


def _composed(tokens: list[re.Match[str]]) -> Decimal | None:
    """Add up digits and multipliers: 三万五 = 35000, 一百零五 = 105, 十二 = 12, 1万2千 = 12000."""
    total = section = Decimal(0)  # `section`: what a following 万 or 亿 multiplies
    pending: Decimal | None = None  # a digit waiting for its multiplier
    last = 0  # the multiplier before it
    for token in tokens:
        if token[3]:
            times = TIMES[token[3]]
            if times >= TIMES["万"]:
                total += (section + (pending or 0)) * times
                if section == 0 and pending is None:
                    return None
                section, pending, last = Decimal(0), None, times
            else:
                if (pending is None and times != 10) or (section and last <= times):
                    return None  # neither 百 alone nor 一十一百 is a number
                section += (1 if pending is None else pending) * times
                pending, last = None, times
        else:
            value, skipped = _digit(token)
            if value is None or pending is not None:
                return None
            pending, last = value, 1 if skipped else last
    if pending is not None and last >= 100 and pending < 10:
        pending *= last // 10  # 一百二 = 120, but 一百零二 = 102
    return total + section + (pending or 0)


def _digit(token: re.Match[str]) -> tuple[Decimal | None, bool]:
    """Return the digit a multiplier may follow, and whether a 零 said that places are skipped."""
    if token[1]:
        return Decimal(token[1].replace(",", "")), False
    spoken = token[2]
    skipped = spoken[0] in "零〇"
    rest = spoken.lstrip("零〇")
    if len(rest) > 1:
        return None, False
    return (Decimal(DIGITS[rest]) if rest else Decimal(0)), skipped
