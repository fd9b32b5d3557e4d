"""A process of its own that says many things at once without a token, for the tests to start.

python -m tests.handlers.channels.wechat_sender DATABASE KEYRING WECHAT APP_ID SECRET USER COUNT
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from aiohttp import ClientSession

from dialogs.messages import Address
from handlers.channels.base import Kit, Part
from handlers.channels.wechat import Account, WeChat
from storage.database import Database, utc_now
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault


async def main(url: str, ring: str, wechat: str, app_id: str, secret: str, user: str, count: str) -> None:
    database = await Database.open(url)
    async with ClientSession() as session:
        kit = Kit(session, database, Vault(KeyRing.read(Path(ring))), utc_now, "")
        channel = WeChat(Account(app_id, secret, "token", "A" * 43, api_url=wechat), kit)
        to = Address("wechat", app_id, user)
        await asyncio.gather(*(channel.send(to, Part(f"第{n}条"), key=f"k{n}") for n in range(int(count))))
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
