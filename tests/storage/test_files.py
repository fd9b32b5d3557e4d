"""Files on disk: sealed, whole or not there, and gone when they are deleted."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.sealing.files import PIECE, FileMissing, FileStore, TooBig, _Writer
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Box, SealBroken, Vault

LIMIT = 10 * 1024 * 1024
HEAD = 36
SIZES = [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 4 * PIECE, 4 * PIECE + 1, 9 * PIECE + 7]


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


def box() -> Box:
    vault = Vault(KeyRing.fresh())
    return vault.box(vault.new_key())


async def arriving(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def on_disk(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("chunk", [1000, PIECE, 300_001])
async def test_what_arrives_in_any_pieces_is_read_as_it_was(store: FileStore, size: int, chunk: int) -> None:
    data, mine = os.urandom(size), box()
    received = await store.receive(arriving(cut(data, chunk)), mine, LIMIT)

    assert (received.size, received.sha256) == (size, hashlib.sha256(data).hexdigest())
    assert await store.read(received.id, mine) == data
    assert all(len(piece) <= PIECE for piece in store.pieces(received.id, mine))


async def test_nothing_lies_on_disk_in_the_clear_or_open_to_others(store: FileStore, tmp_path: Path) -> None:
    words = "常山县 999901198803050247 ".encode() * 20_000
    half_way: list[bytes] = []

    async def slowly() -> AsyncIterator[bytes]:
        for chunk in cut(words, 100_000):
            half_way.extend(path.read_bytes() for path in on_disk(tmp_path))
            yield chunk

    await store.receive(slowly(), box(), LIMIT)
    [path] = on_disk(tmp_path)

    assert not any(b"999901" in each for each in [*half_way, path.read_bytes()])
    assert path.stat().st_mode & 0o077 == 0
    assert (tmp_path / "files").stat().st_mode & 0o077 == 0


async def test_a_stream_over_the_limit_is_refused_early_and_leaves_nothing(
    store: FileStore, tmp_path: Path
) -> None:
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield bytes(PIECE)

    with pytest.raises(TooBig):
        await store.receive(endless(), box(), 10 * PIECE)
    assert asked == 11
    assert on_disk(tmp_path) == []


async def test_many_that_arrive_at_once_are_sealed_one_after_the_other(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once: list[int] = []
    busy = threading.Lock()
    write = _Writer.write

    def watched(writer: _Writer, data: bytes) -> None:
        at_once.append(0 if busy.acquire(blocking=False) else 1)
        write(writer, data)
        if busy.locked():
            busy.release()

    monkeypatch.setattr(_Writer, "write", watched)
    mine = box()
    contents = [os.urandom(9 * PIECE) for _ in range(8)]
    kept = await asyncio.gather(*(store.receive(arriving([each]), mine, LIMIT) for each in contents))

    assert set(at_once) == {0}
    assert [await store.read(each.id, mine) for each in kept] == contents


async def test_a_file_of_exactly_the_limit_is_kept(store: FileStore) -> None:
    assert (await store.receive(arriving([bytes(PIECE)] * 3), box(), 3 * PIECE)).size == 3 * PIECE


async def test_a_connection_that_breaks_leaves_nothing(store: FileStore, tmp_path: Path) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield bytes(5 * PIECE)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.receive(breaking(), box(), LIMIT)
    assert on_disk(tmp_path) == []


async def test_a_cancelled_upload_leaves_nothing(store: FileStore, tmp_path: Path) -> None:
    async def stalled() -> AsyncIterator[bytes]:
        yield bytes(5 * PIECE)
        await asyncio.Event().wait()

    task = asyncio.create_task(store.receive(stalled(), box(), LIMIT))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert on_disk(tmp_path) == []


async def test_a_changed_cut_or_reordered_file_is_never_given_out(store: FileStore, tmp_path: Path) -> None:
    mine = box()
    received = await store.keep(os.urandom(3 * PIECE), mine)
    [path] = on_disk(tmp_path)
    whole = path.read_bytes()
    head, one, two, three = whole[:HEAD], *cut(whole[HEAD:], PIECE + 16)
    flipped = bytearray(whole)
    flipped[-1] ^= 1

    for broken in (
        bytes(flipped),
        head + one + two,  # cut at the border of a piece
        whole[:-1],
        head + two + one + three,
        whole + three,
        head,
        whole[:10],
        b"",
        b"JUNK" + whole[4:],
    ):
        path.write_bytes(broken)
        with pytest.raises(SealBroken):
            await store.read(received.id, mine)


async def test_a_file_under_another_name_or_key_does_not_open(store: FileStore, tmp_path: Path) -> None:
    mine = box()
    first, second = await store.keep(b"first", mine), await store.keep(b"second", mine)
    with pytest.raises(SealBroken):
        await store.read(first.id, box())
    paths = {path.name: path for path in on_disk(tmp_path)}
    paths[first.id].replace(paths[second.id])

    with pytest.raises(SealBroken):
        await store.read(second.id, mine)


async def test_a_deleted_file_is_gone_and_deleting_again_is_harmless(
    store: FileStore, tmp_path: Path
) -> None:
    mine = box()
    received = await store.keep(b"x", mine)
    assert store.holds(received.id)
    await store.delete(received.id)
    await store.delete(received.id)

    assert not store.holds(received.id)
    assert on_disk(tmp_path) == []
    with pytest.raises(FileMissing):
        await store.read(received.id, mine)


@pytest.mark.parametrize(
    "name", ["../secret", "", "parts/x", "A" * 32, "0" * 31, "0" * 33, "0" * 32 + "\n", "\0" * 32]
)
async def test_a_name_that_is_not_ours_never_touches_the_disk(store: FileStore, name: str) -> None:
    with pytest.raises(FileMissing):
        await store.read(name, box())
    assert not store.holds(name)
    await store.delete(name)


async def test_files_without_a_row_can_be_found(store: FileStore) -> None:
    received = await store.keep(b"x", box())
    now = datetime.now(UTC)

    assert list(store.held(now + timedelta(seconds=5))) == [received.id]
    assert list(store.held(now - timedelta(hours=1))) == []


KILLED = """
import asyncio, sys
from pathlib import Path
from storage.sealing.files import FileStore
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault

