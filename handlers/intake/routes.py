"""POST /intake/events: where the intake service reports progress."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog
from aiohttp import web

from dialogs.turn import ProgressReported
from handlers import metrics
from handlers.errors import Problem, read_body
from handlers.intake.events import Report, verify
from handlers.security import Guard, allow
from handlers.signed import CallbackError, Malformed

TakeProgress = Callable[[str, ProgressReported], Awaitable[None]]

# Given the inbox key and the event, this returns when the event is on disk.
TAKE_PROGRESS: web.AppKey[TakeProgress] = web.AppKey("take_progress")
REPORT = web.RequestKey("report", Report)

_log = structlog.get_logger("intake")


def intake_guard(secret: str, clock: Callable[[], datetime]) -> Guard:
    """Return the guard of "intake": the body is signed with the shared secret, and fresh.

    Without a secret everything is refused. The verified event is left in request[REPORT].
    """

    async def guard(request: web.Request) -> None:
        body = await read_body(request)
        try:
            if not secret:
                raise Problem(404, "no intake service is set up")
            request[REPORT] = verify(request.headers, body, secret, clock())
        except CallbackError as fault:
            metrics.intake_events.labels(fault.outcome).inc()
            _log.warning("callback refused", outcome=fault.outcome, reason=str(fault))
            raise Problem(422 if isinstance(fault, Malformed) else 401, str(fault)) from fault

    return guard


@allow("intake")
async def take_callback(request: web.Request) -> web.Response:
    """Take one event. 204 means that it is on disk; anything else makes the service send it again."""
    report = request[REPORT]
    await request.app[TAKE_PROGRESS](report.key, report.event)
    metrics.intake_events.labels("taken").inc()
    return web.Response(status=204)


def add_routes(app: web.Application) -> None:
    """Put the callback's route on the application."""
    app.router.add_post("/intake/events", take_callback)
