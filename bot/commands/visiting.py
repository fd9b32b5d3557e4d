"""Commands that look into the database beside a running service: opened, used, closed again.

What an operator can put right is said in one line with the remedy, without a trace; the exit code is 2.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NoReturn, TypeVar

import typer

from bot.settings import Settings, SettingsError, load

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.database import Database
    from storage.sealing.vault import Vault

T = TypeVar("T")
UNUSABLE = 2


def with_database(work: Callable[[Database, Settings], Awaitable[T]]) -> T:
    """Return what `work` makes of the database, or end with what is to be put right."""
    from storage.errors import StorageError
    from storage.sealing.keyring import KeyRingUnusable
    from storage.sealing.vault import VaultError

    try:
        return asyncio.run(_opened(work))
    except SettingsError as error:
        fail("\n".join(error.problems))
    except (StorageError, KeyRingUnusable, VaultError) as error:
        fail(str(error) or _first_line(error))
    except OSError as error:
        fail(f"{error.filename or 'The database'}: {error.strerror or error}. See `zerotrip doctor`.")


def visit(work: Callable[[Connection], T]) -> T:
    """Do `work` in one transaction."""
    return with_database(lambda database, _: database.run(work))


def visit_sealed(work: Callable[[Connection, Vault], T]) -> T:
    """Do `work` in one transaction, with the vault that opens what is sealed."""
    return with_database(lambda database, settings: _sealed(database, settings, work))


def fail(text: str, code: int = UNUSABLE) -> NoReturn:
    """End with a line on stderr."""
    typer.echo(text, err=True)
    raise typer.Exit(code)


async def _opened(work: Callable[[Database, Settings], Awaitable[T]]) -> T:
    from storage.database import Database

    settings = load()
    database = await Database.open(settings.database)
    try:
        return await work(database, settings)
    finally:
        await database.close()


async def _sealed(database: Database, settings: Settings, work: Callable[[Connection, Vault], T]) -> T:
    from storage.sealing.keyring import KeyRing
    from storage.sealing.vault import Vault

    vault = Vault(KeyRing.read(settings.key_ring))
    return await database.run(lambda connection: work(connection, vault))


def _first_line(error: Exception) -> str:
    return (error.__doc__ or type(error).__name__).partition("\n")[0]
