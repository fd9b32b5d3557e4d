"""What a move does beside changing the state, by the name the table gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from intake.cases import corrections, owed, standing
from intake.cases.making import Making
from intake.days import timers
from intake.problems import Problem

Step = Callable[[Making], None]
MOST_WORKING_DAYS = 10  # 行政许可法 第四十二条


def _suspension(making: Making) -> None:
    until = date.fromisoformat(making.fields["until"])
    timers.begin_until(making.unit, making.row, "suspension", until)
    making.tell("until", until.isoformat(), provisional=False)


def _extension(making: Making) -> None:
    days = int(making.fields["days"])
    held = timers.find(making.unit, making.number, "promised")
    if held is not None and held.kind != "calendar" and days > MOST_WORKING_DAYS:
        raise Problem(
            422,
            "fields",
            f"At most {MOST_WORKING_DAYS} working days.",
            "请把必填的内容填好。",
            fields={"days": f"最多延长{MOST_WORKING_DAYS}个工作日。"},
        )
    found = timers.extend(making.unit, making.row, "promised", days)
    making.tell("promised_by", found.day.isoformat(), provisional=found.provisional)


def _count_rejection(making: Making) -> None:
    standing.note_rejection(making.unit, making.row, making.by)


def _end_correction(making: Making) -> None:
    corrections.end(making.unit, making.number)


def _note_supplied(making: Making) -> None:
    owed.supplied(making.unit, making.number, making.facts["material"])


def _break_promise(making: Making) -> None:
    """Hold him to what he promised; a paper that is owed because no department had it, he did not."""
    promised = owed.texts(making.unit, making.row)
    if any(each.material in promised for each in owed.still(making.unit, making.number)):
        standing.break_promise(making.unit, making.row, making.by)


def _clear_promise(making: Making) -> None:
    standing.clear_promise(making.unit, making.row.person, making.by, making.fields["reason"])


def _note_talk(making: Making) -> None:
    standing.note_talk(making.unit, making.row, making.by, making.fields)


def _settle(making: Making) -> None:
    standing.settle(making.unit, making.row)


STEPS: Mapping[str, Step] = {
    "correction": corrections.begin,
    "deferral": owed.begin,
    "suspension": _suspension,
    "extension": _extension,
    "count_rejection": _count_rejection,
    "end_correction": _end_correction,
    "note_supplied": _note_supplied,
    "break_promise": _break_promise,
    "clear_promise": _clear_promise,
    "note_talk": _note_talk,
    "settle": _settle,
}
