"""Personal data at rest: one AES-256-GCM key per applicant, wrapped by a key of the master key ring.

    master key (key ring, outside the database)
      └─ wraps an applicant's key (applicants.wrapped_key)
           └─ seals his rows and files, each bound to its place by the AAD b"table.column:rowkey"

Erasing an applicant is destroying his wrapped key: whatever still lies in a backup or a replica is
noise from then on. Moving to a new master key rewraps the small wrapped keys, never the data.

Look-ups without decrypting go through `Vault.blind`, an HMAC under a key of its own in the ring.

    wrapped key   version 1 | key id 4 | nonce 12 | ciphertext 32 + tag 16
    sealed data   version 1 | nonce 12 | ciphertext + tag 16

Nonces are random: a key may seal 2**32 messages (NIST SP 800-38D, 8.3), far beyond one person's rows.
"""

from __future__ import annotations

import hmac
import os
from collections import OrderedDict
from threading import Lock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.sealing.keyring import KEY_BYTES, KEY_ID_BYTES, KeyRing

VERSION = b"\x01"
NONCE_BYTES = 12
BOXES_KEPT = 4096  # opened applicant keys, about 1 kB each; opening one again costs some 10 µs
_WRAP_AAD = b"applicants.wrapped_key"


class VaultError(Exception):
    """Personal data could not be sealed or opened. Raise a subclass: what can be done differs."""


class KeyMissing(VaultError):
    """The ring lacks the master key that wraps this. Restore it to the ring, then try again."""


class SealBroken(VaultError):
    """Changed, cut, moved to another place, or under another key. Trying again is no use."""


class Box:
    """Seals and opens one applicant's data. Safe to use from several threads."""

    __slots__ = ("_cipher", "_key")

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._cipher = AESGCM(key)

    def seal(self, data: bytes, aad: bytes) -> bytes:
        """Return `data` sealed to the place `aad`, 29 bytes longer."""
        nonce = os.urandom(NONCE_BYTES)
        return VERSION + nonce + self._cipher.encrypt(nonce, data, aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """Return what was sealed to the place `aad`.

        Raises:
            SealBroken: it was not sealed here, for this place, by this applicant's key.
        """
        if sealed[:1] != VERSION:
            raise SealBroken("sealed by an unknown version of the format")
        try:
            return self._cipher.decrypt(sealed[1:13], sealed[13:], aad)
        except (InvalidTag, ValueError) as error:
            raise SealBroken(f"cannot open what lies at {aad!r}") from error

    def stream_cipher(self, salt: bytes, purpose: bytes) -> AESGCM:
        """Return a cipher under a key of its own for one file, so that its nonces may simply count."""
        return AESGCM(HKDF(SHA256(), KEY_BYTES, salt, b"zerotrip stream:" + purpose).derive(self._key))


class Vault:
    """The key ring at work. Safe to use from several threads."""

    def __init__(self, ring: KeyRing, *, boxes_kept: int = BOXES_KEPT) -> None:
        self._current = ring.current
        self._masters = {key_id: AESGCM(key) for key_id, key in ring.keys.items()}
        self._blind = ring.blind
        self._blinds: dict[str, hmac.HMAC] = {}
        self._boxes: OrderedDict[bytes, Box] = OrderedDict()
        self._boxes_kept = boxes_kept
        self._lock = Lock()

    def new_key(self) -> bytes:
        """Return a new applicant key, wrapped."""
        return self._wrap(os.urandom(KEY_BYTES))

    def box(self, wrapped: bytes) -> Box:
        """Return the box of an applicant's wrapped key.

        Raises:
            KeyMissing: its master key is not in the ring.
            SealBroken: this is not a wrapped key of ours.
        """
        with self._lock:
            box = self._boxes.get(wrapped)
            if box is not None:
                self._boxes.move_to_end(wrapped)
                return box
        box = Box(self._unwrap(wrapped))
        with self._lock:
            self._boxes[wrapped] = box
            if len(self._boxes) > self._boxes_kept:
                self._boxes.popitem(last=False)
        return box

    def forget(self, wrapped: bytes) -> None:
        """Drop an opened key from memory: its applicant is being erased."""
        with self._lock:
            self._boxes.pop(wrapped, None)

    def is_current(self, wrapped: bytes) -> bool:
        """Say whether the key is wrapped by the current master key."""
        return key_id(wrapped) == self._current

    def rewrap(self, wrapped: bytes) -> bytes:
        """Return the same applicant key wrapped by the current master key. Data need not be touched.

        Raises:
            KeyMissing, SealBroken: as for `box`.
        """
        return wrapped if self.is_current(wrapped) else self._wrap(self._unwrap(wrapped))

    def blind(self, purpose: str, value: str) -> bytes:
        """Return the 32-byte blind index of a normalised `value`. Equal values meet; none can be read back.

        `purpose` ("id_number") keeps indexes of different columns from being compared.
        """
        # Not hmac.digest: it lets go of the interpreter, and getting it back from a busy writer thread
        # took fifty times as long as the hash itself.
        keyed = self._blinds.get(purpose)
        if keyed is None:
            key = hmac.new(self._blind, purpose.encode(), "sha256").digest()
            keyed = self._blinds[purpose] = hmac.new(key, digestmod="sha256")
        mine = keyed.copy()
        mine.update(value.encode())
        return mine.digest()

    def _wrap(self, key: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._masters[self._current].encrypt(nonce, key, _WRAP_AAD + self._current)
        return VERSION + self._current + nonce + sealed

    def _unwrap(self, wrapped: bytes) -> bytes:
        master_id = key_id(wrapped)
        master = self._masters.get(master_id)
        if master is None:
            raise KeyMissing(
                f"master key {master_id.hex()} is not in the key ring. Restore it from the ring's backup."
            )
        try:
            return master.decrypt(wrapped[5:17], wrapped[17:], _WRAP_AAD + master_id)
        except (InvalidTag, ValueError) as error:
            raise SealBroken("a wrapped key was changed") from error


def key_id(wrapped: bytes) -> bytes:
    """Return the id of the master key that wraps this key.

    Raises:
        SealBroken: this is not a wrapped key of ours.
    """
    if wrapped[:1] != VERSION or len(wrapped) != 1 + KEY_ID_BYTES + NONCE_BYTES + KEY_BYTES + 16:
        raise SealBroken("not a wrapped key of this format")
    return wrapped[1 : 1 + KEY_ID_BYTES]
