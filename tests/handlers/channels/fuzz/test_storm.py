"""A short storm of broken calls. `make fuzz` breaks a million of each webhook."""

from __future__ import annotations

from collections.abc import AsyncIterator
from random import Random

import pytest
import pytest_asyncio
from aiohttp.test_utils import BaseTestServer

from tests.handlers.channels.fuzz import targets, web

pytestmark = pytest.mark.asyncio(loop_scope="module")

READ, CALLED = 6_000, 400  # of each webhook
REFUSED = {
    "wechat": {"forged", "malformed", "not_ours"},
    "telegram": {"forged", "malformed"},
    "dingtalk": {"forged", "malformed", "not_ours"},
    "sms": {"forged", "malformed"},
}
STATUSES = {"sms": {"204", "401", "422"}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[BaseTestServer]:
    async with web.webhooks(tmp_path_factory.mktemp("storm")) as made:
        yield made


@pytest.mark.parametrize("name", targets.TARGETS)
async def test_a_broken_call_is_taken_or_refused_and_raises_nothing_else(name: str) -> None:
    told = targets.storm(name, READ, Random(7))

    assert told.total() == READ
    assert min(told[each] for each in {"taken"} | REFUSED[name]) > 50, told


@pytest.mark.parametrize("name", targets.TARGETS)
async def test_a_broken_call_never_makes_a_webhook_fail(name: str, server: BaseTestServer) -> None:
    told = await web.storm(server, name, CALLED, Random(7))

    assert told.total() == CALLED
    assert set(told) - {"413"} == STATUSES.get(name, {"200", "400", "403"}), told
