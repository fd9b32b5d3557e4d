"""`zerotrip erasure`: check what a receipt says that somebody was given when he was forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.visiting import with_database

if TYPE_CHECKING:
    from bot.settings import Settings
    from storage.database import Database
    from storage.people.erasing import Erasure

commands = typer.Typer(help="Check the receipts of those who were forgotten.", no_args_is_help=True)
Receipt = Annotated[str, typer.Argument(help="As it was told to him: SC-0000-0000-0000.")]


@commands.callback()
def about() -> None:
    """Check the receipts of those who were forgotten."""


@commands.command()
def verify(receipt: Receipt) -> None:
    """Check a receipt: that it was not changed, that key and rows are gone, that the audit chain holds."""
    asked = receipt.strip().upper()
    found, wrong = with_database(lambda database, settings: _check(database, settings, asked))
    if found is not None:
        _tell(found)
    for each in wrong:
        typer.echo(each, err=True)
    if wrong:
        raise typer.Exit(1)
    typer.echo("All of it is true.")


def _tell(found: Erasure) -> None:
    typer.echo(f"{found.id}  {found.at.isoformat()}  sha256 {found.sha256}")
    for name, count in found.outcome["deleted"].items():
        typer.echo(f"deleted: {count} {name}")
    for case in found.outcome["kept"]:
        typer.echo(f"kept: {case['number']}  {case['service']}  {case['state']}")
    theirs = found.outcome["intake"].get("receipt")
    if theirs:
        typer.echo(f"intake service: {theirs['id']}  {theirs['at']}  sha256 {theirs['sha256']}")
    if found.owed:
        typer.echo(
            f"intake service: not told yet of {', '.join(found.owed)}; `zerotrip serve` goes on trying"
        )


async def _check(database: Database, settings: Settings, receipt: str) -> tuple[Erasure | None, list[str]]:
    from storage.people import erasing
    from storage.sealing.keyring import KeyRing
    from storage.sealing.vault import Vault

    vault = Vault(KeyRing.read(settings.key_ring))
    found = await database.read(lambda c: erasing.one(c, receipt))
    return found, await database.read(lambda c: erasing.check(c, vault, receipt))
