"""The web application: routes, guards, middlewares. Everything it needs is handed to it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from aiohttp import web

from bot import health
from bot.parts import Parts
from dialogs.turn import ProgressReported
from handlers import connections, documents, intake, pages, upload_link
from handlers.channels import webchat
from handlers.errors import problems
from handlers.keys import CLOCK, DATABASE, FILES, HANDOVERS, MAILROOM, ORIGIN, TURNS, VAULT
from handlers.security import Buckets, headers_for, make_gate, operator_guard, undeclared
from storage.errors import UnknownConversation
from storage.faults import hit
from storage.people import takeovers

PAGES = Path(pages.__file__).parent / "static"


def make_app(parts: Parts) -> web.Application:
    """Return the application that serves the channels, the intake callbacks, the pages and the probes."""
    settings = parts.settings
    operator = operator_guard(settings.metrics_token.get_secret_value())
    guards = {
        "applicant": webchat.applicant_guard,
        "intake": intake.intake_guard(parts.webhook_secret, parts.clock),
        "operator": operator,
        "uploader": upload_link.uploader_guard,
        "reader": documents.reader_guard,
    }
    rate = settings.requests_per_second
    gate = make_gate(
        guards, proxies=settings.trusted_proxies, buckets=Buckets(rate, 10 * rate) if rate else None
    )
    app = web.Application(
        middlewares=[connections.watch, problems, gate],
        client_max_size=settings.max_photo_bytes + 64 * 1024,
    )
    app[CLOCK], app[ORIGIN], app[MAILROOM] = parts.clock, settings.origin, parts.mailroom
    app[DATABASE], app[TURNS], app[FILES], app[VAULT] = (
        parts.database,
        parts.turns,
        parts.uploads,
        parts.vault,
    )
    app[HANDOVERS] = parts.handovers
    app[intake.TAKE_PROGRESS] = _progress_taker(parts)
    app.on_response_prepare.append(headers_for(settings.origin))
    webchat.add_routes(app)
    upload_link.add_routes(app)
    documents.add_routes(app)
    for channel in parts.channels.values():
        channel.add_routes(app)
    if parts.sms is not None:
        parts.sms.add_routes(app)
    intake.add_routes(app)
    health.add_routes(app, parts.probes, operator)
    pages.add_routes(app, PAGES)
    if missing := undeclared(app):
        raise RuntimeError(f"routes that do not say who may call them: {', '.join(missing)}")
    return app


def _progress_taker(parts: Parts) -> intake.routes.TakeProgress:
    """Return what takes a verified callback: take the event in every conversation that hears of it."""

    async def take(key: str, event: ProgressReported) -> None:
        concerned = await parts.database.read(lambda c: takeovers.concerned(c, event.reference))
        for conversation in concerned:  # none: erased; acknowledged, so that it is not sent any more
            with suppress(UnknownConversation):  # he was forgotten, and what stays of his case is its number
                await parts.turns.take(conversation, "intake", key, event)
        hit("progress.before_answer")

    return take
