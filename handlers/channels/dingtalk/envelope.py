"""Whose call is it: two signatures, and a body that only DingTalk and we can read.

The header `sign` covers the header `timestamp` alone, so whoever saw one could put it on any body for an
hour. Hence body encryption is mandatory here: {"encrypt": ...}, and `msg_signature` in the query, which
covers the body:

    sign           base64(HMAC-SHA256(app secret, timestamp + "\\n" + app secret))
    msg_signature  hex(SHA-1(token, timestamp, nonce, encrypt: sorted, joined))
    encrypt        base64(AES-256-CBC(16 random bytes, length 4, message, app key; padded to 32))

Sources: 接收消息 (robots' HTTP mode); 配置HTTP推送 and DingTalk's own DingCallbackCrypto for the envelope.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from handlers.channels.dingtalk.app import App, key_bytes
from handlers.channels.refusal import Refusal
from handlers.errors import Problem, parse_object

FRESH = timedelta(hours=1)  # DingTalk's own limit for the header
PAD = 32
_MILLISECONDS = 10**11  # seconds have fewer digits for the next 3000 years


def opened(
    app: App, query: Mapping[str, str], headers: Mapping[str, str], body: bytes, now: datetime
) -> bytes:
    """Return the message in a call, if DingTalk sent it to this app, as it is, just now.

    headers: any case-insensitive mapping, or one with lower-case names.
    Raises:
        Refusal: with the reason.
    """
    _header(app, headers.get("timestamp", ""), headers.get("sign", ""), now)
    sealed = _sealed(body)
    stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    given = query.get("msg_signature") or query.get("signature", "")
    if not _same(given, signature(app.token, stamp, nonce, sealed)):
        raise Refusal("forged", "msg_signature does not match")
    _fresh(stamp, now)
    return _open(app, sealed)


def header_sign(secret: str, stamp: str) -> str:
    """Return the header `sign` for the header `timestamp`; group robots are signed to in the same way."""
    mac = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode("utf-8", "surrogatepass"), hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()


def signature(token: str, stamp: str, nonce: str, sealed: str) -> str:
    """Return `msg_signature`. SHA-1 is DingTalk's choice."""
    joined = "".join(sorted((token, stamp, nonce, sealed))).encode("utf-8", "surrogatepass")
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()


def _header(app: App, stamp: str, sign: str, now: datetime) -> None:
    if not stamp or not _same(sign, header_sign(app.secret, stamp)):
        raise Refusal("forged", "sign does not match")
    _fresh(stamp, now)


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), right.encode())


def _fresh(stamp: str, now: datetime) -> None:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 14):
        raise Refusal("malformed", "timestamp is no number")
    number = int(stamp)
    seconds = number / 1000 if number > _MILLISECONDS else float(number)
    if abs(now - datetime.fromtimestamp(seconds, UTC)) > FRESH:
        raise Refusal("stale", "more than an hour off")


def _sealed(body: bytes) -> str:
    try:
        sealed = parse_object(body).get("encrypt")
    except Problem as fault:
        raise Refusal("malformed", fault.detail) from fault
    if not isinstance(sealed, str) or not sealed:
        raise Refusal("malformed", "no encrypt: switch body encryption on in the robot's settings")
    return sealed


def _open(app: App, sealed: str) -> bytes:
    key = key_bytes(app.aes_key)
    try:
        blocks = base64.b64decode(sealed.encode("utf-8", "surrogatepass"), validate=True)
        reader = Cipher(AES(key), CBC(key[:16])).decryptor()  # the first block is random: any start does
        padded = reader.update(blocks) + reader.finalize()
    except (binascii.Error, ValueError) as fault:
        raise Refusal("malformed", "encrypt cannot be opened") from fault
    message, owner = _parts(padded)
    if not hmac.compare_digest(owner, app.app_key.encode()):
        raise Refusal("not_ours", "sealed for another app")
    return message


def _parts(padded: bytes) -> tuple[bytes, bytes]:
    """Return the message, and for whom it is."""
    pad = padded[-1] if padded else 0
    length = int.from_bytes(padded[16:20])
    if not 1 <= pad <= PAD or 20 + length > len(padded) - pad:
        raise Refusal("malformed", "encrypt cannot be opened")
    return padded[20 : 20 + length], padded[20 + length : len(padded) - pad]
