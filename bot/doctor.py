"""`zerotrip doctor`: looks at everything the service needs, and says what to do about what it lacks.

It changes nothing, so it can be run beside a serving process at any time. A finding is fine, worth
knowing (`warn`: it works, but) or in the way (`bad`). The exit code is 1 when something is in the way.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import stat
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import aiohttp
from rich.console import Console
from rich.table import Table

from bot.channels import names_on
from bot.settings import Settings, SettingsError, load, unknown
from handlers.intake import IntakeClient, IntakeError
from handlers.photos import Photos
from storage.database import Database
from storage.errors import SchemaBehind, StorageError
from storage.flow import outbox
from storage.sealing.keyring import KeyRing, KeyRingUnusable

Level = Literal["ok", "warn", "bad"]

FREE_BAD = 200 * 1000**2  # bytes: a few dozen photos from a stop
FREE_WARN = 2 * 1000**3
FILES_WARN = 4096  # open files: two per connection in the worst case
LONG_WAIT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `remedy` is what to do; empty when nothing is to be done."""

    name: str
    level: Level
    what: str
    remedy: str = ""


Check = Callable[[Settings], AsyncIterator[Finding]]


def run(*, as_json: bool = False) -> int:
    """Print the findings; return the exit code. The command `doctor`."""
    findings = asyncio.run(examine())
    if as_json:
        print(json.dumps([asdict(each) for each in findings], ensure_ascii=False, indent=2))  # noqa: T201
    else:
        show(findings, Console())
    return 1 if any(each.level == "bad" for each in findings) else 0


def show(findings: list[Finding], console: Console) -> None:
    """Print the findings as a table; the words carry the level, the colours only repeat it."""
    colours = {"ok": "green", "warn": "yellow", "bad": "red"}
    table = Table("", "Looked at", "Found", "What to do", box=None, pad_edge=False)
    for each in findings:
        table.add_row(f"[{colours[each.level]}]{each.level}", each.name, each.what, each.remedy)
    console.print(table)


async def examine() -> list[Finding]:
    """Return what every check found. Without usable settings only those are reported."""
    try:
        settings = load()
    except SettingsError as fault:
        return [Finding("settings", "bad", problem, "see docs/settings.md") for problem in fault.problems]
    found = [Finding("settings", "warn", slip) for slip in unknown(os.environ)] or [
        Finding("settings", "ok", "read")
    ]
    for check in CHECKS:
        found += await _safely(check, settings)
    return found


async def _safely(check: Check, settings: Settings) -> list[Finding]:
    """A check that fails itself is a finding, and the others go on."""
    try:
        return [each async for each in check(settings)]
    except Exception as fault:
        name = check.__name__.removeprefix("check_").replace("_", " ")
        return [Finding(name, "bad", f"could not be looked at: {type(fault).__name__}: {fault}")]


async def check_data_folder(settings: Settings) -> AsyncIterator[Finding]:
    """The folder is there or can be made, is ours alone, and has room."""
    folder = settings.data_dir
    standing = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not os.access(standing, os.W_OK | os.X_OK):
        yield Finding(
            "data folder", "bad", f"{standing} cannot be written", f"chown it to the user {os.geteuid()}"
        )
    elif not folder.exists():
        yield Finding("data folder", "ok", f"{folder} will be made")
    elif stat.S_IMODE(folder.stat().st_mode) & 0o007:
        yield Finding(
            "data folder", "warn", f"{folder} is open to everybody on this machine", f"chmod 700 {folder}"
        )
    else:
        yield Finding("data folder", "ok", str(folder))
    yield _room(shutil.disk_usage(standing).free)


def _room(free: int) -> Finding:
    said = f"{free / 1000**3:.1f} GB free"
    if free < FREE_BAD:
        return Finding("disk", "bad", said, "make room: photos are refused soon")
    if free < FREE_WARN:
        return Finding("disk", "warn", said, "make room in the next days")
    return Finding("disk", "ok", said)


async def check_keys(settings: Settings) -> AsyncIterator[Finding]:
    """The key ring can be read, by us alone."""
    ring = settings.key_ring
    if not ring.exists():
        known = settings.database_url or (settings.data_dir / "zerotrip.sqlite3").exists()
        remedy = f"restore {ring} from its backup" if known else ""
        what = f"{ring} is not there" if known else f"{ring} will be made on the first run; back it up apart"
        yield Finding("key ring", "warn" if known else "ok", what, remedy)
        return
    try:
        keys = KeyRing.read(ring)
    except KeyRingUnusable as fault:
        yield Finding("key ring", "bad", str(fault))
    else:
        yield Finding("key ring", "ok", f"{len(keys.keys)} key(s) in {ring}")


async def check_database(settings: Settings) -> AsyncIterator[Finding]:
    """The database answers, its tables are this release's, nothing waits too long."""
    if not settings.database_url and not (settings.data_dir / "zerotrip.sqlite3").exists():
        yield Finding("database", "ok", "SQLite; will be made on the first run")
        return
    try:
        async with asyncio.timeout(10):
            database = await Database.open(settings.database)
    except SchemaBehind as fault:
        yield Finding("database", "bad", str(fault), "zerotrip migrate")
    except (StorageError, TimeoutError, OSError) as fault:
        yield Finding(
            "database", "bad", f"does not answer: {type(fault).__name__}", "check DATABASE_URL and the server"
        )
    else:
        try:
            yield Finding("database", "ok", f"{urlsplit(settings.database).scheme}, tables up to date")
            for finding in _outbox(await database.read(lambda c: outbox.stats(c, datetime.now(UTC)))):
                yield finding
        finally:
            await database.close()


