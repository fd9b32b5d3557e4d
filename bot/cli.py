"""`zerotrip`: every command is a verb, `--help` is the manual, errors go to stderr with the remedy."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, NoReturn

import typer

from bot import logs
from bot.commands import agents, dead_letters, diff, erasure, guides, keys, play, scripts, telegram, wechat
from bot.settings import Settings, SettingsError, load
from storage.errors import StorageError
from storage.sealing.keyring import KeyRingUnusable

USAGE, FAILED = 2, 1

app = typer.Typer(
    help="Zerotrip 零跑腿: government errands from far away, inside the chat app already on the phone.",
    no_args_is_help=True,
    add_completion=False,
)
script_commands = typer.Typer(
    help="Check, list, compare, print and play dialog scripts.", no_args_is_help=True
)
script_commands.command()(scripts.check)
script_commands.command()(scripts.paths)
script_commands.command()(diff.diff)
script_commands.command()(guides.guides)
script_commands.command()(play.play)
app.add_typer(script_commands, name="scripts")
app.add_typer(agents.commands, name="agents")
app.add_typer(dead_letters.commands, name="dead-letters")
app.add_typer(erasure.commands, name="erasure")
app.add_typer(keys.commands, name="keys")
app.add_typer(telegram.commands, name="telegram")
app.add_typer(wechat.commands, name="wechat")


def main() -> None:
    """Run the command line."""
    app()


@app.command()
def serve(
    demo: Annotated[bool, typer.Option(help="Print a one-time sign-in for the review page.")] = False,
    platforms: Annotated[
        bool, typer.Option(help="Run fake WeChat, Telegram and DingTalk beside it, with a phone each.")
    ] = False,
) -> None:
    """Serve the web chat, work the outbox and, where no intake service is named, run the embedded one."""
    from bot import serving
    from bot.commands import platforms as fakes

    settings = _settings()
    run = fakes.serve if platforms else serving.serve
    _guarded(lambda: run(settings, demo=demo, say=_say))


@app.command()
def work() -> None:
    """Work the outbox only: further processes beside `serve`, on PostgreSQL."""
    from bot import serving

    settings = _settings()
    if settings.database.startswith("sqlite"):
        _fail("SQLite belongs to one process: `zerotrip serve` works its outbox. Set ZEROTRIP_DATABASE_URL.")
    if not settings.intake_url:
        _fail("Name the intake service: ZEROTRIP_INTAKE_URL. `work` does not start the embedded one.")
    _guarded(lambda: serving.work(settings))


@app.command()
def migrate() -> None:
    """Bring the database's tables up to this release. Safe to run again."""
    from storage.database import Database

    settings = _settings()

    async def upgrade() -> None:
        database = await Database.open(settings.database, migrate=True)
        await database.close()
        _say("The tables are up to date.")

    _guarded(upgrade)


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Look at everything the service needs and say what to do about what it lacks."""
    from bot import doctor as checks

    raise typer.Exit(checks.run(as_json=as_json))


def _settings() -> Settings:
    """Return the settings, or end with every problem there is."""
    try:
        settings = load()
    except SettingsError as error:
        _fail("\n".join(error.problems), USAGE)
    logs.configure(settings.log_level, settings.log_format)
    return settings


def _guarded(work: Any) -> None:
    """Run a command; what an operator can put right is said in one line, without a trace."""
    from bot import serving

    try:
        serving.run(work)
    except (StorageError, KeyRingUnusable, RuntimeError) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.strerror or error}. Is the port taken? Set ZEROTRIP_PORT.")
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(130) from None


def _say(text: str) -> None:
    typer.echo(text)


def _fail(text: str, code: int = FAILED) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(code)
