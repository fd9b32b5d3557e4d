"""SQLite files with empty tables in them, to be copied: making the tables takes thirty times as long."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory


def of_bot(path: Path) -> str:
    """Make `path` an empty database of the bot's, unless it is there; return its address."""
    return _copied(_bots(), path)


def of_intake(path: Path) -> str:
    """Make `path` an empty database of the intake service's, unless it is there; return its address."""
    return _copied(_intakes(), path)


def _copied(made: Path, path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(made, path)
    return f"sqlite:///{path}"


async def migrate(url: str) -> None:
    """Bring the bot's tables into the database at `url`."""
    from storage.database import Database  # most tests can do without

    await (await Database.open(url, migrate=True)).close()


async def _prepare(url: str) -> None:
    from intake.keeping.database import open_database

    await (await open_database(url)).close()


@cache
def _bots() -> Path:
    return _made("bot.db", migrate)


@cache
def _intakes() -> Path:
    return _made("intake.db", _prepare)


def _made(name: str, make: Callable[[str], Awaitable[None]]) -> Path:
    """Have the product make its tables, wherever our caller's event loop is; return the file."""
    path = Path(_folder().name, name)

    async def made() -> None:
        await make(f"sqlite:///{path}")

    with ThreadPoolExecutor(1) as other:
        other.submit(lambda: asyncio.run(made())).result()
    return path


@cache
def _folder() -> TemporaryDirectory[str]:
    """Where they lie for as long as this process lives."""
    return TemporaryDirectory(prefix="zerotrip-tables-", ignore_cleanup_errors=True)
