"""What commands beside `serve` share: settings, one transaction, and an end that says what to do."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import NoReturn, TypeVar

import typer

from intake.keeping.database import open_database
from intake.keeping.unit import Unit
from intake.keeping.vault import KeyFileError, open_vault
from intake.parts import utc_now
from intake.settings import Settings, SettingsError, load

T = TypeVar("T")


def visit(settings: Settings, work: Callable[[Unit], T]) -> T:
    """Do `work` in one transaction, also while the service is being served."""
    try:
        vault = open_vault(settings.key_file)
    except KeyFileError as error:
        stop(str(error))

    async def run() -> T:
        database = await open_database(settings.database_url, exclusive=False)
        try:
            return await database.run(
                lambda connection: work(Unit(connection, vault, utc_now(), settings.area))
            )
        finally:
            await database.close()

    return asyncio.run(run())


def read_settings() -> Settings:
    """The settings of the environment; ends the command when one is wrong."""
    try:
        return load(os.environ)
    except SettingsError as error:
        stop(str(error))


def stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
