"""The master key ring: the one secret everything else hangs on, and the file it lives in.

A ring is made by itself at the first start and kept with mode 0600, so that an embedded installation
is encrypted without anybody doing anything. An orchestrator may bring its own, as a file or a variable.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

KEY_BYTES = 32
KEY_ID_BYTES = 4


class KeyRingUnusable(Exception):
    """The key ring is missing, malformed or open to others. The text tells the operator what to do."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The master keys by id, oldest first; the last one wraps what is new. Never printed.

    As text, in a file or an environment variable, one entry a line, `#` begins a comment:

        blind 2vJz...=          32 random bytes in base64; look-ups depend on it for ever
        9f1c22ab Qk0x...=       a master key under its id, 8 hex digits
    """

    keys: Mapping[bytes, bytes] = field(repr=False)
    blind: bytes = field(repr=False)

    @property
    def current(self) -> bytes:
        """Return the id of the key that wraps what is new."""
        return next(reversed(list(self.keys)))

    @classmethod
    def fresh(cls) -> KeyRing:
        """Return a new ring with one master key, kept nowhere yet."""
        return cls({os.urandom(KEY_ID_BYTES): os.urandom(KEY_BYTES)}, os.urandom(KEY_BYTES))

    @classmethod
    def parse(cls, text: str, name: str = "the key ring") -> KeyRing:
        """Return the ring written in `text`.

        Raises:
            KeyRingUnusable: a line is malformed or an entry is missing. No key is quoted in the message.
        """
        keys: dict[bytes, bytes] = {}
        blind = b""
        for number, line in enumerate(text.splitlines(), 1):
            entry = line.partition("#")[0].split()
            if not entry:
                continue
            label, key = _entry(entry, f"{name}, line {number}")
            if label == b"blind":
                blind = key
            elif label in keys:
                raise KeyRingUnusable(
                    f"{name}, line {number}: the key id occurs twice. Remove one of the two."
                )
            else:
                keys[label] = key
        if not keys or not blind:
            raise KeyRingUnusable(
                f"{name} needs a `blind` entry and a master key. Restore it from its backup."
            )
        return cls(keys, blind)

    @classmethod
    def read(cls, path: Path) -> KeyRing:
        """Return the ring kept in the file `path`.

        Raises:
            KeyRingUnusable: no such file, readable by everybody, writable by a group, or malformed.
        """
        try:
            mode = path.stat().st_mode
            text = path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise KeyRingUnusable(f"{path} cannot be read as a key ring: {error}") from error
        # A group may read: orchestrators mount secrets as root:group 0440.
        if mode & 0o027:
            raise KeyRingUnusable(f"{path} is open to other users of this machine. Run: chmod 600 {path}")
        return cls.parse(text, str(path))

    @classmethod
    def read_or_create(cls, path: Path) -> KeyRing:
        """Return the ring in `path`, made there with mode 0600 when there is none yet.

        Two processes that start together agree on one ring: the second finds the first one's.
        """
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with suppress(FileExistsError):
                _write(path, cls.fresh().text(), replace=False)
        return cls.read(path)

    def with_new_key(self) -> KeyRing:
        """Return the ring with one more master key, the current one from now on."""
        fresh = os.urandom(KEY_ID_BYTES)
        while fresh in self.keys:
            fresh = os.urandom(KEY_ID_BYTES)
        return KeyRing({**self.keys, fresh: os.urandom(KEY_BYTES)}, self.blind)

    def without(self, key_id: bytes) -> KeyRing:
        """Return the ring without an old key. Only do this when no row is wrapped by it any more."""
        if key_id == self.current:
            raise ValueError("the current key cannot be dropped: add a new one and rewrap first")
        return KeyRing({each: key for each, key in self.keys.items() if each != key_id}, self.blind)

    def save(self, path: Path) -> None:
        """Write the ring to `path` with mode 0600, whole or not at all."""
        _write(path, self.text(), replace=True)

    def text(self) -> str:
        """Return the ring as its file says it. Secret."""
        lines = [f"{key_id.hex()} {b64encode(key).decode()}" for key_id, key in self.keys.items()]
        return "\n".join([_HEADING, f"blind {b64encode(self.blind).decode()}", *lines, ""])


_HEADING = """\
# Zerotrip master key ring. Whoever has this file can read the personal data; without it nobody can.
# Keep a copy apart from the backups of the data. The last key wraps what is new."""


def _entry(entry: Sequence[str], where: str) -> tuple[bytes, bytes]:
    try:
        label, text = entry
        key = b64decode(text, validate=True)
        name = b"blind" if label == "blind" else bytes.fromhex(label)
    except ValueError as error:
        raise KeyRingUnusable(f"{where}: write `<8 hex digits or blind> <32 bytes in base64>`.") from error
    if len(key) != KEY_BYTES or (name != b"blind" and len(name) != KEY_ID_BYTES):
        raise KeyRingUnusable(f"{where}: an id has 8 hex digits and a key 32 bytes.")
    return name, key


def _write(path: Path, text: str, *, replace: bool) -> None:
    """Write a secret file whole: part file, fsync, rename or link, fsync of the folder.

    Raises:
        FileExistsError: `replace` is false and somebody else was first.
    """
    part = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            part.replace(path)
        else:
            path.hardlink_to(part)  # unlike a rename, fails when the name is taken
    finally:
        part.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
