"""Applicants' files on disk: never in the clear, whole or not there at all.

A file is sealed in pieces of 64 KiB while it arrives, so that neither memory nor disk ever holds an
upload in the clear, and cannot be cut, extended or reordered unnoticed (the STREAM construction of
Hoang, Reyhanitabar, Rogaway and Vizár, 2015):

    "ZTF1" | salt 32 | piece ... piece          piece = ciphertext + tag 16
    key    HKDF(applicant's key, salt, file id)  a key per file, so nonces may count
    nonce  counter 11 | 1 for the last piece, else 0

It arrives as a part file and gets its name only after fsync; the folder is synced after that. So a
name that exists is a whole file. Which files belong to whom is in the rows (`storage.people.uploads`),
not here.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
from collections.abc import AsyncIterable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any, BinaryIO, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.faults import hit
from storage.sealing.keyring import sync_folder
from storage.sealing.vault import Box, SealBroken

PIECE = 64 * 1024
BATCH = 4 * PIECE  # arrived bytes handed to a thread at a time: sealing and writing them takes about 0.3 ms
LONGEST_REST = 0.02  # seconds
MAGIC = b"ZTF1"
SALT_BYTES = 32
TAG_BYTES = 16
T = TypeVar("T")
_ID = re.compile(r"[0-9a-f]{32}")


class FileError(Exception):
    """A file could not be kept or read. Raise a subclass: what can be done differs."""


class TooBig(FileError):
    """The stream went on past the limit. Nothing was kept; tell the applicant."""


class FileMissing(FileError):
    """No file of this id is held: deleted, never finished, or not an id of ours."""


@dataclass(frozen=True, slots=True)
class Received:
    """A file that is held. `sha256` is of its content in the clear, lower-case hex; `size` in bytes."""

    id: str
    sha256: str
    size: int


class FileStore:
    """Sealed files under one folder, 256 subfolders by the first two digits of the id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts = folder / "parts"
        for each in (folder, self._parts):
            each.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._arriving, self._leaving = _Gate(), _Gate()

    async def receive(self, stream: AsyncIterable[bytes], box: Box, limit: int, file: str = "") -> Received:
        """Keep what arrives on `stream`, sealed by `box`, and return its id.

        file: the id it is to have, 32 hexadecimal digits; "" makes one. A file of that id is replaced.
        Raises:
            TooBig: more than `limit` bytes came.
            Whatever the stream raises: nothing is kept then.
        """
        writer = await self._arriving.do(_Writer, self._parts, box, file)
        try:
            waiting = bytearray()
            async for chunk in stream:
                waiting += chunk
                if writer.size + len(waiting) > limit:
                    raise TooBig(f"more than {limit} bytes")
                if len(waiting) >= BATCH:
                    await self._arriving.do(writer.write, bytes(waiting))
                    waiting.clear()
            return await self._arriving.do(self._finish, writer, bytes(waiting))
        except BaseException:
            writer.drop()
            raise

    async def keep(self, data: bytes, box: Box) -> Received:
        """Keep bytes that are already in memory."""
        return await self._arriving.do(self.keep_now, data, box)

    def keep_now(self, data: bytes, box: Box) -> Received:
        """Do what `keep` does, on this thread."""
        writer = _Writer(self._parts, box)
        try:
            return self._finish(writer, data)
        except BaseException:
            writer.drop()
            raise

    async def read(self, file: str, box: Box) -> bytes:
        """Return the content of a file.

        Raises:
            FileMissing: it is not held.
            SealBroken: it was changed, cut, renamed, or belongs to another applicant.
        """
        return await self._leaving.do(lambda: b"".join(self.pieces(file, box)))

    def pieces(self, file: str, box: Box) -> Iterator[bytes]:
        """Yield the content piece by piece, each proven before it is given out. Raises like `read`."""
        try:
            stream = self._path(file).open("rb")
        except FileNotFoundError as error:
            raise FileMissing(file) from error
        with stream:
            yield from _opened(stream, file, box)

    async def delete(self, file: str) -> None:
        """Delete a file; a file that is not there is deleted already."""
        await asyncio.to_thread(self.delete_now, file)

    def delete_now(self, file: str) -> None:
        """Do what `delete` does, on this thread."""
        with suppress(FileNotFoundError, FileMissing):
            path = self._path(file)
            path.unlink()
            sync_folder(path.parent)

    def holds(self, file: str) -> bool:
        """Say whether a file is held."""
        with suppress(FileMissing):
            return self._path(file).exists()
        return False

    def held(self, before: datetime) -> Iterator[str]:
        """Yield the ids of files finished before `before`: for finding those no row speaks of."""
        for path in self._folder.glob("??/*"):
            with suppress(FileNotFoundError):
                if _ID.fullmatch(path.name) and path.stat().st_mtime < before.timestamp():
                    yield path.name

    def sweep(self, before: datetime, *, dry_run: bool = False) -> int:
        """Delete part files last written before `before`: uploads that broke off. Return how many."""
        swept = 0
        for part in self._parts.iterdir():
            with suppress(FileNotFoundError):
                if part.stat().st_mtime < before.timestamp():
                    swept += 1
                    if not dry_run:
                        part.unlink()
        return swept

    def _finish(self, writer: _Writer, rest: bytes) -> Received:
        path = self._path(writer.id)
        if not path.parent.exists():
            path.parent.mkdir(exist_ok=True, mode=0o700)
            sync_folder(self._folder)
        return writer.finish(rest, path)

    def _path(self, file: str) -> Path:
        """Return where a file lies. Ids are made here; anything else never touches the disk."""
        if not _ID.fullmatch(file):
            raise FileMissing("not an id of ours")
        return self._folder / file[:2] / file


