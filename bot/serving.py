"""Serving: one process that answers the web and works the outbox, until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import structlog
from aiohttp import web

from bot.app import make_app
from bot.parts import Parts, assemble
from bot.publishing import publish_definitions
from bot.settings import Settings
from handlers import connections

_log = structlog.get_logger("serving")


async def serve(settings: Settings, *, demo: bool, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way.

    Stopping: no new connections, open requests end, deliveries are given back for the next process.
    """
    async with assemble(settings, demo=demo) as parts, _listening(parts) as port:
        say(f"Zerotrip 零跑腿: chat at {settings.origin or f'http://127.0.0.1:{port}'}/chat/")
        if parts.channels:
            say(f"Channels besides: {', '.join(parts.channels)}")
        if not settings.intake_url:
            say(f"Intake service and review page at http://127.0.0.1:{settings.intake_port}/review/")
        _log.info("serving", port=port)
        _let_the_collector_rest()
        publishing = asyncio.create_task(publish_definitions(parts.intake, parts.library))
        await _work_until_stopped(parts)
        publishing.cancel()
        _log.info("stopping")


async def work(settings: Settings) -> None:
    """Work the outbox only, beside processes that serve the web. Needs PostgreSQL."""
    async with assemble(settings) as parts:
        _log.info("working")
        _let_the_collector_rest()
        await _work_until_stopped(parts)


def _let_the_collector_rest() -> None:
    """Take everything loaded so far out of the garbage collector's rounds.

    Scripts, regions, pinyin and the libraries are 300,000 objects that live as long as we do. Walking
    through them takes 60 ms on a good day, in which nobody is answered.
    """
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def _listening(parts: Parts) -> AsyncIterator[int]:
    settings = parts.settings
    options = {**connections.RUNNER_OPTIONS, "shutdown_timeout": settings.stop_within.total_seconds()}
    runner = web.AppRunner(make_app(parts), handle_signals=False, **options)
    await runner.setup()
    site = connections.Site(runner, settings.host, settings.port, limit=settings.connections_per_address)
    try:
        await site.start()
        yield site.port
    finally:
        await runner.cleanup()


async def _work_until_stopped(parts: Parts) -> None:
    """Run the worker until a signal comes; a worker that ends by itself ends the process, loudly."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    working = asyncio.create_task(parts.worker.run())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        await working
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working


def run(main: Callable[[], object]) -> None:
    """Run a coroutine function to its end, on uvloop where the `fast` extra is installed."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main())  # type: ignore[arg-type]  # main returns a coroutine
    else:
        uvloop.run(main())  # type: ignore[arg-type]  # as above
