"""What a turn may look at besides the session and the event: scripts, offices, and the time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from dialogs.calendar import local_day
from dialogs.finder import Finder
from dialogs.lives import shelves
from dialogs.office import Office
from dialogs.script import Script
from dialogs.script.road import Road, build


@dataclass(frozen=True)
class Library:
    """The scripts a deployment knows: every version somebody may stand on, and the live one of each.

    scripts: by key, "<id>@<version>".
    live:    id -> key of the version that new applicants get, in the order they are offered.
    """

    scripts: Mapping[str, Script]
    live: Mapping[str, str]

    @classmethod
    def of(cls, scripts: Iterable[Script]) -> Library:
        """Return the library in which each of `scripts` is the live version of its service."""
        known = {script.key: script for script in scripts}
        return cls(known, {script.id: key for key, script in known.items()})

    @cached_property
    def roads(self) -> Mapping[str, Road]:
        return {key: build(script) for key, script in self.scripts.items()}

    @cached_property
    def shelves(self) -> Mapping[str, tuple[str, ...]]:
        """The services under each situation of life (dialogs.lives)."""
        return shelves(self.scripts[key] for key in self.live.values())

    @cached_property
    def finder(self) -> Finder:
        return Finder([self.scripts[key] for key in self.live.values()])


@dataclass(frozen=True, slots=True)
class World:
    """The library, the offices by id, and the moment of the turn (aware UTC)."""

    library: Library
    offices: Mapping[str, Office]
    now: datetime

    @property
    def today(self) -> date:
        """The day on the applicant's calendar: every office we serve keeps Beijing time."""
        return local_day(self.now)
