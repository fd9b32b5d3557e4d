"""Puts the parts together, in the order in which they need each other, and takes them apart again."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import aiohttp
import structlog

from bot import health
from bot.embedded import Embedded, embedded_intake
from bot.settings import Settings
from bot.worker import Worker
from dialogs.calendar import Calendar
from dialogs.loader import ScriptError, load, shipped_texts
from dialogs.office import Office, offices
from dialogs.script import Script
from dialogs.world import Library
from handlers.delivery import Deliveries
from handlers.intake import IntakeClient
from handlers.photos import Photos
from handlers.turns import Clock, Decider, Turns
from handlers.uploads import Uploads
from storage import applicants, calendar, outbox, scripts
from storage.database import Database
from storage.files import FileStore
from storage.keyring import KeyRing, KeyRingUnusable
from storage.vault import Vault

_log = structlog.get_logger("parts")


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything one process is made of."""

    settings: Settings
    clock: Clock
    database: Database
    vault: Vault
    turns: Turns
    uploads: Uploads
    intake: IntakeClient
    worker: Worker
    library: Library
    probes: Mapping[str, health.Probe]
    webhook_secret: str


def utc_now() -> datetime:
    """Return the present moment, aware UTC."""
    return datetime.now(UTC)


@asynccontextmanager
async def assemble(settings: Settings, *, demo: bool = False, clock: Clock = utc_now) -> AsyncIterator[Parts]:
    """Open everything a process needs, for as long as the context lasts.

    Raises:
        InUse, SchemaBehind, Unavailable: see storage.errors.
        KeyRingUnusable: see storage.keyring.
        RuntimeError: the embedded intake service did not come up.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with AsyncExitStack() as stack:
        new_ring = not settings.key_ring.exists()
        vault = Vault(KeyRing.read_or_create(settings.key_ring))
        decider = Decider(Library.of([]), {})
        embedded = settings.database.startswith("sqlite")
        database = await Database.open(
            settings.database,
            vault=vault,
            decide=decider,
            exclusive=True,
            migrate=embedded,  # an operator of PostgreSQL migrates when he means to
            clock=clock,
        )
        stack.push_async_callback(database.close)
        if new_ring:
            await _refuse_lost_ring(settings, database)
        decider.library = await publish_shipped(database, clock())
        decider.offices = await known_offices(database)
        there = await stack.enter_async_context(_intake(settings, demo=demo))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        intake = IntakeClient(there.url, there.token, session)
        turns = Turns(database, clock)
        store = FileStore(settings.data_dir / "files")
        uploads = Uploads(database, vault, store, clock, settings.max_photo_bytes)
        photos = await stack.enter_async_context(Photos(settings.photo_workers))
        deliveries = Deliveries(
            database, turns, intake, photos, uploads, clock, settings.intake_give_up_after
        )
        worker = Worker(
            database,
            deliveries,
            vault,
            clock=clock,
            name=f"{socket.gethostname()}:{os.getpid()}",
            lease=settings.outbox_lease,
            photo_places=settings.photo_workers * 2,
        )
        probes = _probes(settings, database, vault, clock)
        yield Parts(
            settings,
            clock,
            database,
            vault,
            turns,
            uploads,
            intake,
            worker,
            decider.library,
            probes,
            there.webhook_secret,
        )


async def publish_shipped(database: Database, now: datetime) -> Library:
    """Make the scripts that come with this release the live ones; return all versions people stand on."""
    given = [(load(text, name), text) for text, name in shipped_texts()]
    rows = [(script.id, script.version, text) for script, text in given]
    await database.run(lambda connection: scripts.publish(connection, rows, now))
    published = await database.read(scripts.all_published)
    known: dict[str, Script] = {}
    for each in published:
        try:
            script = load(each.text, f"{each.id}@{each.version}")
        except ScriptError:
            # Of an older release's format. Whoever stands on it becomes a dead letter an operator sees.
            _log.error("published script cannot be read", script=each.id, version=each.version)
            continue
        known[script.key] = script
    live = {each.id: f"{each.id}@{each.version}" for each in published if each.live}
    return Library(known, {id_: key for id_, key in live.items() if key in known})


async def known_offices(database: Database) -> Mapping[str, Office]:
    """Return the offices, each with the days it works; years announced since the last start come in."""
    await database.run(calendar.seed)
    return {each.id: each.with_calendar(await _calendar_of(database, each)) for each in offices().values()}


async def _calendar_of(database: Database, office: Office) -> Calendar:
    found = await database.read(lambda connection: calendar.load(connection, office.id))
    return replace(found, week=office.calendar.week)


async def _refuse_lost_ring(settings: Settings, database: Database) -> None:
    """Refuse to go on with a new key ring where there are people already: their data needs the old one.

    Raises:
        KeyRingUnusable: restore the ring from its backup.
    """
    if await database.read(applicants.any_known):
        settings.key_ring.unlink()
        raise KeyRingUnusable(
            f"{settings.key_ring} is missing, and the database holds people's data sealed by it. "
            "Restore it from its backup."
        )


@asynccontextmanager
async def _intake(settings: Settings, *, demo: bool) -> AsyncIterator[Embedded]:
    """Yield how to reach the intake service; start the embedded one where none is named."""
    if settings.intake_url:
        yield Embedded(
            settings.intake_url,
            settings.intake_token.get_secret_value(),
            settings.intake_webhook_secret.get_secret_value(),
        )
        return
    callback = f"http://127.0.0.1:{settings.port}/intake/events"
    folder = settings.data_dir.resolve()
    async with embedded_intake(folder, settings.intake_port, callback, demo=demo) as there:
        yield there


def _probes(settings: Settings, database: Database, vault: Vault, clock: Clock) -> Mapping[str, health.Probe]:
    async def oldest() -> object:
        return (await database.read(lambda connection: outbox.stats(connection, clock()))).oldest

    box = vault.box(vault.new_key())
    return {
        "database": health.database_probe(database),
        "outbox": health.outbox_probe(oldest, settings.outbox_alarm_after),  # type: ignore[arg-type]
        "keys": health.keys_probe(
            lambda: box.seal(b"probe", b"probe"), lambda sealed: box.open(sealed, b"probe")
        ),
        "loop": health.lag_probe(),
    }
