"""What all tests share: the examples hypothesis draws, the same everywhere and never judged by the clock,
one PostgreSQL, with databases that have the bot's tables already, and ports nobody else is given.
All of it in memory where there is room.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests import compiled, scratch, tables
from tests.examples import TIMES
from tests.ports import free_port
from tests.postgres import Cluster, NoPostgres, cluster

scratch.use()
compiled.share()
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
    gc.freeze()  # they live to the end: no collection need walk over half a million objects again


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
    asyncio.run(tables.migrate(postgres.url(name)))
    yield name
    postgres.drop(name)


@pytest.fixture
def lite(tmp_path: Path) -> str:
    """The address of an SQLite database with the bot's tables in it."""
    return tables.of_bot(tmp_path / "zerotrip.db")
