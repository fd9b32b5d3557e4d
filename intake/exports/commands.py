"""`python -m intake export`: cases for the national exchange."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

import typer

from intake.days.clocks import OFFICE_TIME
from intake.exports.files import Format, write
from intake.exports.national import TABLES, columns, national
from intake.keeping.unit import Unit
from intake.visiting import read_settings, stop, visit

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


def export(
    out: Annotated[Path, typer.Option(help="Folder to write into; made when missing, its owner's alone.")],
    since: Day = None,
    until: Day = None,
    form: Annotated[Format, typer.Option("--format", help="What the files are.")] = "csv",
) -> None:
    """Write cases handed in from --since to --until (both days included) as national exchange tables.

    Without days, all cases. The files name people: hand them over as the law says, then delete them.
    """
    begin, end = span(since, until)

    def work(unit: Unit) -> dict[str, list[dict[str, str]]]:
        return national(unit, begin, end)

    found = visit(read_settings(), work)
    for name in TABLES:
        file = save(out, name, columns(name), found[name], form)
        typer.echo(f"{file}: {len(found[name])} rows")


def save(folder: Path, name: str, heads: tuple[str, ...], rows: list[dict[str, str]], form: Format) -> Path:
    try:
        return write(folder, name, heads, rows, form)
    except OSError as error:
        stop(f"Cannot write to {folder}: {error.strerror}. Name another folder with --out.")


def span(since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """From the first moment of `since` to the last of `until` in Beijing time; None: open to that side."""
    first = midnight(since.date() if since else date(2000, 1, 1))
    last = midnight((until.date() if until else date(2999, 12, 31)) + timedelta(days=1))
    if last <= first:
        stop("--until is before --since.")
    return first, last


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), OFFICE_TIME)
