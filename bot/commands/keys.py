"""`zerotrip keys`: the master keys that wrap every person's key: a new one, and the way out of an old one.

keys add       the ring has one more key, from now on the one that wraps what is new
(restart every process: one that does not know the new key can open nothing that is wrapped by it)
keys rewrap    every person's key moves to it; data is not touched; may be stopped and begun again
keys drop ID   the old key leaves the ring, when it wraps nothing any more
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bot.commands.visiting import fail, with_database

if TYPE_CHECKING:
    from bot.settings import Settings
    from storage.database import Database
    from storage.sealing.keyring import KeyRing

commands = typer.Typer(help="See, add, move to and drop master keys.", no_args_is_help=True)


@commands.command("list")
def list_() -> None:
    """List the master keys by id, and how many persons' keys each wraps. Shows no key."""
    ring, wrapped = with_database(_looked)
    table = Table("id", "wraps", "current")
    for each in dict.fromkeys([*(key.hex() for key in ring.keys), *wrapped]):
        is_current = "yes" if each == ring.current.hex() else ""
        table.add_row(each, str(wrapped.get(each, 0)), is_current if _has(ring, each) else "missing")
    Console().print(table)


@commands.command()
def add() -> None:
    """Add a master key to the ring's file. Then restart every process, and rewrap."""
    fresh = with_database(_added)
    typer.echo(f"Added {fresh}. Copy the ring to its backup, restart every process, then run")
    typer.echo("`zerotrip keys rewrap`.")


@commands.command()
def rewrap() -> None:
    """Move every person's key to the current master key. Stopped half-way, it goes on where it was."""
    moved, left = with_database(_rewrapped)
    typer.echo(f"Moved {moved} keys.")
    if left:
        fail(f"{left} were being written just now. Run it again.", 1)


@commands.command()
def drop(id_: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")]) -> None:
    """Take an old master key out of the ring's file. Backups from before the rewrap need it still."""
    with_database(lambda database, settings: _dropped(database, settings, id_.strip().lower()))
    typer.echo(f"Dropped {id_}. Keep its copy as long as you keep backups from before the rewrap.")


async def _looked(database: Database, settings: Settings) -> tuple[KeyRing, dict[str, int]]:
    from storage.people import applicants
    from storage.sealing.keyring import KeyRing

    return KeyRing.read(settings.key_ring), await database.read(applicants.wrapped_by)


async def _added(_: Database, settings: Settings) -> str:
    from storage.sealing.keyring import KeyRing

    ring = KeyRing.read(settings.key_ring).with_new_key()
    ring.save(settings.key_ring)
    return ring.current.hex()


async def _rewrapped(database: Database, settings: Settings) -> tuple[int, int]:
    from storage.people import applicants
    from storage.sealing.vault import Vault

    ring, wrapped = await _looked(database, settings)
    vault, current, done = Vault(ring), ring.current.hex(), 0
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("keys", total=sum(wrapped.values()) - wrapped.get(current, 0))
        while moved := await database.run(lambda c: applicants.rewrap(c, vault, current)):
            done += moved
            progress.advance(bar, moved)
    wrapped = await database.read(applicants.wrapped_by)
    return done, sum(wrapped.values()) - wrapped.get(current, 0)


async def _dropped(database: Database, settings: Settings, id_: str) -> None:
    ring, wrapped = await _looked(database, settings)
    if not _has(ring, id_):
        fail(f"There is no key {id_}. See `zerotrip keys list`.")
    if id_ == ring.current.hex():
        fail(f"{id_} wraps what is new. Run `zerotrip keys add` and `zerotrip keys rewrap` first.")
    if wrapped.get(id_):
        fail(f"{id_} still wraps {wrapped[id_]} keys. Run `zerotrip keys rewrap` first.")
    ring.without(bytes.fromhex(id_)).save(settings.key_ring)


def _has(ring: KeyRing, id_: str) -> bool:
    return id_ in {each.hex() for each in ring.keys}
