"""What the handlers share, put together once by `app.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from aiohttp import web
from sqlalchemy import Connection

from intake import faults
from intake.keeping.database import Database
from intake.keeping.pages import Pages
from intake.keeping.unit import Unit
from intake.keeping.vault import Vault
from intake.metrics import Metrics
from intake.office.limits import Buckets
from intake.settings import Settings

T = TypeVar("T")


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    settings: Settings
    database: Database
    vault: Vault
    pages: Pages
    now: Callable[[], datetime] = utc_now
    metrics: Metrics = field(default_factory=Metrics)
    sign_ins: Buckets = field(default_factory=Buckets)
    news: asyncio.Event = field(default_factory=asyncio.Event)  # set when callbacks may be waiting

    async def read(self, work: Callable[[Unit], T]) -> T:
        return await self.database.read(lambda connection: work(self._unit(connection)))

    async def quietly(self, work: Callable[[Unit], T]) -> T:
        """Do `work` in one transaction that makes no news."""
        return await self.database.run(lambda connection: work(self._unit(connection)))

    async def change(self, work: Callable[[Unit], T], point: str = "") -> T:
        """Do `work` in one transaction. `point` names it for tests that kill us around the commit."""

        def unit(connection: Connection) -> T:
            result = work(self._unit(connection))
            if point:
                faults.hit(f"{point}.before_commit")
            return result

        result = await self.database.run(unit)
        if point:
            faults.hit(f"{point}.after_commit")
        self.news.set()
        return result

    def _unit(self, connection: Connection) -> Unit:
        return Unit(connection, self.vault, self.now(), self.settings.area, self.settings.sample)


PARTS: web.AppKey[Parts] = web.AppKey("parts", Parts)
