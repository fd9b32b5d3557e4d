"""Checks a move has to pass, by the name the table gives them. Each says no in words for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import select

from intake.cases import applications, opening, owed, standing
from intake.cases.making import Making
from intake.days import timers
from intake.keeping.schema import events as event_table
from intake.lookups import finding
from intake.problems import Problem, not_now

Guard = Callable[[Making], None]


def _pages_held(making: Making) -> None:
    missing = applications.missing(making.unit, making.number)
    if missing:
        raise Problem(
            422,
            "missing-pages",
            f"{len(missing)} pages are missing.",
            "还有照片没有传上来。",
            missing=missing,
        )


def _not_duplicate(making: Making) -> None:
    # Two drafts of one case may stand side by side (an answer was lost); only one may be handed in. On
    # PostgreSQL the counter's row makes the two wait for each other.
    making.unit.count("submitted")
    row = making.row
    opening.refuse_duplicate(making.unit, row.person, row.service, but=row.number)


def _may_defer(making: Making) -> None:
    body = applications.body_of(making.unit, making.row)
    owed.refuse_blocked(making.unit, making.row.person, body)


def _may_reject(making: Making) -> None:
    if standing.talk_due(making.unit, making.row):
        raise _not_before(
            making,
            "talk-due",
            "It was sent back three times; a supervisor must record a talk first.",
            "已经退回三次。再退回之前，要先由监督人员记录约谈。",
        )


def _owes(making: Making) -> None:
    if not owed.still(making.unit, making.number):
        raise not_now(making.move.action, making.row.state)


def _owes_nothing(making: Making) -> None:
    rows = owed.still(making.unit, making.number)
    if rows:
        titles = "、".join(row.title for row in rows)
        words = f"还欠着材料：{titles}。补齐以前不能准予。"
        raise _not_before(making, "owing", "Papers are still owed.", words)


def _looked_up(making: Making) -> None:
    """Nobody's silence is a yes: what a department is asked about has to be answered first."""
    left = finding.unanswered(making.unit, making.row)
    if left:
        asked = {*left} - {*finding.unasked(making.unit, making.row)}
        others = "有材料没有请部门核验，等申请人交来或者答应补交，才能受理。"
        words = "有材料还在等部门核验，答复以后才能受理。" if asked else others
        raise _not_before(making, "looking-up", f"{len(left)} look-ups are not answered.", words)


def _deferral_overdue(making: Making) -> None:
    _owes(making)
    timer = timers.find(making.unit, making.number, "deferral")
    if timer is None or timer.due_at > making.unit.now:
        raise not_now(making.move.action, making.row.state)


def _not_extended(making: Making) -> None:
    if _happened(making, "extended"):
        raise _not_before(making, "extended", "It was extended before.", "时限只能延长一次。")


def _talk_due(making: Making) -> None:
    if not standing.talk_due(making.unit, making.row):
        raise not_now(making.move.action, making.row.state)


def _promise_broken(making: Making) -> None:
    if not standing.promise_broken(making.unit, making.row.person):
        raise not_now(making.move.action, making.row.state)


def _rating_open(making: Making) -> None:
    if not _happened(making, "rating_requested"):
        raise not_now("rate", making.row.state)


def _happened(making: Making, kind: str) -> bool:
    query = select(event_table.c.seq).where(event_table.c.number == making.number, event_table.c.type == kind)
    return making.unit.connection.execute(query.limit(1)).scalar() is not None


def _not_before(making: Making, kind: str, detail: str, words: str) -> Problem:
    """Something else has to happen first, or has happened already."""
    return Problem(423, kind, detail, words, state=making.row.state)


GUARDS: Mapping[str, Guard] = {
    "pages_held": _pages_held,
    "not_duplicate": _not_duplicate,
    "may_defer": _may_defer,
    "may_reject": _may_reject,
    "owes": _owes,
    "owes_nothing": _owes_nothing,
    "looked_up": _looked_up,
    "deferral_overdue": _deferral_overdue,
    "not_extended": _not_extended,
    "talk_due": _talk_due,
    "promise_broken": _promise_broken,
    "rating_open": _rating_open,
}


def passes(name: str, making: Making) -> bool:
    try:
        GUARDS[name](making)
    except Problem:
        return False
    return True
