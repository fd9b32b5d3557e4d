"""Published scripts: immutable, named by their content, kept for as long as somebody may stand on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from storage.schema import scripts


@dataclass(frozen=True, slots=True)
class Published:
    """One version of a script, as its author wrote it. `live`: new applicants get this one."""

    id: str
    version: str
    text: str
    live: bool
    published_at: datetime


def publish(connection: Connection, given: Iterable[tuple[str, str, str]], now: datetime) -> int:
    """Make each (id, version, text) the live version of its service; return how many were new.

    A version that was published before is only made live again: its text cannot change, since the
    version is the hash of the text.
    """
    new = 0
    for id_, version, text in given:
        others = (scripts.c.id == id_) & (scripts.c.version != version) & scripts.c.live
        connection.execute(update(scripts).where(others).values(live=False))
        known = (scripts.c.id == id_) & (scripts.c.version == version)
        if not connection.execute(update(scripts).where(known).values(live=True)).rowcount:
            row = {"id": id_, "version": version, "text": text, "live": True, "published_at": now}
            connection.execute(scripts.insert().values(row))
            new += 1
    return new


def live(connection: Connection) -> frozenset[tuple[str, str]]:
    """Return (id, version) of every live version."""
    rows = connection.execute(select(scripts.c.id, scripts.c.version).where(scripts.c.live))
    return frozenset((row.id, row.version) for row in rows)


def all_published(connection: Connection) -> list[Published]:
    """Return every version ever published, in the order of publishing."""
    rows = connection.execute(select(scripts).order_by(scripts.c.published_at, scripts.c.id))
    return [Published(row.id, row.version, row.text, row.live, row.published_at) for row in rows]
