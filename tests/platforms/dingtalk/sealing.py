"""How DingTalk signs and seals its calls, written from its manual and apart from the bot's own code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

BLOCK = 32  # bytes; DingTalk pads to this, not to AES's 16


def header_sign(secret: str, stamp: str) -> str:
    """Return `sign` of a call's headers, and of a group robot's address: it does not cover the body."""
    told = f"{stamp}\n{secret}"
    return base64.b64encode(hmac.new(secret.encode(), told.encode(), hashlib.sha256).digest()).decode()


@dataclass(frozen=True, slots=True)
class Sealer:
    """What an app and DingTalk share. `owner` is the app's key: what is sealed names for whom."""

    token: str
    aes_key: str
    owner: str

    def seal(self, message: bytes) -> str:
        """Return base64(AES-256-CBC(16 random bytes, length, message, owner)), the key's head as IV."""
        key = base64.b64decode(self.aes_key + "=")
        plain = secrets.token_bytes(16) + len(message).to_bytes(4, "big") + message + self.owner.encode()
        pad = BLOCK - len(plain) % BLOCK
        cipher = Cipher(AES(key), CBC(key[:16])).encryptor()
        return base64.b64encode(cipher.update(plain + bytes([pad]) * pad) + cipher.finalize()).decode()

    def sign(self, stamp: str, nonce: str, sealed: str) -> str:
        """Return `msg_signature`."""
        told = "".join(sorted((self.token, stamp, nonce, sealed)))
        return hashlib.sha1(told.encode(), usedforsecurity=False).hexdigest()
