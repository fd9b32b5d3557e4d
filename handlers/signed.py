"""Signed calls between us and those we trust: Standard Webhooks 1.0, symmetric signatures (v1).

A call is taken when the other side made it, as it is, just now. Both sides hold the same secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

TOLERANCE = timedelta(minutes=5)  # Standard Webhooks: how old, or ahead, a callback may be
SHORTEST_SECRET = 16  # bytes


class CallbackError(Exception):
    """A callback that is not taken. `outcome` is its name in the metrics."""

    outcome: Literal["forged", "late", "malformed"] = "malformed"


class Forged(CallbackError):
    """Not signed by the other side, or changed on the way. Answer 401 and keep nothing."""

    outcome = "forged"


class Late(CallbackError):
    """Rightly signed, but more than 5 minutes off. Answer 401: the sender signs anew and repeats."""

    outcome = "late"


class Malformed(CallbackError):
    """Rightly signed, but not of the contract. Answer 422; an operator of the other side must look."""

    outcome = "malformed"


def identity(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> str:
    """Return the id of a callback, if the other side sent it, as it is, just now.

    Args:
        headers: webhook-id, webhook-timestamp, webhook-signature; any case.
        secret: "whsec_" and base64, as the other side has it. During a change of secrets the sender signs
            with both; one right signature is enough.
    Raises:
        Forged, Late, Malformed.
    """
    given = {name.lower(): value for name, value in headers.items()}
    found, stamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    right = sign(found, stamp, body, secret).encode()
    signatures = given.get("webhook-signature", "").encode("utf-8", "surrogatepass").split(b" ")
    if not found or not any(hmac.compare_digest(right, each) for each in signatures):
        raise Forged("signature does not match")
    _fresh(stamp, now)
    return found


def signed_headers(found: str, body: bytes, secret: str, now: datetime) -> dict[str, str]:
    """Return the headers of a call of ours with the id `found`: the same id again is the same call."""
    stamp = str(int(now.timestamp()))
    signature = sign(found, stamp, body, secret)
    return {"webhook-id": found, "webhook-timestamp": stamp, "webhook-signature": signature}


def sign(identity: str, stamp: str, body: bytes, secret: str) -> str:
    """Return the signature "v1,<base64>" over id.timestamp.body."""
    message = f"{identity}.{stamp}.".encode("utf-8", "surrogatepass") + body
    return "v1," + base64.b64encode(hmac.new(signing_key(secret), message, hashlib.sha256).digest()).decode()


def signing_key(secret: str) -> bytes:
    """Return the key in "whsec_<base64>".

    Raises:
        ValueError: no base64, or fewer than 16 bytes (an empty key would verify anything).
    """
    text = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as fault:
        raise ValueError("the webhook secret is not base64") from fault
    if len(key) < SHORTEST_SECRET:
        raise ValueError(f"the webhook secret is shorter than {SHORTEST_SECRET} bytes")
    return key


def _fresh(stamp: str, now: datetime) -> None:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 11):
        raise Malformed("webhook-timestamp is no number of seconds")
    if abs(now - datetime.fromtimestamp(int(stamp), UTC)) > TOLERANCE:
        raise Late("more than 5 minutes off")
