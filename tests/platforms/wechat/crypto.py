"""WeChat's signatures and encryption, written from its manual and from nobody's library.

A call is signed with sha1 over the sorted token, timestamp and nonce; the sealed body takes part in a
second signature. Sealed: AES-256-CBC over 16 chance bytes, the length in four bytes (big end first),
the message and the AppID, filled up to a multiple of 32 as in PKCS#7; the key's first half is the start
vector. Source: 消息加解密说明, developers.weixin.qq.com/doc/service.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32
CHANCE = 16


class Forged(Exception):
    """Not signed with this token, not sealed with this key, or not for this account."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The secrets of an account's server settings. `aes_key` has 43 characters."""

    token: str
    aes_key: str
    app_id: str

    def sign(self, *parts: str) -> str:
        """Return the signature of the token and these parts, in hex."""
        return hashlib.sha1("".join(sorted((self.token, *parts))).encode()).hexdigest()

    def lock(self, text: str) -> str:
        """Return `text` sealed, in base64."""
        data = text.encode()
        whole = os.urandom(CHANCE) + len(data).to_bytes(4, "big") + data + self.app_id.encode()
        fill = BLOCK - len(whole) % BLOCK
        encryptor = self._cipher().encryptor()
        return base64.b64encode(
            encryptor.update(whole + bytes([fill]) * fill) + encryptor.finalize()
        ).decode()

    def open(self, sealed: str) -> str:
        """Return what was sealed.

        Raises:
            Forged: it was not sealed with this key for this account.
        """
        try:
            decryptor = self._cipher().decryptor()
            whole = decryptor.update(base64.b64decode(sealed, validate=True)) + decryptor.finalize()
            return self._content(whole).decode()
        except (binascii.Error, ValueError) as fault:
            raise Forged(f"cannot be opened: {fault}") from None

    def check(self, signature: str, *parts: str) -> None:
        """Raises:
        Forged: `signature` is not that of the token and these parts.
        """
        if not hmac.compare_digest(signature.encode(), self.sign(*parts).encode()):
            raise Forged("the signature is wrong")

    def _content(self, whole: bytes) -> bytes:
        fill = whole[-1] if whole else 0
        if not 1 <= fill <= BLOCK or whole[-fill:] != bytes([fill]) * fill:
            raise Forged("the filling is wrong")
        length = int.from_bytes(whole[CHANCE : CHANCE + 4], "big")
        content, app_id = whole[CHANCE + 4 : -fill][:length], whole[CHANCE + 4 : -fill][length:]
        if app_id != self.app_id.encode():
            raise Forged("it is for another account")
        return content

    def _cipher(self) -> Cipher[modes.CBC]:
        key = base64.b64decode(self.aes_key + "=")
        return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
