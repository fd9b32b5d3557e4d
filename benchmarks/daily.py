"""A working day's worries: photos while people chat, the start, a crash with work left over, memory."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks import servers
from benchmarks.client import Job, play
from benchmarks.crowd import ROUND, at_the_photo, fill, template
from benchmarks.photos import phone_photo
from benchmarks.ratios import Row, quantile, say
from benchmarks.whole_path import wait
from tests.product import Product, until

CHATTING = 32  # people who chat while photos are judged, each resting between messages
REST = 0.2  # seconds: together 160 messages a second, more than a county's busiest hour
PHOTOS = 100
OPEN = 10_000  # conversations that talk, for the memory
READY_WITHIN, AGAIN_WITHIN = 2.0, 5.0  # seconds, the goals
VERDICT_WITHIN = 10.0
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}  # as on an operator's machine: modules are compiled once
MEMORY_MB = 200.0


def run() -> list[Row]:
    """Return the rows of the table."""
    return asyncio.run(_run())


async def _run() -> list[Row]:
    say(f"{PHOTOS} photos while {CHATTING} people chat")
    rows = await _photos_and_chat()
    say("starting, and starting again after a crash")
    rows += [await _ready(), await _backlog()]
    say(f"memory with {OPEN:,} conversations")
    return [*rows, await _memory()]


async def _photos_and_chat() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        chatting = await _people(path, 4_000)
        sending = await _people(path, PHOTOS, photo=True)
        async with servers.product(path) as running, aiohttp.ClientSession() as session:
            job = Job(running.port, chatting[:2_000], ROUND, CHATTING, 6.0, REST)
            idle = await play(job)
            verdicts = asyncio.gather(*senders(session, running, sending, verdict=True))
            busy = await play(Job(running.port, chatting[2_000:], ROUND, CHATTING, 6.0, REST))
            waited = [each for each in await verdicts if each]
    calm, rushed = wait(idle, 0.99), wait(busy, 0.99)
    last = quantile(waited, 0.95)
    what = "chat p99 while photos are judged, beside idle"
    return [
        Row(what, f"{rushed * 1e3:.1f} ms", f"{calm * 1e3:.1f} ms", rushed / calm, 2.0, at_least=False),
        _within(f"p95 verdict in the chat, {PHOTOS} photos at once", last, VERDICT_WITHIN),
    ]


async def _people(folder: Path, count: int, *, photo: bool = False) -> list[str]:
    data = folder / "data"
    stand = at_the_photo() if photo else template()
    return await fill(f"sqlite:///{data}/zerotrip.sqlite3", data, count, stand)


def senders(
    session: aiohttp.ClientSession, running: Product, tokens: Sequence[str], *, verdict: bool
) -> list[Any]:
    """Return coroutines that each send a photo at once; see `_send`."""
    photo = phone_photo()
    return [_send(session, running.url, token, photo, verdict=verdict) for token in tokens]


async def _send(
    session: aiohttp.ClientSession, url: str, token: str, photo: bytes, *, verdict: bool
) -> float:
    """Send a photo; with `verdict` return how long it took from its arrival until the bot spoke about it."""
    headers = {"Authorization": f"Bearer {token}"}
    form = aiohttp.FormData()
    form.add_field("id", "photo")
    form.add_field("file", photo, filename="photo.jpg", content_type="image/jpeg")
    async with session.post(f"{url}/chat/api/photos", data=form, headers=headers) as answer:
        assert answer.status == 202, await answer.text()
        after = (await answer.json())["seq"]
    began = time.perf_counter()
    while verdict:
        address = f"{url}/chat/api/messages?after={after}&wait=25"
        async with session.get(address, headers=headers) as answer:
            news = (await answer.json())["messages"]
        if any("反面" in message["text"] or message["card"] for message in news):
            break
        after = news[-1]["seq"] if news else after
    return time.perf_counter() - began


async def _ready() -> Row:
    """The default product: on SQLite, with the embedded intake service."""
    took = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            running, began = Product(Path(folder), environment=COMPILED), time.perf_counter()
            await running.start()
            await until(lambda running=running: _is_ready(running), "readiness", 30)  # type: ignore[misc]
            took.append(time.perf_counter() - began)
            await running.stop()
    return _within("ready after the start, embedded intake and all", sorted(took)[1], READY_WITHIN)


async def _is_ready(running: Product) -> bool:
    async with aiohttp.ClientSession() as session, session.get(f"{running.url}/readyz") as answer:
        return answer.status == 200


async def _backlog() -> Row:
    """Killed with photos waiting; how long after the next start is the first of them judged?"""
    with tempfile.TemporaryDirectory() as folder:
        path, photo = Path(folder), phone_photo()
        tokens = await _people(path, 12, photo=True)
        running = Product(path, environment={**servers.WITHOUT_INTAKE, **COMPILED})
        await running.start()
        async with aiohttp.ClientSession() as session:
            sends = [_send(session, running.url, token, photo, verdict=False) for token in tokens]
            await asyncio.gather(*sends)
            await running.kill()
            began = time.perf_counter()
            await running.start()
            await until(lambda: _judged(session, running.url), "a verdict", 30)
            took = time.perf_counter() - began
        await running.stop()
    return _within("first turn of the backlog after a crash", took, AGAIN_WITHIN)


async def _judged(session: aiohttp.ClientSession, url: str) -> bool:
    async with session.get(f"{url}/metrics") as answer:
        return 'zerotrip_photos_total{outcome="measured"}' in await answer.text()


async def _memory() -> Row:
    """Everybody has said something, so everybody's keys and questions have been in our hands."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        tokens = await _people(path, OPEN)
        async with servers.product(path) as running:
            assert running.process is not None
            await play(Job(running.port, tokens, ROUND[:1], 32, 120.0))
            held = servers.resident_mb(running.process.pid)
    what = f"memory of serve, {OPEN:,} conversations talking"
    return Row(what, f"{held:.0f} MB", f"{MEMORY_MB:.0f} MB", held / MEMORY_MB, 1.0, at_least=False)


def _within(what: str, took: float, goal: float) -> Row:
    return Row(what, f"{took:.2f} s", f"{goal:g} s", took / goal, 1.0, at_least=False)
