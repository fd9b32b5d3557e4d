"""The databases the faults are tried on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres import Cluster


@pytest.fixture
def postgres_url(postgres: Cluster, template: str) -> Iterator[str]:
    """The address of a PostgreSQL database with empty tables."""
    name = postgres.create(template)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database; "" is a SQLite file in the machine's own folder."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
