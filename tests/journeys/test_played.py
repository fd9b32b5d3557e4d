"""The acceptance stories on the real product: the page and WeChat, a real office, real photos, one clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.journeys.office import Desk
from tests.journeys.phones import PHONES
from tests.journeys.played import play
from tests.journeys.stage import Stage, staged
from tests.journeys.stories import STORIES, read

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLAYED = [file for file in STORIES if read(file).get("tells")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(stage: Stage) -> AsyncIterator[Desk]:
    desk = Desk(stage)
    await desk.open()
    yield desk
    await desk.close()


@pytest.mark.parametrize("phone", PHONES)
@pytest.mark.parametrize("file", PLAYED, ids=lambda file: file.stem)
async def test_the_story_holds_on_the_real_product(stage: Stage, desk: Desk, file: Path, phone: str) -> None:
    await play(stage, desk, PHONES[phone](stage), read(file))
