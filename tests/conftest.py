"""What all tests share: the examples hypothesis draws, the same everywhere and never judged by the clock,
one PostgreSQL, with databases that have the bot's tables already, and ports nobody else is given.
All of it in memory where there is room.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests import scratch
from tests.examples import TIMES
from tests.ports import free_port
from tests.postgres import Cluster, NoPostgres, cluster

scratch.use()
settings.register_profile(
    "house", deadline=None, derandomize=TIMES == 1, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.sharing import Sharing  # only where several workers run

    return Sharing(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long: a worker that came to it last would work on when the others have ended."""
    items.sort(key=lambda each: not _takes_long(each))


def _takes_long(item: pytest.Item) -> bool:
    return item.path.name.startswith("test_story") or item.get_closest_marker("kill") is not None


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    try:
        with cluster() as running:
            yield running
    except NoPostgres as missing:
        pytest.skip(str(missing))


@pytest.fixture
def unused_tcp_port() -> int:
    """As pytest-asyncio has it, but of those nobody else is given meanwhile."""
    return free_port()


@pytest.fixture(scope="session")
def template(postgres: Cluster) -> Iterator[str]:
    """A database with the bot's tables in it; copying it is faster than migrating."""
    name = postgres.create()
    _migrate(postgres.url(name))
    yield name
    postgres.drop(name)


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the bot's tables in it: to be copied, too."""
    made = tmp_path_factory.mktemp("tables") / "empty.db"
    _migrate(f"sqlite:///{made}")
    return made


def _migrate(url: str) -> None:
    from storage.database import Database  # most tests can do without

    async def migrate() -> None:
        await (await Database.open(url, migrate=True)).close()

    asyncio.run(migrate())
