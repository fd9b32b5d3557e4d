"""Is it alive, is it ready, how does it do: /livez, /readyz and /metrics.

Alive means that the event loop turns; an orchestrator restarts what is not. Ready means that a
message taken now would be answered; a load balancer sends nobody to what is not. A probe that fails
says why in one sentence. The sentences are for the operator: strangers see only the word.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Protocol, TypeVar

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import Connection, text

from dialogs.codec import dumps
from handlers import metrics
from handlers.errors import Problem
from handlers.security import Guard, allow

T = TypeVar("T")
Probe = Callable[[], Awaitable[None]]

PROBE_WITHIN = 2.0  # seconds; slower is not ready

PROBES: web.AppKey[Mapping[str, Probe]] = web.AppKey("probes")
OPERATOR: web.AppKey[Guard] = web.AppKey("operator")  # tells whom the reasons may be shown

_log = structlog.get_logger("health")


class NotReady(Exception):
    """Something is missing. The text is a sentence for the operator."""


class Readable(Protocol):
    """What a probe needs of the database."""

    async def read(self, work: Callable[[Connection], T]) -> T: ...


@allow("public")
async def livez(_: web.Request) -> web.Response:
    """Answer, which proves that the event loop turns."""
    return web.Response(text="ok\n")


@allow("public")
async def readyz(request: web.Request) -> web.Response:
    """Say whether every probe passes; to the operator also why not."""
    found = await ask_all(request.app[PROBES])
    ready = not any(found.values())
    body: dict[str, Any] = {"ready": ready}
    if await _is_operator(request):
        body["checks"] = {name: reason or "ok" for name, reason in found.items()}
    return web.Response(status=200 if ready else 503, body=dumps(body), content_type="application/json")


@allow("operator")
async def show_metrics(_: web.Request) -> web.Response:
    """Return the figures in the text format of Prometheus."""
    return web.Response(body=generate_latest(metrics.REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})


def add_routes(app: web.Application, probes: Mapping[str, Probe], operator: Guard) -> None:
    """Put the three routes on the application."""
    app[PROBES], app[OPERATOR] = probes, operator
    app.router.add_get("/livez", livez)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", show_metrics)


async def ask_all(probes: Mapping[str, Probe]) -> dict[str, str]:
    """Return the reason against each probe, "" where there is none. All are asked at once."""
    reasons = await asyncio.gather(*(_ask(name, probe) for name, probe in probes.items()))
    return dict(zip(probes, reasons, strict=True))


async def _ask(name: str, probe: Probe) -> str:
    try:
        async with asyncio.timeout(PROBE_WITHIN):
            await probe()
    except NotReady as reason:
        return str(reason)
    except TimeoutError:
        return f"no answer within {PROBE_WITHIN:g} s"
    except Exception as fault:
        _log.exception("probe failed", probe=name)
        return f"failed: {type(fault).__name__}"  # its text may quote data
    return ""


async def _is_operator(request: web.Request) -> bool:
    try:
        await request.app[OPERATOR](request)
    except Problem:
        return False
    return True


def database_probe(database: Readable) -> Probe:
    """The database answers."""

    async def probe() -> None:
        await database.read(lambda connection: connection.execute(text("SELECT 1")).scalar_one())

    return probe


def outbox_probe(oldest: Callable[[], Awaitable[timedelta]], limit: timedelta) -> Probe:
    """Nothing due has waited longer than `limit`; `oldest` says how long the oldest has."""

    async def probe() -> None:
        age = await oldest()
        if age > limit:
            raise NotReady(f"the oldest due delivery waits for {_spoken(age)}: is a worker running?")

    return probe


def keys_probe(seal: Callable[[], bytes], unseal: Callable[[bytes], object]) -> Probe:
    """The key ring opens what it seals."""

    async def probe() -> None:
        unseal(seal())

    return probe


def lag_probe(interval: float = 0.05, limit: float = 1.0) -> Probe:
    """The event loop is not busy with something else."""

    async def probe() -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await asyncio.sleep(interval)
        late = loop.time() - begun - interval
        if late > limit:
            raise NotReady(f"the event loop is {late:.1f} s late")

    return probe


def _spoken(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
