"""Five working days without a word: what the law makes of it is said, and nothing is decided by a clock.

行政许可法 第三十二条: who is not told within five days what is missing counts as accepted from the day his
papers came. That is so for licences, and only a person can say whether this is one. So the supervisor has an
alert, the applicant hears the truth, and the application stays where it is.
"""

from __future__ import annotations

from sqlalchemy import select

from intake.cases import applications, moves
from intake.days import timers
from intake.days.clocks import local_day
from intake.keeping.schema import timers as table
from intake.keeping.unit import Unit
from intake.office import alerts

CLOCK = "receipt"
MOST_AT_ONCE = 100
WORDS = (
    "收到材料已满5个工作日，还没有告知补正，也没有受理。如果是行政许可，按行政许可法第三十二条，"
    "从{day}收到材料那天起就是受理，时限也从那天起算。请马上联系申请人，并作出决定。"
)


def escalate(unit: Unit) -> int:
    """Raise an alert for what nobody answered in time, and tell the applicant, once. Returns how many."""
    late = select(table.c.number).where(
        table.c.name == CLOCK, table.c.stopped_at.is_(None), table.c.due_at <= unit.now
    )
    found = unit.connection.execute(late.order_by(table.c.number).limit(MOST_AT_ONCE)).scalars()
    return sum(_escalate(unit, number) for number in found.all())


def _escalate(unit: Unit, number: str) -> bool:
    """Escalate one, unless it was answered while we waited for its lock."""
    row = applications.by_number(unit, number, lock=True)
    held = timers.find(unit, number, CLOCK)
    if held is None or held.due_at > unit.now:
        return False
    timers.stop(unit, number, CLOCK)
    came = local_day(held.started_at).isoformat()
    alerts.add(unit, number, "deemed_accepted", WORDS.format(day=came))
    moves.tell(unit, row, "answer_overdue", "system", {"since": came})
    return True
