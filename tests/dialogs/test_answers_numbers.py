"""Counts, money, days and months."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dialogs.answers.numerals import amount, in_digits
from tests.dialogs.asking import answer, question, refusal, shown

YEARS = question("number", unit={"zh-CN": "年", "en": "years"}, between=[0, 50])
HEIGHT = question("number", whole=False)
PRICE = question("money", between=[0, 50000])
DAY = question("date")
GONE_BY = question("date", not_after="today")
TO_COME = question("date", not_before="today")
START = question("month", not_before="this-month")
ANY_MONTH = question("month")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("12", "12"), ("1,200.5", "1200.5"), ("十二", "12"), ("二十", "20"), ("一百二", "120"),
        ("一百零二", "102"),
        ("三万五", "35000"), ("3.5万", "35000"), ("1万2", "12000"), ("两千零五", "2005"),
        ("二〇二六", "2026"),
        ("一亿二千万", "120000000"), ("壹佰", "100"), ("十", "10"),
        ("1,2", None), ("百", None), ("万", None), ("一百一百", None), ("", None), ("1.2.3", None),
        ("九" * 99, None),
    ],
)  # fmt: skip
def test_chinese_and_arabic_numerals(written: str, value: str | None) -> None:
    assert amount(written) == (None if value is None else Decimal(value))


def test_numerals_inside_a_date() -> None:
    assert in_digits("八八年三月五号") == "88年3月5号"
    assert in_digits("二〇二六年十一月二十三日") == "2026年11月23日"
    assert in_digits("万一") == "万一"


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("10", 10), ("１０", 10), ("10年", 10), ("十年", 10), ("10 years", 10), ("大概3年", 3),
        ("交了五年", 5),
        ("没有", 0), ("没交过", 0), ("3.0", 3), ("两", 2),
        ("三年半", "!number_whole"), ("半年", "!number_whole"), ("2.5", "!number_whole"),
        ("51", "!number_outside"), ("-1", "!number_outside"),
        ("10个月", "!number_unclear"), ("3年或4年", "!number_unclear"), ("十多年", "!number_unclear"),
        ("很久", "!number_unclear"), ("", "!number_unclear"), ("1e5", "!number_unclear"),
        ("nan", "!number_unclear"),
        ("99999999999999999999999", "!number_outside"),
    ],
)  # fmt: skip
def test_counts(typed: str, value: object) -> None:
    assert answer(YEARS, typed) == value


def test_a_fraction_where_it_is_allowed() -> None:
    assert answer(HEIGHT, "1.75") == 1.75
    assert answer(HEIGHT, "三个半") == 3.5
    assert answer(HEIGHT, "-2") == "!number_negative"
    assert answer(HEIGHT, "9" * 20) == "!number_unclear"


def test_the_borders_are_told_with_their_unit() -> None:
    assert refusal(YEARS, "60") == "这里只能填0年到50年。请看一下，再回一个数字。"
    assert shown(YEARS, 3) == "3年"
    assert shown(YEARS, 3, "en") == "3 years"


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("1200", 120000), ("1,200.5元", 120050), ("￥1200", 120000), ("1200块", 120000), ("1200块5", 120050),
        ("12块5毛", 1250), ("12元5角3分", 1253), ("五百块钱", 50000), ("1.2万", 1200000), ("三千五", 350000),
        ("0.01", 1), ("RMB 300", 30000),
        ("1.234", "!money_decimals"), ("$5", "!money_unclear"), ("很多", "!money_unclear"),
        ("", "!money_unclear"),
        ("50000.01", "!money_outside"), ("-5", "!money_outside"), ("12块15", "!money_unclear"),
    ],
)  # fmt: skip
def test_money_is_kept_in_fen(typed: str, fen: object) -> None:
    assert answer(PRICE, typed) == fen


def test_money_as_it_is_shown() -> None:
    assert shown(PRICE, 120050) == "1,200.50元"
    assert shown(PRICE, 38000) == "380元"
    assert shown(PRICE, 120050, "en") == "¥1,200.50"


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("1988-3-5", "1988-03-05"), ("1988年3月5日", "1988-03-05"), ("1988/03/05", "1988-03-05"),
        ("1988.3.5", "1988-03-05"), ("19880305", "1988-03-05"), ("1988 3 5", "1988-03-05"),
        ("八八年三月五号", "1988-03-05"), ("一九八八年三月五日", "1988-03-05"),
        ("１９８８年３月５日", "1988-03-05"),
        ("5 March 1988", "1988-03-05"), ("March 5th, 1988", "1988-03-05"), ("1988-3-5。", "1988-03-05"),
        ("今天", "2026-11-21"), ("昨天", "2026-11-20"), ("前天", "2026-11-19"), ("大前天", "2026-11-18"),
        ("明天", "2026-11-22"), ("三天前", "2026-11-18"), ("10 days ago", "2026-11-11"),
        ("上周五", "2026-11-13"), ("本周一", "2026-11-16"), ("下个星期天", "2026-11-29"),
        ("去年5月1号", "2025-05-01"), ("下个月5号", "2026-12-05"), ("2024年2月29日", "2024-02-29"),
        ("2026年2月29日", "!date_impossible"), ("1988年2月31日", "!date_impossible"),
        ("2026-4-31", "!date_impossible"),
        ("2026-13-1", "!month_impossible"), ("2026-0-1", "!month_impossible"),
        ("2026-11-32", "!day_impossible"),
        ("1850-1-1", "!date_early"), ("2150-1-1", "!date_late"), ("0000-1-1", "!date_year"),
        ("3月5日", "!date_year"), ("1988年3月", "!date_needs_day"), ("05/03/1988", "!date_unclear"),
        ("农历三月初五", "!date_lunar"), ("正月十五", "!date_lunar"), ("", "!date_unclear"),
        ("那天", "!date_unclear"),
    ],
)  # fmt: skip
def test_days(typed: str, day: str) -> None:
    assert answer(DAY, typed) == day


def test_today_as_a_border_tells_the_year() -> None:
    assert answer(GONE_BY, "3月5日") == "2026-03-05"
    assert answer(GONE_BY, "12月5日") == "2025-12-05"
    assert answer(TO_COME, "3月5日") == "2027-03-05"
    assert answer(TO_COME, "12月5日") == "2026-12-05"
    assert answer(GONE_BY, "26年3月5日") == "2026-03-05"


def test_borders_are_told_with_the_weekday() -> None:
    assert refusal(GONE_BY, "明天") == "这个日子太晚了。请写11月21日(周六)或者以前的一天。"
    assert (
        refusal(TO_COME, "昨天", "en")
        == "That day is too early. Please give Saturday 21 November or a later one."
    )
    assert refusal(DAY, "1988-2-31") == "2月没有31号。请看一下日历，再写一遍。"


@pytest.mark.parametrize(
    ("typed", "month"),
    [
        ("12月", "2026-12"), ("十二月", "2026-12"), ("12", "2026-12"), ("12月份", "2026-12"),
        ("从12月开始", "2026-12"),
        ("本月", "2026-11"), ("这个月", "2026-11"), ("下个月", "2026-12"), ("next month", "2026-12"),
        ("2026.12", "2026-12"), ("2026-12", "2026-12"), ("202612", "2026-12"), ("26年12月", "2026-12"),
        ("Dec 2026", "2026-12"), ("明年1月", "2027-01"), ("1月", "2027-01"), ("2026年12月5日", "2026-12"),
        ("上个月", "!month_early"), ("13月", "!month_impossible"), ("冬天", "!month_unclear"),
        ("", "!month_unclear"),
    ],
)  # fmt: skip
def test_months(typed: str, month: str) -> None:
    assert answer(START, typed) == month


def test_a_month_without_year_is_asked_again_where_nothing_tells_it() -> None:
    assert answer(ANY_MONTH, "12月") == "!month_year"


def test_days_and_months_as_they_are_shown() -> None:
    assert shown(DAY, "2026-11-27") == "11月27日(周五)"
    assert shown(DAY, "1988-03-05") == "1988年3月5日"
    assert shown(DAY, "2026-11-27", "en") == "Friday 27 November"
    assert shown(START, "2026-12") == "2026年12月"
    assert shown(START, "2026-12", "en") == "December 2026"
