"""The scripts and offices this process works by: put there at the start, and kept fresh.

Several processes share a database, and a deploy replaces them one after another. So a version that
another process has published is taken up here within seconds, before a turn that needs it is given up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

import pypinyin  # noqa: F401  # its dictionary is read at the start, not at the first applicant's wish
import structlog
from sqlalchemy import Connection

from dialogs.office import Office, offices
from dialogs.script import Script
from dialogs.script.loader import ScriptError, load, shipped_texts
from dialogs.world import Library
from handlers.turns import Clock, Decider
from storage import calendar, scripts
from storage.database import Database
from storage.migrations import alone
from storage.scripts import Published

_log = structlog.get_logger("shelf")
_MOST_KEPT = 256  # scripts; some 100 kB each


@lru_cache(maxsize=_MOST_KEPT)
def read(text: str, name: str) -> Script:
    """Return the script written as `text`, read once in this process: that takes 40 ms.

    Raises:
        ScriptError: with all problems at once.
    """
    return load(text, name)


class Shelf:
    """Fills a Decider with what the database holds."""

    def __init__(self, database: Database, decider: Decider, clock: Clock) -> None:
        self._database = database
        self._decider = decider
        self._clock = clock
        self._live: frozenset[tuple[str, str]] = frozenset()

    @property
    def library(self) -> Library:
        return self._decider.library

    async def fill(self) -> None:
        """Make the scripts of this release the live ones, and take up everything there is."""
        given = [(read(text, name), text) for text, name in shipped_texts()]
        rows = [(script.id, script.version, text) for script, text in given]
        await self._database.run(lambda connection: _bring_in(connection, rows, self._clock()))
        await self.refresh()

    async def refresh(self) -> None:
        """Take up scripts that were published, and calendars that were changed, by another process."""
        published = await self._database.read(scripts.live)
        if published != self._live:
            self._decider.library = library_of(await self._database.read(scripts.all_published))
            self._live = published
        self._decider.offices = await self._offices()

    async def _offices(self) -> Mapping[str, Office]:
        return {office.id: await self._with_calendar(office) for office in offices().values()}

    async def _with_calendar(self, office: Office) -> Office:
        days = await self._database.read(lambda connection: calendar.load(connection, office.id))
        return office.with_calendar(replace(days, week=office.calendar.week))


def _bring_in(connection: Connection, rows: Sequence[tuple[str, str, str]], now: datetime) -> None:
    alone(connection)  # two processes may start at once
    scripts.publish(connection, rows, now)
    calendar.seed(connection)


def library_of(published: Sequence[Published]) -> Library:
    """Return the library of all versions that can be read."""
    known: dict[str, Script] = {}
    for each in published:
        try:
            script = read(each.text, f"{each.id}.yaml")
        except ScriptError:
            # Of an older release's format. Whoever stands on it becomes a dead letter an operator sees.
            _log.error("published script cannot be read", script=each.id, version=each.version)
            continue
        known[script.key] = script
    live = {each.id: f"{each.id}@{each.version}" for each in published if each.live}
    return Library(known, {id_: key for id_, key in live.items() if key in known})
