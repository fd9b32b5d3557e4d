"""The parts put together, and served."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime

import aiohttp
from aiohttp import web
from sqlalchemy import select

from intake import api
from intake.callbacks import Callbacks, keep_clocks, owed
from intake.documents import routes as documents
from intake.keeping.database import open_database
from intake.keeping.pages import Pages
from intake.keeping.schema import pages as page_table
from intake.keeping.unit import Unit
from intake.keeping.vault import open_vault
from intake.lookups import routes as lookups
from intake.office import review
from intake.parts import PARTS, Parts, utc_now
from intake.ratings import routes as ratings
from intake.settings import Settings
from intake.web import allow, allowed, answer, guard

routes = web.RouteTableDef()


@routes.get("/livez")
@allow("public")
async def alive(request: web.Request) -> web.Response:
    return answer({"status": "ok"})


@routes.get("/readyz")
@allow("public")
async def ready(request: web.Request) -> web.Response:
    await request.app[PARTS].read(owed)
    return answer({"status": "ok"})


@routes.get("/metrics")
@allow("bot")
async def metrics(request: web.Request) -> web.Response:
    parts = request.app[PARTS]
    for state, n in (await parts.read(owed)).items():
        parts.metrics.owed.labels(state).set(n)
    return web.Response(body=parts.metrics.text(), content_type="text/plain", charset="utf-8")


async def open_parts(settings: Settings, now: Callable[[], datetime] = utc_now) -> Parts:
    """Raises: vault.KeyFileError, database.AlreadyServed."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    vault = open_vault(settings.key_file)
    database = await open_database(settings.database_url)
    return Parts(settings, database, vault, Pages(settings.data_dir / "pages", vault), now)


def build(parts: Parts) -> web.Application:
    """The application; it closes `parts` when it stops."""
    app = web.Application(middlewares=[guard])
    app[PARTS] = parts
    for table in (routes, api.routes, documents.routes, review.routes, ratings.routes, lookups.routes):
        app.add_routes(table)
    _refuse_open_doors(app)
    app.cleanup_ctx.append(_database)
    app.cleanup_ctx.append(_background)
    return app


def runner(app: web.Application) -> web.AppRunner:
    """How the application is served: no decompression (bombs), no access log (paths name applications)."""
    return web.AppRunner(
        app, access_log=None, keepalive_timeout=15, shutdown_timeout=10, auto_decompress=False
    )


def _refuse_open_doors(app: web.Application) -> None:
    for route in app.router.routes():
        if allowed(route.handler) is None:
            raise AssertionError(f"{route} does not say who may call it: add @allow(...).")


async def _database(app: web.Application) -> AsyncIterator[None]:
    yield
    await app[PARTS].database.close()


async def _background(app: web.Application) -> AsyncIterator[None]:
    parts = app[PARTS]
    held = await parts.read(_files_held)
    await asyncio.to_thread(parts.pages.sweep, held)
    async with contextlib.AsyncExitStack() as stack:
        tasks = [asyncio.create_task(keep_clocks(parts))]
        if parts.settings.callback_url:
            session = await stack.enter_async_context(aiohttp.ClientSession())
            tasks.append(asyncio.create_task(Callbacks(parts, session).run()))
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _files_held(unit: Unit) -> set[str]:
    return {file for (file,) in unit.connection.execute(select(page_table.c.file)) if file is not None}
