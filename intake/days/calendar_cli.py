"""Commands about the days offices work: calendar load | week."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from intake.days import calendars, reschedule
from intake.days.calendars import WEEKS, BadCalendar
from intake.keeping.unit import Unit
from intake.ratings import recounting
from intake.visiting import read_settings, stop, visit

cli = typer.Typer(help="Holidays, and how many days offices work.", no_args_is_help=True)


@cli.command()
def load(file: Annotated[Path, typer.Argument(help="YAML with year, holidays and workdays.")]) -> None:
    """Take a year's holidays, count anew what was provisional, and tell applicants the days that changed."""
    try:
        year, days = calendars.read(file.read_text("utf-8"))
    except OSError as error:
        stop(f"{file} cannot be read: {error.strerror}.")
    except BadCalendar as error:
        stop(f"{file}: {error}")

    def work(unit: Unit) -> int:
        calendars.load(unit, year, days)
        return recounting.recount(unit) + reschedule.recount(unit)

    changed = visit(read_settings(), work)
    typer.echo(f"{year} is loaded: {len(days)} days. {changed} dates changed.")


@cli.command()
def week(
    office: Annotated[str, typer.Argument(help="The office's id, as applications name it.")],
    days: Annotated[int, typer.Argument(help="How many days from Monday it works: 5, 6 or 7.")],
) -> None:
    """Say how many days a week an office works. Promises made before keep their days."""
    if days not in WEEKS:
        stop("An office works 5, 6 or 7 days a week.")
    visit(read_settings(), lambda unit: calendars.set_week(unit, office, days))
    typer.echo(f"{office} works {days} days a week.")
