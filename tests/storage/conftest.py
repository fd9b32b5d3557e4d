"""Every test of the folder that asks for `url` or `db` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault
from tests.postgres import Cluster
from tests.storage.world import World


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database with empty tables, of either kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("lite")
        return
    server: Cluster = request.getfixturevalue("postgres")
    name = server.create(request.getfixturevalue("template"))
    yield server.url(name)
    server.drop(name)


@pytest.fixture(scope="session")
def vault() -> Vault:
    return Vault(KeyRing.fresh())


@pytest.fixture
async def world(url: str, vault: Vault) -> AsyncIterator[World]:
    """A database that is open, with a toy dialog and a clock that steps."""
    made = World(url, vault)
    await made.open()
    yield made
    await made.close()
