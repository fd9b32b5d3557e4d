"""`python -m intake ratings`: lists, reports, a file of marks, and whom to call back."""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from intake.days.clocks import OFFICE_TIME
from intake.exports.commands import Day, save, span
from intake.exports.files import Format
from intake.exports.marks import COLUMNS, rows
from intake.keeping.unit import Unit
from intake.ratings import reports, sampling
from intake.visiting import read_settings, visit

ratings = typer.Typer(help="Marks: lists, reports, exports.", no_args_is_help=True)

Of = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A day in it; else the last one over.")
]
Json = Annotated[bool, typer.Option("--json", help="As data instead of text.")]
Out = Annotated[Path, typer.Option(help="Folder to write into; made when missing, its owner's alone.")]
Span = Callable[[date, date | None], tuple[date, date]]


@ratings.command()
def week(of: Of = None, as_json: Json = False) -> None:
    """Print the week's red and blue list."""
    _print(reports.week, of, "一周红蓝榜", as_json=as_json)


@ratings.command()
def month(of: Of = None, as_json: Json = False) -> None:
    """Print the month's report."""
    _print(reports.month, of, "月度好差评通报", as_json=as_json)


@ratings.command()
def export(
    out: Out,
    since: Day = None,
    until: Day = None,
    form: Annotated[Format, typer.Option("--format", help="What the file is.")] = "csv",
) -> None:
    """Write every mark given from --since to --until with its GB/T 39046 code: 1 非常满意 … 5 非常不满意."""
    begin, end = span(since, until)

    def work(unit: Unit) -> list[dict[str, str]]:
        return rows(unit, begin, end)

    found = visit(read_settings(), work)
    file = save(out, "ratings", COLUMNS, found, form)
    typer.echo(f"{file}: {len(found)} rows")


@ratings.command()
def sample(
    n: Annotated[int, typer.Argument(min=1, max=1000, help="How many to call.")],
    out: Annotated[
        Path | None, typer.Option(help="Write names and phones there; each is noted as a look.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Draw the same list again.")] = None,
) -> None:
    """Draw cases that are over, by chance, for calls back. Without --out names and phones are masked."""
    drawn_by = secrets.randbelow(10**9) if seed is None else seed

    def work(unit: Unit) -> list[dict[str, str]]:
        chance = random.Random(drawn_by)  # noqa: S311  # a draw that can be repeated, no secret
        return sampling.draw(unit, n, chance, full=out is not None)

    found = visit(read_settings(), work)
    if out is not None:
        file = save(out, "callbacks", sampling.COLUMNS, found, "csv")
        typer.echo(f"{file}: {len(found)} rows, seed {drawn_by}")
        return
    for each in found:
        typer.echo("  ".join(each[name] for name in sampling.COLUMNS))
    typer.echo(f"{len(found)} cases, seed {drawn_by}")


def _print(choose: Span, of: datetime | None, title: str, *, as_json: bool) -> None:
    def work(unit: Unit) -> dict[str, Any]:
        today = unit.now.astimezone(OFFICE_TIME).date()
        return reports.report(unit, *choose(today, of.date() if of else None))

    found = visit(read_settings(), work)
    typer.echo(
        json.dumps(found, ensure_ascii=False, indent=1)
        if as_json
        else "\n".join(reports.as_lines(found, title))
    )
