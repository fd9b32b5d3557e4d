"""Photos at rest: sealed files under one folder, named by us, never by what came from outside."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

from intake import faults
from intake.keeping.vault import Vault

JPEG_MAGIC = b"\xff\xd8\xff"
ORPHAN_AGE_SECONDS = 3600  # long enough for any upload under way


class Pages:
    def __init__(self, folder: Path, vault: Vault) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder, self._vault = folder, vault

    def write(self, data: bytes, place: str) -> str:
        """Seal `data` for `place` and return the file's name. It is on disk, whole, when this returns."""
        name = secrets.token_hex(16)
        part = self._folder / f"{name}.part"
        with part.open("xb") as file:
            file.write(self._vault.seal(data, place))
            file.flush()
            os.fsync(file.fileno())
        faults.hit("page.before_rename")
        part.rename(self._folder / name)
        _sync(self._folder)
        return name

    def read(self, name: str, place: str) -> bytes:
        return self._vault.open((self._folder / name).read_bytes(), place)

    def remove(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)

    def sweep(self, held: set[str]) -> int:
        """Remove what a crash left behind: part files, and files no row names. Returns how many."""
        oldest = time.time() - ORPHAN_AGE_SECONDS
        left = [file for file in self._folder.iterdir() if file.name not in held]
        orphans = [file for file in left if file.stat().st_mtime < oldest]
        for file in orphans:
            file.unlink(missing_ok=True)
        return len(orphans)


def place(number: str, material: str, page: str) -> str:
    return f"pages:{number}/{material}/{page}"


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
