"""kill -9 at every named point, while client and receiver go on as they do: nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from intake.faults import POINTS
from tests.forked import Forked, start
from tests.intake.process import environment
from tests.intake.world import BACK, FRONT, TOKEN, Receiver, application, serve, sha
from tests.patience import PATIENCE
from tests.product import until

BEARER = {"Authorization": f"Bearer {TOKEN}"}


@contextlib.asynccontextmanager
async def service(folder: Path, callback_url: str, fault: str = "") -> AsyncIterator[tuple[str, Forked]]:
    """Serve at an address; the process may be killed at `fault`."""
    told = folder / f"said-{fault or 'well'}.log"
    told.touch()
    settings = environment(folder, INTAKE_CALLBACK_URL=callback_url, FAULT=fault)
    process = await start("intake", "serve", environment=settings, output=told)
    try:
        line = await until(lambda: _first_line(told, process), "the address of the service")
        yield line.split(" at ")[1].split(",")[0], process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _first_line(told: Path, process: Forked) -> str:
    assert process.returncode is None, told.read_text()
    return next((line for line in told.read_text().splitlines() if " at " in line), "")


async def hand_in(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    """The whole road from the start, as a client does that does not know how far it came."""
    key = {"Idempotency-Key": "ref-00000001"}
    body = application("ref-00000001")
    opened = await send(session, "POST", f"{url}/v1/pre-applications", headers=BEARER | key, json=body)
    path = f"{url}/v1/pre-applications/{opened['number']}"
    for page, data in (("front", FRONT), ("back", BACK)):
        headers = BEARER | {"X-Content-SHA256": sha(data), "Content-Type": "image/jpeg"}
        await send(session, "PUT", f"{path}/materials/id_card/{page}", headers=headers, data=data)
    await send(session, "POST", f"{path}/submit", headers=BEARER)
    found: dict[str, Any] = await send(session, "POST", f"{path}/withdraw", headers=BEARER)
    return found


async def send(session: aiohttp.ClientSession, method: str, url: str, **more: Any) -> Any:
    async with session.request(method, url, **more) as answer:
        assert answer.status < 300, await answer.text()
        return None if answer.status == 204 else await answer.json()


async def all_taken(receiver: Receiver, process: Forked) -> None:
    async with asyncio.timeout(PATIENCE):
        while len({event["event_id"] for event in receiver.taken}) < 2 and process.returncode is None:
            await asyncio.sleep(0.02)


@pytest.mark.kill
@pytest.mark.parametrize(
    ("point", "nth"),
    [(point, 1) for point in sorted(POINTS)] + [("callback.after_send", 2), ("move.after_commit", 2)],
)
async def test_kill_at(point: str, nth: int, tmp_path: Path) -> None:
    receiver = Receiver()
    bot = web.Application()
    bot.router.add_post("/intake/events", receiver.take)
    async with serve(bot) as url, aiohttp.ClientSession() as session:
        callback_url = f"{url}/intake/events"
        async with service(tmp_path, callback_url, f"{point}:{nth}") as (address, process):
            with contextlib.suppress(aiohttp.ClientError):
                await hand_in(session, address)
            await all_taken(receiver, process)
            killed = await asyncio.wait_for(process.wait(), PATIENCE)
        async with service(tmp_path, callback_url) as (address, process):
            found = await hand_in(session, address)
            await all_taken(receiver, process)
            events = f"{address}/v1/pre-applications/{found['number']}/events"
            listed = await send(session, "GET", events, headers=BEARER)

    assert killed == -signal.SIGKILL
    first_sights = list({event["event_id"]: event for event in receiver.taken}.values())
    assert found["number"].endswith("-0001")  # exactly one was ever opened
    assert found["missing"] == []
    assert [event["type"] for event in listed["events"]] == ["preregistered", "withdrawn"]
    assert first_sights == listed["events"]
    assert receiver.forged == 0
    assert not list(tmp_path.glob("pages/*.part")) or point == "page.before_rename"
