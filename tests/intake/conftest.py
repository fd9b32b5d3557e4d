"""An intake service on SQLite, on PostgreSQL, or on each of both; and passwords that are hashed quickly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from intake.keeping.database import open_database
from intake.office import reviewers
from tests.intake.office import Office
from tests.intake.world import World, world
from tests.postgres import Cluster


@pytest.fixture(scope="session", autouse=True)
def slow_hasher() -> Iterator[PasswordHasher]:
    """What hashes the product's passwords. For the tests, in which many sign in, a quick one stands in."""
    slow = reviewers._hasher
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reviewers, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield slow


@pytest.fixture(scope="session")
def tables(postgres: Cluster) -> Iterator[str]:
    """A database with the service's tables in it; copying it is faster than making them."""
    name = postgres.create()

    async def make() -> None:
        await (await open_database(postgres.url(name))).close()

    asyncio.run(make())
    yield name
    postgres.drop(name)


@pytest.fixture
def postgres_url(postgres: Cluster, tables: str) -> Iterator[str]:
    name = postgres.create(tables)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
async def on_sqlite(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path / "intake") as found:
        yield found


@pytest.fixture
async def on_postgres(postgres_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path / "intake", database_url=postgres_url) as found:
        yield found


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest) -> World:
    """The service on each of both databases."""
    found: World = request.getfixturevalue("on_sqlite" if request.param == "sqlite" else "on_postgres")
    return found


@pytest.fixture
def here(on_sqlite: World) -> World:
    return on_sqlite


@pytest.fixture
def office(either: World) -> Office:
    return Office(either)
