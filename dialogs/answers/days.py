"""Days and months: 1988-3-5, 1988年3月5日, 八八年三月五号, 19880305, 3月5日, 昨天, 三天前, 上周五, 下个月.

A day without its year is the one the question's borders leave; where they leave several, the one
nearest to a border that is today. Otherwise he is asked for the year: nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from dialogs.answers.cleaning import plain
from dialogs.answers.numerals import in_digits
from dialogs.answers.verdict import Accepted, Answer, Asked, no
from dialogs.calendar import MONTHS_EN, spoken, spoken_month
from dialogs.script import Date, Month

EARLIEST, LATEST = date(1900, 1, 1), date(2099, 12, 31)  # no living person's paper has a day outside
NEAR = 366  # days; the weekday of a birthday long ago only distracts

_RELATIVE = {
    "今天": 0,
    "今日": 0,
    "昨天": -1,
    "昨日": -1,
    "前天": -2,
    "大前天": -3,
    "明天": 1,
    "后天": 2,
    "大后天": 3,
    "today": 0,
    "yesterday": -1,
    "tomorrow": 1,
}
_YEARS = {"今年": 0, "去年": -1, "前年": -2, "明年": 1, "后年": 2}
_MONTHS = {"这个月": 0, "这月": 0, "本月": 0, "当月": 0, "上个月": -1, "上月": -1, "下个月": 1, "下月": 1}
_MONTHS |= {"thismonth": 0, "lastmonth": -1, "nextmonth": 1}
_WEEKS = {"上": -1, "这": 0, "本": 0, "下": 1}
_EN = {name.lower()[:3]: place for place, name in enumerate(MONTHS_EN, 1)}
_EN_NAME = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"

_SEP = r"\s*[-/.年、,]\s*"
_YMD = tuple(
    re.compile(form)
    for form in (
        rf"(?P<y>\d{{4}}|\d\d){_SEP}(?P<m>\d{{1,2}})\s*[-/.月、,]\s*(?P<d>\d{{1,2}})\s*[日号]?",
        r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)",
        r"(?P<y>\d{4})\s+(?P<m>\d{1,2})\s+(?P<d>\d{1,2})",
        r"(?P<year>今年|去年|前年|明年|后年)的?(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]?",
        r"(?P<month>[这本当上下]个?月)的?(?P<d>\d{1,2})[日号]",
        r"(?P<m>\d{1,2})\s*[月/-]\s*(?P<d>\d{1,2})\s*[日号]?",
        rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+{_EN_NAME},?(?:\s+(?P<y>\d{{4}}))?",
        rf"{_EN_NAME}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?(?:\s+(?P<y>\d{{4}}))?",
    )
)
_YM = tuple(
    re.compile(form)
    for form in (
        rf"(?P<y>\d{{4}}|\d\d){_SEP}(?P<m>\d{{1,2}})\s*月?份?",
        r"(?P<y>\d{4})(?P<m>\d\d)",
        r"(?P<year>今年|去年|前年|明年|后年)的?(?P<m>\d{1,2})月?份?",
        r"(?P<month>[这本当上下]个?月|(?:this|last|next)\s*month)",
        r"(?P<m>\d{1,2})\s*月?份?",
        rf"{_EN_NAME}(?:\s+(?P<y>\d{{4}}))?",
    )
)
_AGO = re.compile(r"(\d{1,4})\s*(?:天|days?)\s*(前|以前|之前|后|以后|之后|ago|later)")
_WEEKDAY = re.compile(r"([上这本下])个?(?:周|星期|礼拜)([一二三四五六日天1-6])")
_NOISE = re.compile(
    r"^(?:是|在|大概|大约|从|就是|on|since|from)+\s*|(?:的时候|那天|左右|开始|起|吧|[.。!！])+$"
)
_LUNAR = re.compile(r"农历|阴历|旧历|正月|腊月|冬月|初[一二三四五六七八九十]|闰")


def read_date(asked: Asked[Date], text: str, option: str) -> Answer:
    """Read a day; kept as "YYYY-MM-DD"."""
    line = _NOISE.sub("", plain(option or text))
    if _LUNAR.search(line):
        return no("date_lunar")
    low = _day(asked.question.not_before, asked.today, EARLIEST)
    high = _day(asked.question.not_after, asked.today, LATEST)
    spoken_day = _relative_day(line.replace(" ", ""), asked.today)
    if spoken_day:
        return _bounded(asked, spoken_day, low, high)
    found = _first(_YMD, in_digits(line))
    if not found:
        return no("date_needs_day") if _first(_YM, in_digits(line)) else no("date_unclear")
    return _from_parts(asked, found.groupdict(), low, high)


def show_date(asked: Asked[Date], value: str, masked: bool) -> str:
    day = date.fromisoformat(value)
    near = abs((day - asked.today).days) <= NEAR
    return spoken(day, asked.lang, asked.today, weekday=near)


def read_month(asked: Asked[Month], text: str, option: str) -> Answer:
    """Read a month; kept as "YYYY-MM". A day is fine too: its month is taken."""
    line = in_digits(_NOISE.sub("", plain(option or text)))
    if _LUNAR.search(plain(text)):
        return no("date_lunar")
    found = _first(_YM, line) or _first(_YMD[:4], line)
    if not found:
        return no("month_unclear")
    parts = found.groupdict()
    month = _month_of(parts, asked.today)
    if not 1 <= month <= 12:
        return no("month_impossible", month=month)
    low = _month(asked.question.not_before, asked.today, EARLIEST)
    high = _month(asked.question.not_after, asked.today, LATEST)
    months = [date(year, month, 1) for year in _years(parts, asked.today) if year]
    return _one_month(asked, months, low, high)


def show_month(asked: Asked[Month], value: str, masked: bool) -> str:
    return spoken_month(int(value[:4]), int(value[5:]), asked.lang)


def _relative_day(word: str, today: date) -> date | None:
    if word in _RELATIVE:
        return today + timedelta(_RELATIVE[word])
    ago = _AGO.fullmatch(in_digits(word))
    if ago:
        return today + timedelta(int(ago[1]) * (-1 if ago[2].endswith(("前", "ago")) else 1))
    week = _WEEKDAY.fullmatch(word)
    if week:
        place = "一二三四五六日".find("日" if week[2] == "天" else week[2])
        place = int(week[2]) - 1 if place < 0 else place
        return today + timedelta(7 * _WEEKS[week[1]] + place - today.weekday())
    return None


def _from_parts(asked: Asked[Date], parts: dict[str, str | None], low: date, high: date) -> Answer:
    month, day = _month_of(parts, asked.today), int(parts["d"] or 0)
    if not 1 <= month <= 12:
        return no("month_impossible", month=month)
    if not 1 <= day <= 31:
        return no("day_impossible", day=day)
    years = [year for year in _years(parts, asked.today) if year]
    if not years:
        return no("date_year")
    real = [made for made in (_make(year, month, day) for year in years) if made]
    if not real:
        name = MONTHS_EN[month - 1] if asked.lang == "en" else month
        return no("date_impossible", month=name, day=day)
    fits = [each for each in real if low <= each <= high]
    if len(fits) > 1:
        fits = _nearest(fits, asked.question.not_before, asked.question.not_after)
    if len(fits) == 1:
        return Accepted(fits[0].isoformat())
    return no("date_year") if fits or len(real) > 1 else _bounded(asked, real[0], low, high)


def _one_month(asked: Asked[Month], real: list[date], low: date, high: date) -> Answer:
    fits = [each for each in real if low <= each <= high]
    if len(fits) > 1:
        fits = _nearest(fits, asked.question.not_before, asked.question.not_after)
    if len(fits) == 1:
        return Accepted(fits[0].isoformat()[:7])
    if fits or len(real) != 1:
        return no("month_year")
    name, edge = ("month_early", low) if real[0] < low else ("month_late", high)
    return no(name, edge=spoken_month(edge.year, edge.month, asked.lang))


def _bounded(asked: Asked[Date], day: date, low: date, high: date) -> Answer:
    if low <= day <= high:
        return Accepted(day.isoformat())
    name, edge = ("date_early", low) if day < low else ("date_late", high)
    return no(name, edge=spoken(edge, asked.lang, asked.today))


def _nearest(fits: list[date], not_before: str | None, not_after: str | None) -> list[date]:
    """Of several years, today's border chooses: the first one to come, or the last one gone by."""
    if (not_before or "")[:1] == "t":
        return [min(fits)]
    return [max(fits)] if (not_after or "")[:1] == "t" else fits


