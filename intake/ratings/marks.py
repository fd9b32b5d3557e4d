"""Taking the applicant's mark: once, and once more after a follow-up. Whose it is stays his own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, insert, select, update

from intake.cases import applications, events, moves
from intake.keeping.schema import applications as table
from intake.keeping.unit import Unit
from intake.problems import Problem
from intake.ratings import opening
from intake.ratings.tables import followup_steps, marks

BAD = 4  # and 5
MOST_ROUNDS = 2


def rate(unit: Unit, number: str, code: int, words: str, *, named: bool = False) -> None:
    """Keep a mark, 1 very satisfied … 5 very dissatisfied. The same again may bring its words or its name.

    Raises: Problem 409 there is another mark already, 423 nobody asked for one.
    """
    row = applications.by_number(unit, number, lock=True)
    given, followup = of(unit, number), opening.of(unit, number)
    if not given and row.rating == code:
        return  # taken by an earlier release, which kept no rounds
    again = followup is not None and len(given) < MOST_ROUNDS and _may_rate_again(unit, followup)
    if given and given[-1].code == code and not again:
        _complete(unit, given[-1], words, named=named)
        return
    if (given or row.rating is not None) and not again:
        raise Problem(409, "rated", "It has another mark already.", "这件事已经评价过了。")
    moves.make(unit, row, "rate", "applicant", code=code)
    _keep(unit, number, len(given) + 1, code, words, named=named)
    if code >= BAD and not given:
        opening.open_for(unit, number)


def of(unit: Unit, number: str) -> list[Row[Any]]:
    """The marks of a case, the first one first."""
    return list(
        unit.connection.execute(select(marks).where(marks.c.number == number).order_by(marks.c.round))
    )


def words_of(unit: Unit, mark: Row[Any]) -> str:
    place = _place(mark.number, mark.round)
    return unit.vault.open(mark.words_sealed, place).decode() if mark.words_sealed else ""


def is_named(unit: Unit, number: str) -> bool:
    given = of(unit, number)
    return bool(given) and bool(given[-1].named)


def is_open_to_reviewers(unit: Unit, number: str) -> bool:
    """Whether reviewers may know whose mark it is: he gave his name, or its follow-up is over.

    Any other mark is not shown with its case at all, good or bad: showing the good ones would tell the rest.
    """
    followup = opening.of(unit, number)
    return is_named(unit, number) or (followup is not None and followup.closed_at is not None)


# What reviewers do not read in a case's history unless the mark is open to them.
TELLING = frozenset({"rated", "followup_opened", "followup_closed"})
DAYS_OF_FOLLOWUPS = frozenset({"contact", "rerate"})


def shown(unit: Unit, row: Row[Any]) -> tuple[int | None, list[Row[Any]]]:
    """The mark a reviewer sees with a case, and the events of it that he may read."""
    told = events.rows(unit, row.number)
    if is_open_to_reviewers(unit, row.number):
        return row.rating, told
    return None, [each for each in told if not _tells_of_a_mark(unit, each)]


def _tells_of_a_mark(unit: Unit, event: Row[Any]) -> bool:
    if event.type == "rescheduled":
        return events.data_of(unit, event).get("what") in DAYS_OF_FOLLOWUPS
    return event.type in TELLING


def forget(unit: Unit, number: str) -> None:
    """Remove what people wrote about a case; that there was a mark, and its code, stay."""
    unit.connection.execute(update(marks).where(marks.c.number == number).values(words_sealed=None))
    found = opening.of(unit, number)
    if found is not None:
        steps = followup_steps.c.followup == found.id
        unit.connection.execute(update(followup_steps).where(steps).values(words_sealed=None))


def _may_rate_again(unit: Unit, followup: Row[Any]) -> bool:
    until = followup.rerate_until
    return until is not None and unit.now < opening.end_of(until)


def _keep(unit: Unit, number: str, nth: int, code: int, words: str, *, named: bool) -> None:
    unit.connection.execute(
        insert(marks).values(
            number=number,
            round=nth,
            code=code,
            named=named,
            words_sealed=_sealed(unit, number, nth, words),
            at=unit.now,
        )
    )
    unit.connection.execute(update(table).where(table.c.number == number).values(rating=code))


def _complete(unit: Unit, mark: Row[Any], words: str, *, named: bool) -> None:
    """Add what a repeated mark brings that the first had not: a name once given is not taken back."""
    values: dict[str, Any] = {}
    if words and mark.words_sealed is None:
        values["words_sealed"] = _sealed(unit, mark.number, mark.round, words)
    if named and not mark.named:
        values["named"] = True
    if values:
        same = (marks.c.number == mark.number, marks.c.round == mark.round)
        unit.connection.execute(update(marks).where(*same).values(**values))


def _sealed(unit: Unit, number: str, nth: int, words: str) -> bytes | None:
    return unit.vault.seal(words.encode(), _place(number, nth)) if words else None


def _place(number: str, nth: int) -> str:
    return f"marks.words:{number}/{nth}"
