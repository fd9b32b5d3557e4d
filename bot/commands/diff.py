"""`zerotrip scripts diff`: what changes for whom between two versions of a script, in citizens' terms."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.commands.scripts import AsJson, Today, day_of, fail, read_script, read_text, working
from dialogs.compare import Comparison, TooMany, compare, told
from dialogs.script import Script, loader

CHANGED = 1  # the exit code, as diff's

Side = Annotated[str, typer.Argument(help="A script file, a service that comes with us, or SERVICE@VERSION.")]


def diff(
    old: Side,
    new: Side,
    today: Today = None,
    lang: Annotated[str, typer.Option(help="zh-CN or en.")] = "zh-CN",
    as_json: AsJson = False,
) -> None:
    """Say what changes for whom between two versions of a script.

    Everybody who can come is walked through both, so nothing depends on how the files are written.
    A published version is looked up in the database by SERVICE@VERSION. Exit code 0: nothing changes;
    1: something does; 2: a script cannot be read, or the two are too large to compare.
    """
    found = _compared(_script(old), _script(new), day_of(today))
    lines = told(found, lang)
    typer.echo(
        json.dumps(_plain(found, lines), ensure_ascii=False, indent=2) if as_json else "\n".join(lines)
    )
    raise typer.Exit(CHANGED if found.changes or found.item else 0)


def _compared(old: Script, new: Script, today: date) -> Comparison:
    try:
        with working("comparing"):
            return compare(old, new, today)
    except TooMany:
        fail("The two have too many situations together. Compare versions that are nearer to each other.")


def _plain(found: Comparison, lines: list[str]) -> dict[str, Any]:
    return {
        "old": found.old.key,
        "new": found.new.key,
        "situations": found.situations,
        "changed": found.changed,
        "words": lines,
        "item": [each.kind for each in found.item],
        "changes": [
            {
                "situations": change.count,
                "differences": [{"kind": each.kind, "names": each.names} for each in change.differences],
                "who": [{"answers": dict(who), "situations": count} for who, count in change.groups],
            }
            for change in found.changes
        ],
    }


def _script(name: str) -> Script:
    file = Path(name)
    if file.suffix in (".yaml", ".yml") or file.exists():
        return read_script(file)
    service, _, version = name.partition("@")
    shipped = {each.id: each for each in loader.shipped()}
    if service in shipped and version in ("", shipped[service].version):
        return shipped[service]
    return read_text(_published(service, version), name)


def _published(service: str, version: str) -> str:
    """Return the text of a version in the database; a beginning of its name is enough."""
    import asyncio

    from bot.settings import SettingsError, load
    from storage import scripts
    from storage.database import Database
    from storage.errors import StorageError

    async def read() -> list[scripts.Published]:
        database = await Database.open(load().database, migrate=False)
        try:
            return await database.read(scripts.all_published)
        finally:
            await database.close()

    try:
        known = [each for each in asyncio.run(read()) if each.id == service]
    except (SettingsError, StorageError) as error:
        fail(f"{service}@{version} is looked up in the database: {error}")
    found = [each for each in known if each.version.startswith(version) and (version or each.live)]
    if len(found) != 1:
        versions = ", ".join(each.version for each in known) or "none"
        fail(f"There is no one version {service}@{version}. Versions published: {versions}.")
    return found[0].text
