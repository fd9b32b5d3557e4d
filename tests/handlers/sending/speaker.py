"""A worker in a process of its own that says what is due, for the tests to start and to let die.

python -m tests.handlers.sending.speaker DATABASE KEYRING WECHAT APP_ID SECRET NOW

It dies where FAULT says, as `zerotrip work` would.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import ClientSession

from handlers.channels.base import Kit
from handlers.channels.wechat import Account, WeChat, form_of
from handlers.sending import Books, Sending
from storage import outbox
from storage.database import Database
from storage.keyring import KeyRing
from storage.vault import Vault
from tests.platforms.wechat.account import TEMPLATE, WORDS

LEASE = timedelta(seconds=30)


async def main(url: str, ring: str, wechat: str, app_id: str, secret: str, at: str) -> None:
    now, vault = datetime.fromisoformat(at), Vault(KeyRing.read(Path(ring)))
    database = await Database.open(url)
    async with ClientSession() as session:
        account = Account(
            app_id, secret, "token", "A" * 43, api_url=wechat, template=form_of(f"{TEMPLATE}:{WORDS}")
        )
        channel = WeChat(account, Kit(session, database, vault, lambda: now, ""))
        worker = f"speaker:{os.getpid()}"
        books = Books(database, vault, lambda: now, worker, LEASE)
        sending = Sending(books, {"wechat": channel}, random=lambda: 1.0)
        while items := await database.run(
            lambda c: outbox.claim(c, vault, limit=8, now=now, lease=LEASE, worker=worker, kinds=("Say",))
        ):
            for item in items:
                await sending.say(item)
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
