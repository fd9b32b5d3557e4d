"""`python -m intake documents`: what was put in writing, and whether it is still what it was."""

from __future__ import annotations

from typing import Annotated

import typer

from intake.documents import keeping
from intake.visiting import read_settings, stop, visit


def documents(number: Annotated[str, typer.Option(help="Only this application's.")] = "") -> None:
    """Print what was put in writing, and check that nothing of it was altered."""
    found = visit(read_settings(), lambda unit: keeping.checked(unit, number))
    for row, condition in found:
        typer.echo(f"{row.number}  {row.doc_number}  {row.title}  {row.sha256}  {condition}")
    altered = sum(condition == "altered" for _, condition in found)
    if altered:
        stop(f"{altered} documents no longer are what their hash says.")
