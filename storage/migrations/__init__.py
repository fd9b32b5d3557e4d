"""How the tables came to be what they are, step by step (Alembic).

A release's first line says whether old code can still run on the new tables: "Before deploy: ...".
What is added goes before the code that uses it, what is removed one release after it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0006"  # named here, so that a start-up need not load Alembic to see that nothing is to be done
# Of two processes that start at once one migrates and the other waits (PostgreSQL; any number will do).
_LOCK = 20_261_121


def current(connection: Connection) -> str | None:
    """Return the revision the tables are at, None when there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def upgrade(connection: Connection, to: str = "head") -> None:
    """Bring the tables up to revision `to`, in the transaction of `connection`."""
    from alembic import command

    command.upgrade(config(connection), to)


def alone(connection: Connection) -> None:
    """Wait until no other process prepares this database; ours ends with its transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK})


def config(connection: Connection) -> Config:
    """Return Alembic's configuration for `connection`; there is no alembic.ini."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made