async def main():
    vault = Vault(KeyRing.fresh())
    async def stream():
        for _ in range(8):
            yield bytes(100_000)
        print("half", flush=True)
        await asyncio.sleep(60)
        yield b""
    await FileStore(Path(sys.argv[1])).receive(stream(), vault.box(vault.new_key()), 10**7)

asyncio.run(main())
"""


@pytest.mark.kill
def test_a_killed_upload_leaves_a_part_that_is_swept_and_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    with subprocess.Popen([sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"half\n"
        process.send_signal(signal.SIGKILL)
    store, later = FileStore(folder), datetime.now(UTC) + timedelta(seconds=5)

    assert list(store.held(later)) == []
    assert store.sweep(later - timedelta(hours=1)) == 0
    assert store.sweep(later, dry_run=True) == 1
    assert store.sweep(later) == 1
    assert on_disk(tmp_path) == []


KEPT = """
import sys
import threading
from pathlib import Path
from storage.sealing.files import FileStore
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault

vault = Vault(KeyRing.fresh())
FileStore(Path(sys.argv[1])).keep_now(bytes(100_000), vault.box(vault.new_key()))
"""


@pytest.mark.kill
@pytest.mark.parametrize(("point", "files", "parts"), [("file.part_written", 0, 1), ("file.renamed", 1, 0)])
def test_whenever_the_power_fails_a_name_is_a_whole_file(
    tmp_path: Path, point: str, files: int, parts: int
) -> None:
    folder = tmp_path / "files"
    ended = subprocess.run(
        [sys.executable, "-c", KEPT, str(folder)], env={**os.environ, "FAULT": f"{point}:1"}, check=False
    )
    store, later = FileStore(folder), datetime.now(UTC) + timedelta(seconds=5)

    assert ended.returncode == -signal.SIGKILL
    assert len(list(store.held(later))) == files
    assert store.sweep(later) == parts