class _Gate:
    """Lets one piece of work after the other onto a thread, and rests as long as each took while more wait.

    A hundred photos at once would otherwise take the interpreter from those who chat: 3 s without an
    answer were measured. What is not let in yet waits on its own phone: its connection is not read.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._here = 0

    async def do(self, act: Callable[..., T], *given: Any) -> T:
        """Return what `act` returns for what is `given`, done on a thread when its turn has come."""
        self._here += 1
        try:
            async with self._turn:
                began = perf_counter()
                result = await asyncio.to_thread(act, *given)
                if self._here > 1:
                    await asyncio.sleep(min(perf_counter() - began, LONGEST_REST))
                return result
        finally:
            self._here -= 1


class _Writer:
    """One file on its way to disk. A piece is sealed only when the next byte has come: the last is marked."""

    def __init__(self, parts: Path, box: Box, file: str = "") -> None:
        self.id = file or secrets.token_hex(16)
        self.size = 0
        salt = os.urandom(SALT_BYTES)
        self._cipher = box.stream_cipher(salt, self.id.encode())
        self._hash = hashlib.sha256()
        self._waiting = b""
        self._pieces = 0
        # A name of its own: two workers may fetch the same file, and a crash leaves its part behind.
        self._part = parts / secrets.token_hex(16)
        self._file = os.fdopen(os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._file.write(MAGIC + salt)

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self.size += len(data)
        self._hash.update(data)
        waiting = self._waiting + data
        whole = max(0, len(waiting) - 1) // PIECE * PIECE  # at least one byte stays for the last piece
        for start in range(0, whole, PIECE):
            self._seal(waiting[start : start + PIECE], last=False)
        self._waiting = waiting[whole:]

    def finish(self, rest: bytes, path: Path) -> Received:
        """Write what is left and give the file its name. From here on a power cut cannot take it."""
        self.write(rest)
        self._seal(self._waiting, last=True)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        hit("file.part_written")
        self._part.rename(path)
        sync_folder(path.parent)
        hit("file.renamed")
        return Received(self.id, self._hash.hexdigest(), self.size)

    def drop(self) -> None:
        """Forget a file that will not be finished."""
        self._file.close()
        self._part.unlink(missing_ok=True)

    def _seal(self, piece: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._pieces, last=last), piece, None))
        self._pieces += 1


def _opened(stream: BinaryIO, file: str, box: Box) -> Iterator[bytes]:
    head = stream.read(len(MAGIC) + SALT_BYTES)
    if len(head) != len(MAGIC) + SALT_BYTES or not head.startswith(MAGIC):
        raise SealBroken(f"file {file} is not of this format")
    cipher = box.stream_cipher(head[len(MAGIC) :], file.encode())
    number, piece = 0, stream.read(PIECE + TAG_BYTES)
    while True:
        following = stream.read(PIECE + TAG_BYTES)
        yield _proven(cipher, _nonce(number, last=not following), piece, file)
        if not following:
            return
        number, piece = number + 1, following


def _proven(cipher: AESGCM, nonce: bytes, piece: bytes, file: str) -> bytes:
    try:
        return cipher.decrypt(nonce, piece, None)
    except (InvalidTag, ValueError) as error:
        raise SealBroken(f"file {file} was changed, cut, or is another applicant's") from error


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + bytes([last])
