"""Photos on their way in and out: the sealed file on disk and its row, kept together.

Order of writing: file first, row second, event third. A crash in between leaves a file nobody names,
which `sweep` removes; never a row or a message that names a file that is not there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from datetime import datetime, timedelta

from storage.database import Database
from storage.errors import Conflict, UnknownConversation
from storage.faults import hit
from storage.people import uploads
from storage.people.conversations import applicant_of
from storage.people.messages import open_box
from storage.sealing.files import FileMissing, FileStore, Received
from storage.sealing.vault import Box, Vault

UNFINISHED = timedelta(hours=1)  # an upload that has not grown for so long will not be finished

# How far back uploads without an event are looked for. Deliveries that are done are kept for longer
# than this, so an upload whose orders are forgotten is never taken for one that had none.
LOOKED_BACK = timedelta(days=3)


class NoRoom(Exception):
    """The applicant has sent as many photos as a person needs in a day. Nothing was kept."""


class Uploads:
    """The photos of all conversations, each readable only through its own."""

    def __init__(
        self, database: Database, vault: Vault, store: FileStore, clock: Callable[[], datetime], limit: int
    ) -> None:
        """`limit`: bytes of the largest upload."""
        self._database = database
        self._vault = vault
        self._store = store
        self._clock = clock
        self._limit = limit

    @property
    def limit(self) -> int:
        """Bytes of the largest upload."""
        return self._limit

    async def take(self, conversation: str, stream: AsyncIterable[bytes], file: str = "") -> str:
        """Keep an upload as it arrives; return its id.

        file: the id it is to have; one that is held already is not taken again. "" makes one.
        Raises:
            TooBig: more came than is allowed; nothing was kept.
            NoRoom: too many photos today; nothing was kept.
            UnknownConversation: there is none with this id.
        """
        if file and await self._database.read(lambda c: uploads.one(c, file)) is not None:
            return file
        applicant = await self._database.read(lambda c: applicant_of(c, conversation))
        used = await self._database.read(lambda c: uploads.used(c, applicant, self._clock()))
        if not used.room:
            raise NoRoom(f"{used.photos} photos today, {used.held_bytes} bytes in all")
        received = await self._store.receive(stream, await self._box(conversation), self._limit, file)
        await self._add(received, conversation, applicant)
        hit("file.row_written")
        return received.id

    async def _add(
        self,
        received: Received,
        conversation: str,
        applicant: str,
        kind: uploads.Kind = "upload",
        parent: str | None = None,
    ) -> None:
        now, whose = self._clock(), {"conversation": conversation, "applicant": applicant}
        try:
            await self._database.run(
                lambda c: uploads.add(c, received, now=now, parent=parent, kind=kind, **whose)
            )
        except Conflict:  # two workers fetched the same photo: the same bytes, one row
            if await self._database.read(lambda c: uploads.one(c, received.id)) is None:
                raise
        except UnknownConversation:  # he was forgotten while it came
            await self._store.delete(received.id)
            raise

    async def keep_copy(self, conversation: str, applicant: str, upload: str, data: bytes) -> str:
        """Keep the clean copy of an upload; return its id. Done again, the first copy stands."""
        known = await self._database.read(lambda c: uploads.kept_of(c, upload))
        if known is not None:
            return known.id
        received = await self._store.keep(data, await self._box(conversation))
        await self._add(received, conversation, applicant, parent=upload)
        return received.id

    async def keep_document(self, conversation: str, applicant: str, file: str, data: bytes) -> None:
        """Keep a document of the office under the id `file`. Done again, the first one stands."""
        if await self._database.read(lambda c: uploads.one(c, file)) is not None:
            return
        received = await self._store.receive(_once(data), await self._box(conversation), len(data), file)
        await self._add(received, conversation, applicant, "document")

    async def read(self, conversation: str, file: str) -> bytes | None:
        """Return a file of this conversation, None when it has none of this id (any more)."""
        row = await self._database.read(lambda c: uploads.one(c, file))
        if row is None or row.conversation != conversation:
            return None
        try:
            return await self._store.read(file, await self._box(conversation))
        except FileMissing:
            return None

    async def read_copy(self, conversation: str, upload: str) -> bytes | None:
        """Return the clean copy of an upload of this conversation, None when there is none (yet)."""
        copy = await self._database.read(lambda c: uploads.kept_of(c, upload))
        return await self.read(conversation, copy.id) if copy else None

    async def forget(self, conversation: str, upload: str) -> None:
        """Delete an upload and its copy; what is gone already stays gone."""
        row = await self._database.read(lambda c: uploads.one(c, upload))
        if row is None or row.conversation != conversation:
            return
        for file in await self._database.run(lambda c: uploads.forget(c, upload)):
            await self._store.delete(file)

    async def discard(self, files: Iterable[str]) -> None:
        """Delete from disk what no row speaks of any more; what is missed here, `sweep` finds."""
        for file in files:
            await self._store.delete(file)

    async def forget_unnamed(self, conversation: str, upload: str) -> None:
        """Delete an upload unless an event named it: the same photo sent twice is kept once."""
        if not await self._database.read(lambda c: uploads.is_named(c, upload)):
            await self.forget(conversation, upload)

    async def sweep(self) -> int:
        """Delete what crashes left behind: unfinished uploads, those no event names or no row speaks of."""
        before = self._clock() - UNFINISHED
        unnamed = await self._database.read(lambda c: uploads.unnamed(c, before - LOOKED_BACK, before))
        for each in unnamed:
            await self.forget(each.conversation, each.id)
        swept = await asyncio.to_thread(self._store.sweep, before)
        held = await asyncio.to_thread(lambda: list(self._store.held(before)))
        strays = await self._database.read(lambda c: uploads.strays(c, held))
        for file in strays:
            await self._store.delete(file)
        return swept + len(unnamed) + len(strays)

    async def _box(self, conversation: str) -> Box:
        return await self._database.read(lambda c: open_box(c, self._vault, conversation))


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
