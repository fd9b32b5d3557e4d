"""The week's red and blue list, and the month's report, as lines to be put on a wall.

Red names what served people well, blue what has to be mended. Below LEAST marks nothing is named: a handful
says little, and would say who gave them. The thresholds and points are ours, to be settled by each place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from intake.days.clocks import OFFICE_TIME
from intake.exports.codes import MARKS
from intake.keeping.unit import Unit
from intake.ratings.counting import Count, Key, Tally, count

LEAST = 5
RED_FROM, BLUE_BELOW = 0.98, 0.90
POINTS: Mapping[int, int] = {1: 2, 2: 1, 3: 0, 4: -1, 5: -2}
LATE_POINTS = -1  # for each step of a follow-up that was late


def week(today: date, of: date | None) -> tuple[date, date]:
    """Monday to Sunday around `of`; without it the last week that is over."""
    day = of or today - timedelta(days=7)
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def month(today: date, of: date | None) -> tuple[date, date]:
    """The month of `of`; without it the last one that is over."""
    first = (of or today.replace(day=1) - timedelta(days=1)).replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return first, following - timedelta(days=1)


def report(unit: Unit, first: date, last: date) -> dict[str, Any]:
    """Everything a report says, for both days included."""
    counted = count(unit, _midnight(first), _midnight(last + timedelta(days=1)))
    matters = sorted(counted.by_matter.items())
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "red": [_matter(key, tally) for key, tally in matters if is_red(tally)],
        "blue": [_matter(key, tally) for key, tally in matters if is_blue(tally)],
        "matters": [_matter(key, tally) for key, tally in matters],
        "points": points(counted),
        "followups": {
            "opened": sum(tally.followups for tally in counted.by_matter.values()),
            "closed": counted.closed,
            "late": sum(tally.late for tally in counted.by_matter.values()),
            "better": counted.better,
            "flagged": counted.flagged,
        },
    }


def is_red(tally: Tally) -> bool:
    share = tally.satisfied
    return tally.given >= LEAST and share is not None and share >= RED_FROM and not tally.late


def is_blue(tally: Tally) -> bool:
    share = tally.satisfied
    return bool(tally.late) or (tally.given >= LEAST and share is not None and share < BLUE_BELOW)


def points(counted: Count) -> list[dict[str, Any]]:
    """Each reviewer's points, the most first; nobody's from fewer than LEAST marks."""
    found = [
        {"reviewer": name, "given": tally.given, "points": _points(tally)}
        for name, tally in counted.by_reviewer.items()
        if tally.given >= LEAST
    ]
    return sorted(found, key=lambda each: (-each["points"], each["reviewer"]))


def _points(tally: Tally) -> int:
    return sum(POINTS[code] * n for code, n in tally.codes.items()) + LATE_POINTS * tally.late


def _matter(key: Key, tally: Tally) -> dict[str, Any]:
    share = tally.satisfied
    enough = tally.given >= LEAST
    return {
        "title": key[0],
        "office": key[1],
        "asked": tally.asked,
        "given": tally.given,
        "satisfied": round(share * 100, 2) if share is not None and enough else None,
        "codes": {str(code): tally.codes[code] for code in MARKS} if enough else None,
        "followups": tally.followups,
        "late": tally.late,
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), OFFICE_TIME)


# In words


def as_lines(found: Mapping[str, Any], title: str) -> Iterator[str]:
    """Yield the report as plain text in the office's language."""
    yield f"{title}  {found['from']} 至 {found['to']}"
    yield from _listed("红榜", found["red"])
    yield from _listed("蓝榜", found["blue"])
    yield ""
    yield "各事项"
    yield from (f"  {_line(each)}" for each in found["matters"])
    yield ""
    yield f"积分（满{LEAST}个评价才计）"
    yield from (
        f"  {each['reviewer']}  {each['points']}分  {each['given']}个评价" for each in found["points"]
    )
    told = found["followups"]
    yield ""
    yield (
        f"差评整改：新开{told['opened']}件，办结{told['closed']}件，超时{told['late']}件，"
        f"再评变好{told['better']}件，认定恶意{told['flagged']}件"
    )
    yield "没有评价的不算满意，也不算不满意。"


def _listed(name: str, rows: list[dict[str, Any]]) -> Iterator[str]:
    yield ""
    yield name
    yield from (f"  {_line(each)}" for each in rows)
    if not rows:
        yield "  （无）"


def _line(row: Mapping[str, Any]) -> str:
    share = "评价不足，不公布" if row["satisfied"] is None else f"满意{row['satisfied']:.2f}%"
    late = f"，整改超时{row['late']}件" if row["late"] else ""
    return f"{row['title']}（{row['office']}）  请评{row['asked']}，收到{row['given']}，{share}{late}"
