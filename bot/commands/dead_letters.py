"""`zerotrip dead-letters`: what was given up, to be seen, replayed or dropped. Shows no personal data."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.commands.visiting import visit

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.flow.dead_letters import Kind

commands = typer.Typer(help="See what was given up; replay or drop it.", no_args_is_help=True)
Letter = Annotated[str, typer.Argument(help="Its id, as `list` shows it.")]
What = Annotated[str, typer.Option("--kind", help="event or delivery, as `list` shows it.")]


@commands.command("list")
def list_() -> None:
    """List events whose turn failed three times and deliveries that were given up."""
    from storage.flow import dead_letters

    letters = visit(dead_letters.dead)
    if not letters:
        typer.echo("No dead letters.")
        return
    table = Table("kind", "id", "what", "since", "tries", "why")
    for letter in letters:
        since = letter.at.astimezone().strftime("%Y-%m-%d %H:%M")
        table.add_row(letter.kind, letter.id, letter.what, since, str(letter.tries), letter.error)
    Console().print(table)


@commands.command()
def replay(letter: Letter, kind: What = "delivery") -> None:
    """Have one tried again from the start."""
    from storage.flow import dead_letters

    _decide(letter, lambda c, now, actor: dead_letters.replay(c, _kind(kind), letter, now, actor))


@commands.command()
def drop(letter: Letter, kind: What = "delivery") -> None:
    """Decide that one is not to be done."""
    from storage.flow import dead_letters

    _decide(letter, lambda c, now, actor: dead_letters.drop(c, _kind(kind), letter, now, actor))


def _kind(text: str) -> Kind:
    if text not in ("event", "delivery"):
        raise typer.BadParameter("event or delivery", param_hint="--kind")
    return text  # type: ignore[return-value]  # checked above


def _decide(letter: str, act: Callable[[Connection, datetime, str], bool]) -> None:
    actor = f"operator:{getpass.getuser()}"
    if not visit(lambda c: act(c, datetime.now(UTC), actor)):
        typer.echo(f"{letter} is no dead letter (any more). See `zerotrip dead-letters list`.", err=True)
        raise typer.Exit(1)
    typer.echo("Done.")
