"""Each test runs for every channel on SQLite; where storage matters, for one of them on PostgreSQL, too."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from dialogs.office import offices
from dialogs.script.loader import load, shipped_texts
from dialogs.world import Library
from handlers.turns import Decider
from storage.sealing.vault import Vault
from tests.handlers.channels.conformance.case import Case
from tests.handlers.channels.conformance.cases import CASES, QUIET
from tests.handlers.channels.conformance.desk import Desk
from tests.postgres import Cluster
from tests.storage.conftest import vault

__all__ = ["vault"]

Lines = Callable[[], str]

_OUTSIDE = ("aiohttp.access",)  # of the test's own servers; the product writes no such lines


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On PostgreSQL keep the channel that asks most of storage: what a database does, it does for all."""
    items[:] = [each for each in items if not _is_spare(getattr(each, "callspec", None))]


def _is_spare(spec: Any) -> bool:
    params = spec.params if spec else {}
    case = params.get("case")
    return isinstance(case, Case) and case.name != "wechat" and params.get("url") == "postgresql"


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


@pytest.fixture(params=[pytest.param(case, id=name, marks=QUIET) for name, case in CASES.items()])
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[Lines]:
    """Return what tells everything that was logged, ours and the libraries', at every level."""
    caplog.set_level(logging.DEBUG)
    with capture_logs() as ours:
        yield lambda: "\n".join(
            [*map(str, ours), *(each.getMessage() for each in caplog.records if each.name not in _OUTSIDE)]
        )


@pytest.fixture
async def desk(case: Case, url: str, vault: Vault, tmp_path: Path, lines: Lines) -> AsyncIterator[Desk]:
    """Our side around a toy dialog, on either database. It must not have told any secret."""
    async for made in _opened(Desk(case, url, vault, tmp_path), lines):
        yield made


@pytest.fixture
async def counter(case: Case, lite: str, vault: Vault, tmp_path: Path, lines: Lines) -> AsyncIterator[Desk]:
    """The same, for what no database has a part in."""
    async for made in _opened(Desk(case, lite, vault, tmp_path), lines):
        yield made


@pytest.fixture(scope="session")
def decider() -> Decider:
    return Decider(Library.of(load(text, name) for text, name in shipped_texts()), offices())


@pytest.fixture
async def office(
    case: Case, lite: str, vault: Vault, tmp_path: Path, lines: Lines, decider: Decider
) -> AsyncIterator[Desk]:
    """The same with the real dialog."""
    async for made in _opened(Desk(case, lite, vault, tmp_path, decider), lines):
        yield made


async def _opened(desk: Desk, lines: Lines) -> AsyncIterator[Desk]:
    await desk.open()
    yield desk
    hidden = desk.hidden()
    await desk.close()
    shown = lines() + desk.figures()
    assert [each for each in hidden if each in shown] == [], "a log or a figure tells it"
