from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.intake.office import Office, offices
from tests.intake.world import World, world
from tests.postgres import Cluster, NoPostgres, cluster


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path / "intake") as found:
        yield found


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest) -> Iterator[Cluster | None]:
    if request.param == "sqlite":
        yield None
        return
    try:
        with cluster() as found:
            yield found
    except NoPostgres as error:
        pytest.skip(str(error))


@pytest.fixture
async def office(server: Cluster | None, tmp_path: Path) -> AsyncIterator[Office]:
    async for found in offices(server, tmp_path):
        yield found
