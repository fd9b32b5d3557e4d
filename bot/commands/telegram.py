"""`zerotrip telegram`: tells Telegram where we are, and looks at what it says of us."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

from bot import logs
from bot.settings import Settings, SettingsError, load

if TYPE_CHECKING:
    from telegram import WebhookInfo

    from handlers.channels.telegram import Account

T = TypeVar("T")

commands = typer.Typer(help="Set up the Telegram bot.", no_args_is_help=True)


@commands.command()
def webhook(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be told, tell nothing.")] = False,
) -> None:
    """Tell Telegram our webhook's address, the secret its calls carry, and the bot's menu."""
    from handlers.channels.telegram import setup

    settings, account = _account()
    try:
        address = setup.address_of(settings.origin)
    except setup.Unusable as fault:
        _fail(str(fault))
    if not dry_run:
        _asked(setup.register(account, address))
    typer.echo(f"{'Would tell' if dry_run else 'Told'} Telegram: bot {account.id} is at {address}")


@commands.command()
def show() -> None:
    """Show what Telegram knows of our webhook, how much waits there, and its last trouble with us."""
    from handlers.channels.telegram import setup

    _, account = _account()
    for line in _lines(_asked(setup.look(account))):
        typer.echo(line)


def _lines(known: WebhookInfo) -> list[str]:
    lines = [f"webhook: {known.url or 'none; run `zerotrip telegram webhook`'}"]
    lines += [f"waiting there: {known.pending_update_count}"]
    if known.last_error_date is not None:
        when = known.last_error_date.astimezone().strftime("%Y-%m-%d %H:%M")
        lines.append(f"last trouble: {when}, {known.last_error_message}")
    return lines


def _account() -> tuple[Settings, Account]:
    from bot.channels import telegram_account

    try:
        settings = load()
    except SettingsError as error:
        _fail("\n".join(error.problems), 2)
    if not settings.telegram_token.get_secret_value():
        _fail("There is no bot: set ZEROTRIP_TELEGRAM_TOKEN and ZEROTRIP_TELEGRAM_SECRET.", 2)
    logs.configure(settings.log_level, settings.log_format)
    return settings, telegram_account(settings)


def _asked(call: Coroutine[Any, Any, T]) -> T:
    from handlers.channels.base import SendError

    try:
        return asyncio.run(call)
    except SendError as fault:
        _fail(f"{fault}.")


def _fail(text: str, code: int = 1) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(code)
