"""The tables the migrations build are the tables the code means, on both databases."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, DateTime, MetaData, inspect

from storage import migrations
from storage.database import Database
from storage.errors import SchemaBehind
from storage.schema import UtcDateTime, files, metadata
from tests.storage.world import World


async def test_migrations_and_metadata_build_the_same_tables(world: World) -> None:
    assert await world.db.read(_differences) == []
    assert await world.db.read(_described) == await _fresh_from_metadata(world)


def _differences(connection: Connection) -> list[object]:
    return list(
        compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
    )


async def _fresh_from_metadata(world: World) -> object:
    def build(connection: Connection) -> object:
        built = MetaData()
        built.reflect(connection)
        built.drop_all(connection)
        metadata.create_all(connection)
        return _described(connection)

    return await world.db.run(build)


def _described(connection: Connection) -> object:
    """Everything the database says of its tables and indexes, conditions included."""
    seen = inspect(connection)
    tables = {
        name: (
            [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in seen.get_columns(name)],
            seen.get_pk_constraint(name)["constrained_columns"],
        )
        for name in metadata.tables
    }
    if connection.dialect.name == "sqlite":
        made = connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master").all()
        indexes = {re.sub(r'[\s"]+', " ", sql or name) for kind, name, sql in made if kind == "index"}
        clustered = {name for kind, name, sql in made if kind == "table" and "WITHOUT ROWID" in sql}
        return tables, clustered, {index for index in indexes if "alembic" not in index}
    defined = connection.exec_driver_sql(
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
    ).scalars()
    return tables, {index for index in defined if "alembic" not in index}


def test_the_named_head_is_the_last_migration() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))

    assert scripts.get_current_head() == migrations.HEAD
    for script in scripts.walk_revisions():
        assert script.doc.startswith("Before deploy: ")


def test_no_column_is_a_plain_datetime() -> None:
    plain = [c for table in metadata.tables.values() for c in table.c if isinstance(c.type, DateTime)]

    assert plain == []


async def test_tables_of_another_release_are_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SchemaBehind, match="zerotrip migrate"):
        await Database.open(f"sqlite:///{tmp_path / 'empty.db'}")


async def test_a_time_comes_back_aware_and_in_utc(world: World) -> None:
    there = datetime(2026, 11, 21, 23, 30, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    row = {"id": "f", "conversation": "", "applicant": "", "kind": "", "size": 1, "sha256": "", "state": ""}
    await world.db.run(lambda c: c.execute(files.insert().values(**row, created_at=there)).rowcount)

    ((found,),) = await world.rows(files, "created_at")

    assert found == there
    assert found.tzinfo is UTC


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        UtcDateTime().process_bind_param(datetime(2026, 11, 21), None)  # type: ignore[arg-type]  # noqa: DTZ001  # the point
