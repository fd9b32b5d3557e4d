"""`zerotrip agents`: who may apply for others from a village: added, given a new code, listed, removed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.commands.visiting import visit_sealed

PHONE = re.compile(r"1[3-9]\d{9}", re.ASCII)  # a mobile number of mainland China

commands = typer.Typer(help="Add, list and remove village agents.", no_args_is_help=True)


@commands.command()
def add(
    name: Annotated[str, typer.Argument(help="His name.")],
    village: Annotated[str, typer.Option(help="The village he serves.")],
    phone: Annotated[str, typer.Option(help="His mobile number, 11 digits.")],
) -> None:
    """Add an agent; print the code with which he signs in once, within 24 hours. It is kept nowhere."""
    from storage.people import agents

    name, village, phone = name.strip(), village.strip(), phone.strip().removeprefix("+86")
    if not name or not village:
        raise typer.BadParameter("name and village may not be empty")
    if not PHONE.fullmatch(phone):
        raise typer.BadParameter("11 digits, as 13800000000", param_hint="--phone")
    _, code = visit_sealed(lambda c, vault: agents.add(c, vault, name, village, f"+86{phone}", _now()))
    _tell(code)


@commands.command()
def code(id_: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")]) -> None:
    """Print a new code for an agent who has signed out: he goes on where he was. His old code ends."""
    from storage.people import agents

    made = visit_sealed(lambda c, vault: agents.renew(c, vault, id_, _now()))
    if made is None:
        typer.echo(f"There is no agent {id_}. See `zerotrip agents list`.", err=True)
        raise typer.Exit(1)
    _tell(made)


def _tell(made: str) -> None:
    typer.echo(f"代办 {made[:5]} {made[5:]}")
    typer.echo("He sends this line in the chat within 24 hours; it works once.", err=True)


@commands.command("list")
def list_() -> None:
    """List all agents, and whether each is signed in."""
    from storage.people import agents

    known = visit_sealed(agents.everybody)
    if not known:
        typer.echo("No agents.")
        return
    table = Table("id", "name", "village", "phone", "signed in")
    for each in known:
        table.add_row(each.id, each.name, each.village, each.phone, "yes" if each.conversation else "no")
    Console().print(table)


@commands.command()
def remove(id_: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")]) -> None:
    """Remove an agent: his code and his sign-in end, and who he is is forgotten."""
    from storage.people import agents

    if not visit_sealed(lambda c, vault: agents.remove(c, vault, id_, _now())):
        typer.echo(f"There is no agent {id_}. See `zerotrip agents list`.", err=True)
        raise typer.Exit(1)
    typer.echo("Removed.")


def _now() -> datetime:
    return datetime.now(UTC)
