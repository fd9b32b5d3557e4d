"""Whose files they are: a row for every file that `storage.sealing.files` holds.

An upload and the kept copy made from it (its `parent` is the upload) live and go together. A row is
written after its file is whole, and deleted before its file is: so a row always has its file, and a
file without a row is rubbish that `strays` finds.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, Row, and_, delete, exists, func, insert, or_, select

from storage.people.applicants import keep_known
from storage.schema import OPEN, files, inbox, outbox
from storage.sealing.files import Received

Kind = Literal["upload", "kept", "document"]
DAY = timedelta(days=1)
PHOTOS_A_DAY = 20  # four papers of two pages, each tried twice, and some
BYTES_A_PERSON = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """One file that is held."""

    id: str
    conversation: str
    applicant: str
    kind: Kind
    size: int
    sha256: str
    created_at: datetime
    parent: str | None


@dataclass(frozen=True, slots=True)
class Used:
    """What an applicant has sent: photos within a day, bytes held now."""

    photos: int
    held_bytes: int

    @property
    def room(self) -> bool:
        """Say whether he may send one more."""
        return self.photos < PHOTOS_A_DAY and self.held_bytes < BYTES_A_PERSON


def add(
    connection: Connection,
    received: Received,
    *,
    conversation: str,
    applicant: str,
    now: datetime,
    parent: str | None = None,
    kind: Kind = "upload",
) -> None:
    """Write down a file that is held; with a `parent` it is the copy kept of that upload.

    Raises:
        UnknownConversation: its person was erased while it came; the file is to be deleted.
    """
    keep_known(connection, applicant)
    connection.execute(
        insert(files).values(
            id=received.id,
            conversation=conversation,
            applicant=applicant,
            kind="kept" if parent else kind,
            size=received.size,
            sha256=received.sha256,
            state="held",
            created_at=now,
            parent=parent,
        )
    )


def one(connection: Connection, file: str) -> Upload | None:
    """Return what is known of a file; None when no row speaks of it."""
    row = connection.execute(select(files).where(files.c.id == file)).first()
    return None if row is None else _upload(row)


def kept_of(connection: Connection, upload: str) -> Upload | None:
    """Return the copy kept of an upload; None before it was judged. A judgement done again finds it."""
    conversation = select(files.c.conversation).where(files.c.id == upload).scalar_subquery()
    kept = select(files).where(files.c.conversation == conversation, files.c.parent == upload)
    row = connection.execute(kept.order_by(files.c.id)).first()
    return None if row is None else _upload(row)


def of_conversation(connection: Connection, conversation: str) -> list[Upload]:
    """Return all files of a conversation in the order they came."""
    rows = connection.execute(
        select(files).where(files.c.conversation == conversation).order_by(files.c.created_at, files.c.id)
    )
    return [_upload(row) for row in rows]


def of_applicant(connection: Connection, applicant: str) -> list[Upload]:
    """Return all files of an applicant: what erasing him has to remove."""
    rows = connection.execute(select(files).where(files.c.applicant == applicant).order_by(files.c.id))
    return [_upload(row) for row in rows]


def forget(connection: Connection, file: str) -> tuple[str, ...]:
    """Delete the rows of a file and of the copy made from it.

    Return the ids, to be deleted from disk after the commit. A copy's id forgets its upload too:
    neither is of use without the other.
    """
    named = one(connection, file)
    if named is None:
        return ()
    upload = named.parent or named.id
    mine = and_(
        files.c.conversation == named.conversation,
        or_(files.c.id == upload, files.c.parent == upload),
    )
    ids = tuple(connection.scalars(select(files.c.id).where(mine).order_by(files.c.id)))
    connection.execute(delete(files).where(mine))
    return ids


def strays(connection: Connection, held: Sequence[str]) -> set[str]:
    """Return those of the `held` ids that no row speaks of: uploads that broke off before their commit."""
    found: set[str] = set()
    for start in range(0, len(held), 500):  # SQLite takes at most 32,766 variables, old ones 999
        some = held[start : start + 500]
        found.update(set(some) - _known(connection, some))
    return found


def unnamed(connection: Connection, since: datetime, before: datetime) -> list[Upload]:
    """Return the uploads of that time that no event ever named: their sender sent them again, or gave up.

    Every photo that is taken is ordered to be measured or forgotten. An event whose turn failed has
    ordered nothing yet, so conversations with such events are left alone.
    """
    found = select(files).where(files.c.kind == "upload", files.c.created_at.between(since, before))
    return [_upload(row) for row in connection.execute(found.where(~_ORDERED, ~_STUCK).limit(500))]


def is_named(connection: Connection, upload: str) -> bool:
    """Say whether an event has named a fresh upload, or may still do so. See `unnamed`."""
    found = select(files.c.id).where(files.c.id == upload, or_(_ORDERED, _STUCK))
    return connection.execute(found).first() is not None


def used(connection: Connection, applicant: str, now: datetime) -> Used:
    """Return what an applicant has sent, to be compared with his share."""
    mine = files.c.applicant == applicant
    photos = select(func.count()).where(mine, files.c.kind == "upload", files.c.created_at > now - DAY)
    size = select(func.coalesce(func.sum(files.c.size), 0)).where(mine)
    return Used(int(connection.scalar(photos) or 0), int(connection.scalar(size) or 0))


_ORDERED = exists().where(outbox.c.conversation == files.c.conversation, outbox.c.key == files.c.id)
_STUCK = exists().where(inbox.c.conversation == files.c.conversation, OPEN)


def _known(connection: Connection, ids: Collection[str]) -> set[str]:
    return set(connection.scalars(select(files.c.id).where(files.c.id.in_(ids))))


def _upload(row: Row[tuple[object, ...]]) -> Upload:
    values = row._mapping
    return Upload(**{name: values[name] for name in Upload.__slots__})
