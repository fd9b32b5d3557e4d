"""Sealing of personal data at rest: AES-256-GCM under a key file, and blind indexes to find it again.

A sealed value is  version (1 byte) | key id (4) | nonce (12) | ciphertext and tag.  The associated data
names table, column and row, so that a value copied into another row does not open there.

The key file holds one key a line, base64, the newest first; older ones only open. To rotate, put a new
line on top.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import stat
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = b"\x01"
ID_BYTES, NONCE_BYTES, KEY_BYTES = 4, 12, 32


class KeyFileError(Exception):
    """The key file cannot be used; the message says what to do."""


class SealBroken(Exception):
    """A sealed value does not open: it was altered, moved to another row, or its key is gone."""


class Vault:
    """Seals and opens with the keys of one ring."""

    def __init__(self, keys: list[bytes]) -> None:
        self._current = _key_id(keys[0])
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}
        # The oldest key names the indexes, so that a rotation does not lose what was indexed before.
        self._index_key = hashlib.sha256(b"intake blind index" + keys[-1]).digest()

    def seal(self, data: bytes, place: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        head = VERSION + self._current + nonce
        return head + self._ciphers[self._current].encrypt(nonce, data, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Return what was sealed for `place`. Raises: SealBroken."""
        key_id, rest = sealed[1 : 1 + ID_BYTES], sealed[1 + ID_BYTES :]
        cipher = self._ciphers.get(key_id)
        if sealed[:1] != VERSION or cipher is None:
            raise SealBroken(f"{place} is sealed with a key that is not in the key file.")
        try:
            return cipher.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], place.encode())
        except InvalidTag as error:
            raise SealBroken(f"{place} was altered or moved.") from error

    def seal_json(self, value: Any, place: str) -> bytes:
        return self.seal(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), place)

    def open_json(self, sealed: bytes, place: str) -> Any:
        return json.loads(self.open(sealed, place))

    def blind(self, purpose: str, value: str) -> bytes:
        """A keyed fingerprint: equal values of one purpose meet, nobody can guess them from the table."""
        return hmac.digest(self._index_key, f"{purpose}\0{value}".encode(), "sha256")


def open_vault(path: Path) -> Vault:
    """Read the key file, made with a fresh key (mode 0600) when there is none. Raises: KeyFileError."""
    if not path.exists():
        _create(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyFileError(f"{path} can be read by other users. Run: chmod 600 {path}")
    try:
        keys = [base64.b64decode(line, validate=True) for line in path.read_text("ascii").split()]
    except ValueError as error:
        raise KeyFileError(f"{path} must hold base64 keys, one a line.") from error
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise KeyFileError(f"{path} must hold keys of {KEY_BYTES} bytes, base64, one a line.")
    return Vault(keys)


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"intake key id" + key).digest()[:ID_BYTES]
