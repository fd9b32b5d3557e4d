"""`zerotrip wechat`: the menu below the chat, and QR codes that open it at a service."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

from bot import logs
from bot.settings import Settings, SettingsError, load
from storage.errors import StorageError
from storage.sealing.keyring import KeyRing, KeyRingUnusable

if TYPE_CHECKING:
    from handlers.channels.wechat import WeChat
    from storage.database import Database

T = TypeVar("T")
USAGE, FAILED = 2, 1
LONGEST = 30  # days; WeChat's limit for a code that is not permanent

commands = typer.Typer(help="Set up the WeChat official account.", no_args_is_help=True)


@commands.command()
def menu(
    file: Annotated[
        Path | None, typer.Option("--file", help="The menu in YAML; none: the one that comes with us.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent; send nothing.")
    ] = False,
) -> None:
    """Put the menu below the chat. Followers see it within minutes, at once when they follow anew."""
    from handlers.channels.wechat.menu import MenuFault, default_menu, read_menu

    settings = _settings()
    text = _read(file) if file else default_menu(notices=bool(settings.wechat_subscription))
    try:
        wanted = read_menu(text, settings.origin)
    except MenuFault as fault:
        _fail("\n".join(fault.problems), USAGE)
    if dry_run:
        typer.echo(json.dumps(wanted, ensure_ascii=False, indent=2))
        return
    _with_account(
        settings, lambda wechat, _: wechat.sender.calls.post("menu/create", wanted, repeatable=True)
    )
    typer.echo("The menu is set.")


@commands.command()
def show() -> None:
    """Show the menu that WeChat has now. That it answers proves AppID, AppSecret and the IP list."""
    answer = _with_account(_settings(), lambda wechat, _: wechat.sender.menu())
    typer.echo(
        json.dumps(answer, ensure_ascii=False, indent=2) if answer else "WeChat answers; no menu is set."
    )


@commands.command()
def qrcode(
    scene: Annotated[str, typer.Option("--scene", help="The service it opens, such as flexible_enrolment.")],
    out: Annotated[Path, typer.Option("--out", help="The PNG file to write.")],
    permanent: Annotated[
        bool, typer.Option("--permanent", help="Never ends; an account may have 100,000 of them.")
    ] = False,
    days: Annotated[int, typer.Option("--days", help="How long it works.", min=1, max=LONGEST)] = LONGEST,
) -> None:
    """Draw a QR code that opens the account and begins a service, for a poster or a counter."""

    async def make(wechat: WeChat, database: Database) -> str:
        if scene not in await _services(database):
            typer.echo(f"No service is called {scene}: whoever scans this is only greeted.", err=True)
        return await wechat.sender.qr_code(scene, 0 if permanent else days * 86400)

    if not out.parent.is_dir():
        _fail(f"{out.parent} is no folder. Make it first.", USAGE)
    url = _with_account(_settings(), make)
    _draw(url, out)
    typer.echo(f"{out} opens {url}" + ("" if permanent else f" for {days} days"))


def _draw(url: str, out: Path) -> None:
    from qrcode.constants import ERROR_CORRECT_Q
    from qrcode.main import QRCode

    code = QRCode(error_correction=ERROR_CORRECT_Q, box_size=16)  # a quarter may be dirty; 16 dots: print
    code.add_data(url)
    with out.open("wb") as file:
        code.make_image().save(file, "PNG")


async def _services(database: Database) -> set[str]:
    from dialogs.script.loader import load as load_script
    from dialogs.script.loader import shipped_texts
    from storage import scripts

    published = {id_ for id_, _ in await database.read(scripts.live)}
    return published or {load_script(text, name).id for text, name in shipped_texts()}


def _with_account(settings: Settings, act: Callable[[WeChat, Database], Awaitable[T]]) -> T:
    """Do something in the account's name, or end with what is wrong and the remedy."""
    from handlers.channels.base import SendError

    if not settings.wechat_app_id:
        _fail("No WeChat account is set: ZEROTRIP_WECHAT_APP_ID. See docs/settings.md.", USAGE)
    try:
        return asyncio.run(_do(settings, act))
    except SendError as fault:
        _fail(f"WeChat did not do it: {fault}")
    except (StorageError, KeyRingUnusable, ValueError) as fault:
        _fail(str(fault))


async def _do(settings: Settings, act: Callable[[WeChat, Database], Awaitable[T]]) -> T:
    import aiohttp

    from bot.channels import wechat_account
    from handlers.channels.base import Kit
    from handlers.channels.wechat import WeChat
    from storage.database import Database, utc_now
    from storage.sealing.vault import Vault

    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    vault = Vault(KeyRing.read_or_create(settings.key_ring))
    embedded = settings.database.startswith("sqlite")
    database = await Database.open(settings.database, migrate=embedded)
    try:
        async with aiohttp.ClientSession() as session:
            kit = Kit(session, database, vault, utc_now, settings.origin)
            return await act(WeChat(wechat_account(settings), kit), database)
    finally:
        await database.close()


def _settings() -> Settings:
    try:
        settings = load()
    except SettingsError as error:
        _fail("\n".join(error.problems), USAGE)
    logs.configure(settings.log_level, settings.log_format)
    return settings


def _read(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        _fail(f"{file} cannot be read: {getattr(fault, 'strerror', None) or 'it is not text'}", USAGE)


def _fail(text: str, code: int = FAILED) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(code)