def _years(parts: dict[str, str | None], today: date) -> Iterable[int]:
    """Return the years he may mean: the one he said, both centuries of "88", or those around today."""
    if parts.get("year"):
        return (today.year + _YEARS[parts["year"] or ""],)
    if parts.get("month"):
        return (_shifted(parts["month"] or "", today).year,)
    year = parts.get("y")
    if year is None:
        return range(today.year - 1, today.year + 2)
    if len(year) == 4:
        return (int(year),)
    centuries = (1900 + int(year), 2000 + int(year))
    return [each for each in centuries if today.year - 100 < each <= today.year + 10]


def _month_of(parts: dict[str, str | None], today: date) -> int:
    if parts.get("name"):
        return _EN[parts["name"] or ""]
    if parts.get("month"):
        return _shifted(parts["month"] or "", today).month
    return int(parts["m"] or 0)


def _shifted(word: str, today: date) -> date:
    months = today.year * 12 + today.month - 1 + _MONTHS[re.sub(r"\s", "", word)]
    return date(months // 12, months % 12 + 1, 1)


def _make(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _day(border: str | None, today: date, none: date) -> date:
    if border is None:
        return none
    return today if border == "today" else date.fromisoformat(border)


def _month(border: str | None, today: date, none: date) -> date:
    day = {None: None, "this-month": "today"}.get(border, f"{border}-01")
    return _day(day, today, none).replace(day=1)


def _first(forms: Iterable[re.Pattern[str]], line: str) -> re.Match[str] | None:
    return next((found for found in (form.fullmatch(line) for form in forms) if found), None)
