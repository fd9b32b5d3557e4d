"""Puts the parts together, in the order in which they need each other, and takes them apart again."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from random import SystemRandom

import aiohttp

from bot import health
from bot.channels import REPLY_SLOTS, names_on, open_channels
from bot.embedded import Embedded, embedded_intake
from bot.settings import Settings
from bot.shelf import Shelf
from bot.worker import Worker
from dialogs.world import Library
from handlers import documents, upload_link
from handlers.agents import Agents
from handlers.channels.base import Channel, Kit
from handlers.channels.receiving import Mailroom
from handlers.clerks import Clerks, Robot
from handlers.delivery import Deliveries
from handlers.erasing import Erasures
from handlers.handover import Handovers
from handlers.intake import IntakeClient
from handlers.photos import Photos
from handlers.sending import Books, Fetching, Links, Outgoing, Papers, Sending
from handlers.sms import Gateway
from handlers.takeover import Takeovers
from handlers.texting import Texting
from handlers.turns import Clock, Decider, Turns
from handlers.uploads import Uploads
from storage.database import Database
from storage.flow import notices, outbox
from storage.people import applicants
from storage.sealing.files import FileStore
from storage.sealing.keyring import KeyRing, KeyRingUnusable
from storage.sealing.vault import Vault

random = SystemRandom().random


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything one process is made of."""

    settings: Settings
    clock: Clock
    database: Database
    vault: Vault
    turns: Turns
    uploads: Uploads
    handovers: Handovers
    channels: Mapping[str, Channel]
    mailroom: Mailroom
    sms: Gateway | None
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
        KeyRingUnusable: see storage.sealing.keyring.
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
            pushed=frozenset(names_on(settings)),
            slots=REPLY_SLOTS,
            tells_clerks=bool(settings.dingtalk_clerks_url.get_secret_value()),
            exclusive=True,
            migrate=embedded,  # an operator of PostgreSQL migrates when he means to
            clock=clock,
        )
        stack.push_async_callback(database.close)
        if new_ring:
            await _refuse_lost_ring(settings, database)
        there = await stack.enter_async_context(_intake(settings, demo=demo))  # starts beside us
        shelf = Shelf(database, decider, clock)
        await shelf.fill()
        session = await stack.enter_async_context(aiohttp.ClientSession())
        intake = IntakeClient(there.url, there.token, session)
        turns = Turns(database, clock)
        store = FileStore(settings.data_dir / "files")
        uploads = Uploads(database, vault, store, clock, settings.max_photo_bytes)
        channels = open_channels(settings, Kit(session, database, vault, clock, settings.origin))
        for channel in channels.values():
            stack.push_async_callback(channel.close)
        mailroom = Mailroom(database, turns, vault, clock)
        photos = await stack.enter_async_context(Photos(settings.photo_workers))
        sms = _sms(settings, session, database, clock)
        handovers = Handovers(
            database, vault, turns, uploads, channels, clock, settings.origin, texts=sms is not None
        )
        name = f"{socket.gethostname()}:{os.getpid()}"
        clerks = _clerks(settings, session, database, vault, clock, name)
        books = Books(database, vault, clock, name, settings.outbox_lease)
        links = Links(
            partial(upload_link.make, database, vault, clock, settings.origin),
            documents.link_maker(vault, clock, settings.origin),
        )
        papers = Papers(uploads.read, photos.draw)
        outgoing = Outgoing(
            Sending(books, channels, random=random, links=links, papers=papers, texts=sms),
            Fetching(channels, uploads, random),
        )
        erasures = Erasures(database, vault, intake, clock)
        deliveries = Deliveries(
            database,
            turns,
            intake,
            photos,
            uploads,
            clock,
            settings.intake_give_up_after,
            handovers,
            {
                **outgoing.carriers,
                **erasures.carriers,
                **Agents(database, vault, clock).carriers,
                **Texting(sms, database, clock, random).carriers,
                **Takeovers(database, turns, clock).carriers,
                **(clerks.carriers if clerks else {}),
            },
        )
        worker = Worker(
            database,
            deliveries,
            vault,
            shelf,
            clock=clock,
            name=name,
            lease=settings.outbox_lease,
            photo_places=settings.photo_workers * 2,
            stop_within=settings.stop_within / 2,  # the web part has the other half
            erasures=erasures,
        )
        probes = _probes(settings, database, vault, clock)
        await there.until_up()
        yield Parts(
            settings,
            clock,
            database,
            vault,
            turns,
            uploads,
            handovers,
            channels,
            mailroom,
            sms,
            intake,
            worker,
            shelf.library,
            probes,
            there.webhook_secret,
        )


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


def _clerks(
    settings: Settings,
    session: aiohttp.ClientSession,
    database: Database,
    vault: Vault,
    clock: Clock,
    name: str,
) -> Clerks | None:
    """Return what tells the clerks' group; None when no group is named."""
    url = settings.dingtalk_clerks_url.get_secret_value()
    if not url:
        return None
    robot = Robot(url, settings.dingtalk_clerks_secret.get_secret_value(), session, clock)
    return Clerks(robot, database, vault, clock, name)


def _sms(
    settings: Settings, session: aiohttp.ClientSession, database: Database, clock: Clock
) -> Gateway | None:
    """Return the way to send text messages; None when no gateway is named."""
    if not settings.sms_url:
        return None

    async def on_report(key: str, delivered: bool) -> None:
        now = clock()
        await database.run(lambda c: notices.report(c, key, delivered=delivered, now=now, rungs=("sms",)))

    return Gateway(settings.sms_url, settings.sms_secret.get_secret_value(), session, clock, on_report)


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
