"""Alive, ready, and who may see why not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import Connection, create_engine

from bot import health
from bot.health import (
    NotReady,
    add_routes,
    database_probe,
    keys_probe,
    lag_probe,
    outbox_probe,
)
from handlers.errors import problems
from handlers.security import make_gate, operator_guard, undeclared

FAR = {"X-Forwarded-For": "203.0.113.9"}


async def well() -> None:
    pass


async def ill() -> None:
    raise NotReady("the well is dry")


async def broken() -> None:
    raise RuntimeError("胡女士")


async def hanging() -> None:
    await asyncio.sleep(60)


@pytest.fixture
async def start() -> AsyncIterator[Callable[..., Any]]:
    opened: list[TestClient[Any, Any]] = []

    async def start(**probes: health.Probe) -> TestClient[Any, Any]:
        operator = operator_guard("a-token")
        app = web.Application(middlewares=[problems, make_gate({"operator": operator})])
        add_routes(app, probes, operator)
        assert undeclared(app) == []
        client = TestClient(TestServer(app))
        await client.start_server()
        opened.append(client)
        return client

    yield start
    for client in opened:
        await client.close()


async def test_alive(start: Callable[..., Any]) -> None:
    client = await start(ill=ill)

    assert (await client.get("/livez")).status == 200


async def test_ready_when_every_probe_passes(start: Callable[..., Any]) -> None:
    answer = await (await start(one=well, two=well)).get("/readyz")

    assert answer.status == 200
    assert await answer.json() == {"ready": True, "checks": {"one": "ok", "two": "ok"}}


async def test_the_operator_is_told_why_not(
    start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PROBE_WITHIN", 0.05)
    answer = await (await start(one=well, two=ill, three=broken, four=hanging)).get("/readyz")

    assert answer.status == 503
    assert (await answer.json())["checks"] == {
        "one": "ok",
        "two": "the well is dry",
        "three": "failed: RuntimeError",
        "four": "no answer within 0.05 s",
    }


async def test_strangers_learn_the_word_only(start: Callable[..., Any]) -> None:
    client = await start(two=ill)

    assert await (await client.get("/readyz", headers=FAR)).json() == {"ready": False}
    assert (await client.get("/metrics", headers=FAR)).status == 404
    token = FAR | {"Authorization": "Bearer a-token"}
    assert "zerotrip_turns_total" in await (await client.get("/metrics", headers=token)).text()


class Rows:
    """A database with nothing in it."""

    def __init__(self) -> None:
        self.engine = create_engine("sqlite://")

    async def read(self, work: Callable[[Connection], Any]) -> Any:
        with self.engine.connect() as connection:
            return work(connection)


async def test_probes() -> None:
    async def age() -> timedelta:
        return timedelta(minutes=7)

    def unseal(sealed: bytes) -> None:
        raise ValueError("wrong key")

    rows = Rows()
    probes = {
        "database": database_probe(rows),
        "outbox": outbox_probe(age, timedelta(minutes=10)),
        "late outbox": outbox_probe(age, timedelta(minutes=5)),
        "keys": keys_probe(lambda: b"x", lambda sealed: sealed),
        "bad keys": keys_probe(lambda: b"x", unseal),
        "loop": lag_probe(interval=0.001),
    }

    found = await health.ask_all(probes)
    rows.engine.dispose()

    assert {name for name, reason in found.items() if not reason} == {
        "database",
        "outbox",
        "keys",
        "loop",
    }
    assert found["late outbox"] == "the oldest due delivery waits for 7 min: is a worker running?"
