"""A worker in a process of its own that says what is due, for the tests to start and to let die.

python -m tests.handlers.sending.speaker DATABASE KEYRING NOW

Platforms and gateway are those of the environment (ZEROTRIP_...). It dies where FAULT says, as
`zerotrip work` would.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import ClientSession

from bot.channels import open_channels
from bot.settings import load
from handlers.channels.base import Kit
from handlers.sending import Books, Sending
from handlers.sms import Gateway
from storage.database import Database
from storage.flow import outbox
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault

LEASE = timedelta(seconds=30)


async def main(url: str, ring: str, at: str) -> None:
    now, vault, settings = datetime.fromisoformat(at), Vault(KeyRing.read(Path(ring))), load()
    database = await Database.open(url)
    async with ClientSession() as session:
        channels = open_channels(settings, Kit(session, database, vault, lambda: now, ""))
        secret = settings.sms_secret.get_secret_value()
        texts = Gateway(settings.sms_url, secret, session, lambda: now, _report) if settings.sms_url else None
        worker = f"speaker:{os.getpid()}"
        books = Books(database, vault, lambda: now, worker, LEASE)
        sending = Sending(books, channels, random=lambda: 1.0, texts=texts)
        while items := await database.run(
            lambda c: outbox.claim(c, vault, limit=8, now=now, lease=LEASE, worker=worker, kinds=("Say",))
        ):
            for item in items:
                await sending.say(item)
    await database.close()


async def _report(key: str, delivered: bool) -> None:
    """Nobody reports to a worker that dies."""


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
