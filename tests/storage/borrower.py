"""A process of its own that borrows one key many times at once, for the tests to start.

    python -m tests.storage.borrower URL KEYRING LENDER COUNT

LENDER is an address that answers with a new key each time it is asked. One line for every key it got.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import aiohttp

from storage.database import Database, utc_now
from storage.flow.loans import Lent, Loans
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault


async def main(url: str, ring: str, lender: str, count: str) -> None:
    database = await Database.open(url)
    loans = Loans(database, Vault(KeyRing.read(Path(ring))), utc_now)
    async with aiohttp.ClientSession() as session:

        async def fetch(_: str) -> Lent:
            async with session.get(lender) as answer:
                return Lent(await answer.text(), timedelta(hours=2))

        got = await asyncio.gather(*(loans.current("token", fetch) for _ in range(int(count))))
    for loan in got:
        print(loan.number, loan.value)
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
