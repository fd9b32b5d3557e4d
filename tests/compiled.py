"""Statements are put together once for a run, as they are once in the life of a product.

SQLAlchemy keeps what it has put together with each engine, and each test opens engines of its own: a third
of what a test of the intake service worked was putting together the same SQL as the test before.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event


class Shared(dict[Any, Any]):
    """Compiled statements by what they say and the kind of database, whichever engine asks."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_kind(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_kind(key), value)


def _kind(key: tuple[Any, ...]) -> tuple[Any, ...]:
    dialect, *said = key
    return type(dialect), dialect.server_version_info, *said


_ALL = Shared()


def share() -> None:
    """Have every connection of this process look where the others have left what they put together."""
    event.listen(Engine, "engine_connect", _share)


def _share(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_ALL)
