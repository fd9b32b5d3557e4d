"""Commands for the operator: serve | invite | retry | looks | calendar | export | documents | ratings."""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import replace
from typing import Annotated

import structlog
import typer
from aiohttp import web
from sqlalchemy import select

from intake.app import build, open_parts, runner
from intake.callbacks import retry_now
from intake.days import calendar_cli
from intake.documents.commands import documents
from intake.exports.commands import export
from intake.keeping.database import AlreadyServed
from intake.keeping.schema import looks as look_table
from intake.keeping.unit import Unit
from intake.keeping.vault import KeyFileError
from intake.office import reviewers
from intake.parts import Parts
from intake.ratings.commands import ratings
from intake.settings import Settings
from intake.visiting import read_settings, stop, visit

cli = typer.Typer(help="The embedded intake service.", no_args_is_help=True, add_completion=False)
cli.command()(export)
cli.add_typer(ratings, name="ratings")
cli.command()(documents)
cli.add_typer(calendar_cli.cli, name="calendar")


@cli.command()
def serve(
    demo: Annotated[
        bool,
        typer.Option(
            help="Print a fresh one-time sign-in link, also when there are reviewers; mark documents 样本."
        ),
    ] = False,
) -> None:
    """Serve the contract at /v1 and the review page at /review/."""
    settings = replace(read_settings(), sample=demo)
    _log_as_json()
    try:
        asyncio.run(_serve(settings, demo=demo))
    except (AlreadyServed, KeyFileError) as error:
        stop(str(error))
    except OSError as error:
        stop(f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}. Set INTAKE_PORT.")


@cli.command()
def invite(
    supervisor: Annotated[
        bool, typer.Option(help="For somebody who watches over cases and works on none.")
    ] = False,
    officer: Annotated[
        str, typer.Option(metavar="DEPARTMENT", help="For somebody who answers what it is asked: 民政 ...")
    ] = "",
) -> None:
    """Print a one-time link that makes a reviewer. It lasts a day; earlier links stop working."""
    if supervisor and officer:
        stop("Somebody is a supervisor or a data officer, never both.")
    settings, role = (
        read_settings(),
        "supervisor" if supervisor else "data_officer" if officer else "reviewer",
    )
    code = visit(settings, lambda unit: reviewers.invite(unit, role, officer))
    typer.echo(_link(settings, code))


@cli.command()
def retry() -> None:
    """Send all callbacks again now that were not taken, also the ones given up."""
    n = visit(read_settings(), lambda unit: retry_now(unit, refused_too=True))
    typer.echo(f"{n} callbacks are due now.")


@cli.command()
def looks(number: Annotated[str, typer.Option(help="Only this application.")] = "") -> None:
    """Print who looked at what, and check that nothing of it was altered or removed."""
    lines, broken = visit(read_settings(), lambda unit: _looks(unit, number))
    for line in lines:
        typer.echo(line)
    if broken is not None:
        stop(f"The log is not whole: entry {broken} was altered, or one before it is missing.")


def main() -> None:
    cli()


async def _serve(settings: Settings, *, demo: bool) -> None:
    parts = await open_parts(settings)
    serving = runner(build(parts))
    await serving.setup()
    site = web.TCPSite(serving, settings.host, settings.port)
    try:
        await site.start()
        await _welcome(parts, serving, demo=demo)
        await _until_told_tostop()
    finally:
        await serving.cleanup()


async def _welcome(parts: Parts, serving: web.AppRunner, *, demo: bool) -> None:
    host, port = serving.addresses[0][:2]
    typer.echo(f"intake: serving at http://{host}:{port}, review page {parts.settings.public_url}/review/")
    if not parts.settings.callback_url:
        typer.echo("intake: INTAKE_CALLBACK_URL is not set, nobody is told about progress", err=True)
    if demo or await parts.read(reviewers.is_empty):
        code = await parts.change(reviewers.invite)
        typer.echo(f"intake: one-time sign-in {_link(parts.settings, code)}")
    sys.stdout.flush()


async def _until_told_tostop() -> None:
    told = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, told.set)
    await told.wait()


def _looks(unit: Unit, number: str) -> tuple[list[str], int | None]:
    query = select(look_table).order_by(look_table.c.n)
    if number:
        query = query.where(look_table.c.number == number)
    rows = unit.connection.execute(query)
    lines = [f"{row.at.isoformat()}  {row.reviewer}  {row.number}  {row.what}" for row in rows]
    return lines, reviewers.broken_look(unit)


def _link(settings: Settings, code: str) -> str:
    return f"{settings.public_url}/review/#code={code}"


def _log_as_json() -> None:
    """JSON lines without personal data: numbers, routes, outcomes, and traces without local values."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