def _outbox(stats: outbox.Stats) -> Iterator[Finding]:
    if stats.oldest > LONG_WAIT:
        what = f"{stats.due} due, the oldest for {int(stats.oldest.total_seconds()) // 60} min"
        yield Finding("outbox", "warn", what, "is a worker running? zerotrip work")
    else:
        yield Finding("outbox", "ok", f"{stats.todo} waiting, {stats.held} held")
    if stats.dead:
        yield Finding("dead letters", "warn", f"{stats.dead} wait for a decision", "zerotrip dead-letters")


async def check_intake(settings: Settings) -> AsyncIterator[Finding]:
    """The intake service answers, with this token."""
    if not settings.intake_url:
        yield Finding("intake service", "ok", "the embedded one, started beside us")
        return
    async with aiohttp.ClientSession() as session:
        try:
            await IntakeClient(settings.intake_url, settings.intake_token.get_secret_value(), session).ping()
        except IntakeError as fault:
            remedy = "check INTAKE_URL and INTAKE_TOKEN; applications wait until then"
            yield Finding("intake service", "warn", f"{settings.intake_url}: {fault}", remedy)
        else:
            yield Finding("intake service", "ok", settings.intake_url)


async def check_channels(settings: Settings) -> AsyncIterator[Finding]:
    """The apps people write from can reach us, and we them when news comes late."""
    on = names_on(settings)
    yield Finding("channels", "ok", ", ".join(("web chat", *on)))
    if on and not settings.origin.startswith("https://"):
        remedy = "set PUBLIC_URL to the https address of the proxy"
        yield Finding("public address", "warn", f"no phone opens links to {settings.origin}", remedy)
    if settings.origin.startswith("https://") and not settings.trusted_proxies:
        what = "all callers have the proxy's address: who forges calls of WeChat through it keeps WeChat out"
        yield Finding("proxy", "warn", what, "set TRUSTED_PROXIES to the proxy's address")
    if "wechat" in on and not (settings.wechat_template or settings.wechat_subscription):
        what = (
            "48 hours after somebody wrote, WeChat takes no news for him any more: it waits until he writes"
        )
        yield Finding("wechat notices", "warn", what, "set WECHAT_TEMPLATE, see docs/wechat.md")


async def check_calendar(_: Settings) -> AsyncIterator[Finding]:
    """The working days of this year, and near its end of the next, are known."""
    import chinese_calendar

    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    for year in (today.year, today.year + 1) if today.month >= 11 else (today.year,):
        try:
            chinese_calendar.is_workday(today.replace(year=year, day=1))
        except NotImplementedError:
            remedy = "update chinesecalendar after the State Council's notice, or enter the days"
            yield Finding("calendar", "warn", f"{year} is not known: its dates are marked 暂定", remedy)
        else:
            yield Finding("calendar", "ok", f"working days of {year} are known")


async def check_photos(_: Settings) -> AsyncIterator[Finding]:
    """A process that decodes photos can be started, and its walls hold on this machine."""
    async with asyncio.timeout(30), Photos(1) as photos:
        walls = await photos.walls()
    open_ones = sorted(name for name, holds in walls.items() if not holds)
    if not walls:
        yield Finding(
            "photos", "bad", "no process that decodes photos starts", "see the log; photos cannot be taken"
        )
    elif open_ones:
        remedy = (
            "photos are still decoded apart, with limits; a newer kernel or fewer container limits close it"
        )
        yield Finding("photos", "warn", f"the decoder is not kept from: {', '.join(open_ones)}", remedy)
    else:
        yield Finding("photos", "ok", f"the decoder is kept from {', '.join(sorted(walls))}")


async def check_pages(_: Settings) -> AsyncIterator[Finding]:
    """The web pages have been built."""
    for name, package, page in (("chat page", "handlers", "chat"), ("review page", "intake", "review")):
        built = (resources.files(package) / "static" / page / "index.html").is_file()
        remedy = "" if built else "python -m tools.build_web"
        yield Finding(name, "ok" if built else "bad", "built" if built else "not built", remedy)


async def check_machine(_: Settings) -> AsyncIterator[Finding]:
    """Python, time zone and open files."""
    try:
        ZoneInfo("Asia/Shanghai")
    except ZoneInfoNotFoundError:
        yield Finding("time zone", "bad", "Asia/Shanghai is not known", "pip install tzdata")
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files != resource.RLIM_INFINITY and files < FILES_WARN:
        yield Finding(
            "open files", "warn", f"at most {files}", f"raise it: LimitNOFILE={FILES_WARN} or ulimit -n"
        )
    yield Finding("python", "ok", sys.version.split()[0])


CHECKS: tuple[Check, ...] = (
    check_data_folder,
    check_keys,
    check_database,
    check_intake,
    check_channels,
    check_calendar,
    check_photos,
    check_pages,
    check_machine,
)
