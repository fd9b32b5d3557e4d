"""Carrying out one step of a follow-up: who, when, what was said, all in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, insert, select, update

from intake.days import clocks
from intake.exports import codes
from intake.keeping.unit import Unit
from intake.problems import Problem, changed, invalid, unknown
from intake.ratings import opening
from intake.ratings.steps import BY_ID, RERATE, STEPS, Step, Who
from intake.ratings.tables import followup_steps, followups

MOST_CHARACTERS = 2000


def by_id(unit: Unit, name: str, *, lock: bool = False) -> Row[Any]:
    """The row of a follow-up. Raises: Problem 404."""
    query = select(followups).where(followups.c.id == name)
    row = unit.connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise unknown("follow-up")
    return row


def take(unit: Unit, row: Row[Any], action: str, by: str, role: Who, fields: Mapping[str, str]) -> Row[Any]:
    """Do `action` with the follow-up of `row` (locked) and return its new row.

    Raises: Problem 422 no such step or no words, 403 a supervisor's, 423 not now.
    """
    step = BY_ID.get(action)
    if step is None:
        raise invalid("There is no such action.", "/action")
    if not _may(step, role):
        raise Problem(403, "role", "This is for another role.", "您的角色不能做这一步。")
    done = list(steps_of(unit, row.id))
    why_not = _why_not(step, row, done, by)
    if why_not:
        raise Problem(423, "not-now", f"{action} is not possible now.", why_not)
    words = _words(step, fields)
    _change(unit, row, step)
    _note(unit, row, step, by, words, len(done) + 1)
    if step.target == "closed":
        _close(unit, row, step, by, _result(unit, step, done))
    return by_id(unit, row.id)


def steps_of(unit: Unit, name: str) -> list[Row[Any]]:
    query = select(followup_steps).where(followup_steps.c.followup == name).order_by(followup_steps.c.n)
    return list(unit.connection.execute(query))


def words_of(unit: Unit, step: Row[Any]) -> str:
    """What was written at a step; empty when it was forgotten."""
    if step.words_sealed is None:
        return ""
    return unit.vault.open(step.words_sealed, opening.place(step.followup, step.n)).decode()


def steps_open(unit: Unit, row: Row[Any], by: str, role: Who) -> list[Step]:
    """What `by` may do now, in the order of the table."""
    done = steps_of(unit, row.id)
    return [step for step in STEPS if _may(step, role) and not _why_not(step, row, done, by)]


def _may(step: Step, role: Who) -> bool:
    """Whether the role may take the step: to look again whether it was mended is to watch, too."""
    return step.who == role or step.other


def _why_not(step: Step, row: Row[Any], done: list[Row[Any]], by: str) -> str:
    """Why `step` cannot be taken, in words for the reviewer; empty when it can."""
    flagged = _flag_waits(done)
    if row.state not in step.sources:
        return "现在不能这样操作，请刷新后再看。"
    if step.asked is not None and step.asked != flagged:
        return "有人认为是恶意评价，等监督人员决定。" if flagged else "还没有人认为是恶意评价。"
    if step.other and codes.person(by) == codes.person(_mender(done)):
        return "复核要换一个人，不能由整改的人自己复核。"
    if step.once and row.complex:
        return "已经延长过一次了。"
    return ""


def _flag_waits(done: list[Row[Any]]) -> bool:
    said = [each.step for each in done if each.step in ("flag", "flag_rejected")]
    return bool(said) and said[-1] == "flag"


def _mender(done: list[Row[Any]]) -> str:
    return next((str(each.by) for each in reversed(done) if each.step == "fixed"), "")


def _words(step: Step, fields: Mapping[str, str]) -> str:
    words = fields.get(step.need.name, "").strip()
    if not words or len(words) > MOST_CHARACTERS:
        fault = f"请填写“{step.need.label}”，最多{MOST_CHARACTERS}个字。"
        raise Problem(422, "fields", "The words are missing.", fault, fields={step.need.name: fault})
    return words


def _change(unit: Unit, row: Row[Any], step: Step) -> None:
    values: dict[str, Any] = {"version": row.version + 1, "late": row.late or _is_late(unit, row, step)}
    if step.target:
        values["state"] = step.target
    if step.limit is not None:
        begun = row.opened_at if step.from_mark else unit.now
        calendar = opening.calendar_of(unit, row.number)
        values |= opening.running(clocks.due(begun, step.limit, calendar))
    if step.once:
        values["complex"] = True
    same = (followups.c.id == row.id, followups.c.version == row.version)
    if not unit.connection.execute(update(followups).where(*same).values(**values)).rowcount:
        raise changed()


def _is_late(unit: Unit, row: Row[Any], step: Step) -> bool:
    return step.meets and row.due_at is not None and unit.now >= row.due_at


def _note(unit: Unit, row: Row[Any], step: Step, by: str, words: str, n: int) -> None:
    unit.connection.execute(
        insert(followup_steps).values(
            followup=row.id,
            n=n,
            at=unit.now,
            by=by,
            step=step.id,
            late=_is_late(unit, row, step),
            words_sealed=unit.vault.seal(words.encode(), opening.place(row.id, n)),
        )
    )


def _result(unit: Unit, step: Step, done: list[Row[Any]]) -> str:
    """What the applicant is told: what was mended. Nobody is told that he was held to be malicious."""
    if step.id != "checked":
        return ""
    return next((words_of(unit, each) for each in reversed(done) if each.step == "fixed"), "")


def _close(unit: Unit, row: Row[Any], step: Step, by: str, result: str) -> None:
    flagged = step.id == "flag_confirmed"
    due = clocks.due(unit.now, RERATE, opening.calendar_of(unit, row.number))
    until = None if flagged else due.day
    uncertain = due.provisional and until is not None
    unit.connection.execute(
        update(followups)
        .where(followups.c.id == row.id)
        .values(
            closed_at=unit.now,
            rerate_until=until,
            flagged=flagged,
            warn_at=None,
            due_at=None,
            due_on=None,
            provisional=uncertain,
        )
    )
    told = until.isoformat() if until else ""
    facts = {"result": result, "rerate_until": told, "provisional": uncertain}
    opening.tell(unit, row.number, "followup_closed", by, **facts)
